// Frames on a byte stream, as docs/protocol.md describes them: 10 bytes of header, payload, CRC-32.

const SYNC = [0xb1, 0xc7];
const VERSION = 1;
const HEADER_BYTES = 10;
const OVERHEAD_BYTES = 14;
const REPLY = 1;
const ERROR = 2;

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});

/**
 * The CRC-32 of zlib.
 *
 * @param {Uint8Array} bytes
 */
export function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 255] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/**
 * One whole frame.
 *
 * @param {number} code
 * @param {number} sequence
 * @param {Uint8Array} payload
 */
export function encode(code, sequence, payload) {
  const frame = new Uint8Array(OVERHEAD_BYTES + payload.length);
  const view = new DataView(frame.buffer);
  frame.set([...SYNC, code, VERSION << 4]);
  view.setUint16(4, sequence, true);
  view.setUint16(6, payload.length, true);
  view.setUint16(8, crc32(frame.subarray(0, 8)) & 0xffff, true);
  frame.set(payload, HEADER_BYTES);
  const end = HEADER_BYTES + payload.length;
  view.setUint32(end, crc32(frame.subarray(0, end)), true);
  return frame;
}

/**
 * @typedef {{code: number, sequence: number, isError: boolean, payload: Uint8Array}} Reply
 */

/** Finds replies in a stream that may have lost, doubled or damaged bytes. */
export class FrameReader {
  /** @param {number} mostPayload bytes; frames with more are damaged */
  constructor(mostPayload = 4096) {
    this.mostPayload = mostPayload;
    this.bytes = new Uint8Array(0);
  }

  /**
   * The replies that are complete with these bytes.
   *
   * @param {Uint8Array} bytes
   * @returns {Reply[]}
   */
  feed(bytes) {
    const all = new Uint8Array(this.bytes.length + bytes.length);
    all.set(this.bytes);
    all.set(bytes, this.bytes.length);
    const view = new DataView(all.buffer);
    const replies = [];
    let at = 0;
    for (;;) {
      while (at < all.length && !isSync(all, at)) at++;
      if (all.length - at < HEADER_BYTES) break;
      const length = view.getUint16(at + 6, true);
      const check = crc32(all.subarray(at, at + 8)) & 0xffff;
      const end = at + HEADER_BYTES + length;
      const isHeader = length <= this.mostPayload && view.getUint16(at + 8, true) === check;
      if (isHeader && end + 4 > all.length) break;
      if (!isHeader || view.getUint32(end, true) !== crc32(all.subarray(at, end))) {
        at += SYNC.length; // another frame may begin inside a damaged one
        continue;
      }
      const [code, flags] = [all[at + 2], all[at + 3]];
      if (flags & REPLY) {
        const sequence = view.getUint16(at + 4, true);
        const payload = all.slice(at + HEADER_BYTES, end);
        replies.push({ code, sequence, isError: Boolean(flags & ERROR), payload });
      }
      at = end + 4;
    }
    this.bytes = all.slice(at);
    return replies;
  }
}

/**
 * Whether a frame may begin at a byte.
 *
 * @param {Uint8Array} bytes
 * @param {number} at
 */
function isSync(bytes, at) {
  return bytes[at] === SYNC[0] && (bytes[at + 1] ?? SYNC[1]) === SYNC[1];
}
