// A compiled model, as docs/model-file.md describes its front.

const MAGIC = "TCM1";
const FINGERPRINT_AT = 16; // 8 bytes: the first of SHA-256 of all that follows
const REST_AT = 24;

/** @typedef {{name: string, fingerprint: string, bytes: Uint8Array}} Model */

/**
 * @param {string} name of its file, or in the zoo
 * @param {Uint8Array} bytes
 * @returns {Promise<Model>}
 */
export async function readModel(name, bytes) {
  if (new TextDecoder().decode(bytes.subarray(0, 4)) !== MAGIC) {
    throw new Error(`${name} is not a compiled model: expected a .tcm file of tinycl compile.`);
  }
  const fingerprint = hex(bytes.subarray(FINGERPRINT_AT, REST_AT));
  if (globalThis.crypto?.subtle) {
    const found = await crypto.subtle.digest("SHA-256", bytes.slice(REST_AT));
    if (hex(new Uint8Array(found, 0, 8)) !== fingerprint) {
      throw new Error(`${name} is not whole, or damaged: copy it again.`);
    }
  }
  return { name, fingerprint, bytes };
}

/** @param {Uint8Array} bytes */
const hex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
