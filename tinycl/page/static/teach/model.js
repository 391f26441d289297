// The fronts of files: a compiled model (docs/model-file.md), a learned state.

import { crc32 } from "../link/frames.js";
import { Reading } from "../link/messages.js";

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
  if (text(bytes) !== MAGIC) {
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

/**
 * Whether a file is to be a learned state.
 *
 * @param {string} name
 * @param {Uint8Array} bytes
 */
export const isState = (name, bytes) => /\.tcs$/i.test(name) || text(bytes) === "TCS1";

/**
 * An Error for what is no learned state of the model: one that is not whole, or of another one.
 *
 * @param {string} name of its file
 * @param {Uint8Array} bytes
 * @param {Model | null} model
 */
export function readState(name, bytes, model) {
  const [, , crc] = bytes.length < REST_AT ? [] : new Reading(bytes).numbers("III");
  if (text(bytes) !== "TCS1" || crc32(bytes.subarray(12)) !== crc) {
    throw new Error(`${name} is no learned state (.tcs), or is not whole: copy it again.`);
  }
  if (model && hex(bytes.subarray(12, 20)) !== model.fingerprint) {
    throw new Error(`${name} was learned with another backbone than ${model.name}: choose that one first.`);
  }
}

/** @param {Uint8Array} bytes */
const text = (bytes) => new TextDecoder().decode(bytes.subarray(0, 4));

/** @param {Uint8Array} bytes */
const hex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
