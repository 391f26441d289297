// What is said in frames: codes and layouts of docs/protocol.md.

export const HELLO = 1;
export const PREDICT = 2;
export const LEARN = 3;
export const BEGIN = 4;
export const END = 5;
export const STATS = 6;
export const RESET = 8;
export const GET_STATE = 9;
export const PUT_BEGIN = 10;
export const PUT_DATA = 11;
export const PUT_COMMIT = 12;
export const NAMES = 13;
export const LATENTS = 16;
export const FORGET = 17;
export const RENAME = 18;

export const IMAGE = 0; // kinds of pieces
export const STATE = 1;
export const MODEL = 2;

export const STAGED = 1; // flags of an image
export const OPEN = 8;
export const SURE = 16;

export const GAP = 6; // errors
export const STALE = 11;

export const UNKNOWN_CLASS = 65535;

const SIZES = /** @type {const} */ ({ B: 1, H: 2, I: 4 });

/**
 * Little-endian numbers (B 1, H 2, I 4 bytes), then bytes.
 *
 * @param {string} layout
 * @param {number[]} numbers
 * @param {...Uint8Array} rest
 */
export function pack(layout, numbers, ...rest) {
  const kinds = /** @type {("B" | "H" | "I")[]} */ ([...layout]);
  const front = kinds.reduce((sum, kind) => sum + SIZES[kind], 0);
  const bytes = new Uint8Array(rest.reduce((sum, part) => sum + part.length, front));
  const view = new DataView(bytes.buffer);
  let at = 0;
  kinds.forEach((kind, i) => {
    if (kind === "B") view.setUint8(at, numbers[i]);
    else if (kind === "H") view.setUint16(at, numbers[i], true);
    else view.setUint32(at, numbers[i], true);
    at += SIZES[kind];
  });
  for (const part of rest) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/**
 * A short string: a byte for its length, then UTF-8.
 *
 * @param {string} text
 */
export function packText(text) {
  const raw = new TextEncoder().encode(text);
  return pack("B", [raw.length], raw);
}

/** Reads a payload from the front; a RangeError where it is too short. */
export class Reading {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.at = 0;
  }

  /** @param {string} layout of B, H, I and i (signed) */
  numbers(layout) {
    return [...layout].map((kind) => {
      const at = this.at;
      this.at += kind === "B" ? 1 : kind === "H" ? 2 : 4;
      if (kind === "B") return this.view.getUint8(at);
      if (kind === "H") return this.view.getUint16(at, true);
      return kind === "I" ? this.view.getUint32(at, true) : this.view.getInt32(at, true);
    });
  }

  /** @param {number} count */
  take(count) {
    const end = this.at + count;
    if (end > this.bytes.length) throw new RangeError("a reply is cut off");
    const part = this.bytes.slice(this.at, end);
    this.at = end;
    return part;
  }

  text() {
    return new TextDecoder().decode(this.take(this.numbers("B")[0]));
  }

  get left() {
    return this.bytes.length - this.at;
  }
}

/** @param {Uint8Array} payload of a reply to LEARN, BEGIN, END, SAVE, RESET, PUT_COMMIT, BYE */
export function readProgress(payload) {
  const [flags, , predicted, experience, position, learned, saves] = new Reading(payload).numbers("BBHIIII");
  return {
    isRepeated: Boolean(flags & 1),
    isOpen: Boolean(flags & 2),
    isUnsaved: Boolean(flags & 4),
    predicted: predicted === UNKNOWN_CLASS ? null : predicted,
    experience,
    position,
    learned,
    saves,
  };
}

/** @param {Uint8Array} payload of a reply to HELLO */
export function readInfo(payload) {
  const reading = new Reading(payload);
  const [version, flags, window, , mostPayload, autosave, heapFree] = reading.numbers("BBBBHHI");
  const fingerprint = hex(reading.take(8));
  const [height, width, channels, features] = reading.numbers("HHHH");
  const [latentBytes, modelBytes, arenaBytes] = reading.numbers("III");
  const [experience, position, learned, state, saves] = reading.numbers("IIIII");
  const config = reading.take(reading.numbers("B")[0]);
  const words = Array.from({ length: 5 }, () => reading.text());
  const corrections = reading.left ? reading.numbers("I")[0] : null; // null: an older board
  return {
    version,
    hasModel: Boolean(flags & 1),
    isOpen: Boolean(flags & 2),
    isUnsaved: Boolean(flags & 4),
    window,
    mostPayload,
    autosave,
    heapFree,
    fingerprint: flags & 1 ? fingerprint : "",
    shape: /** @type {Shape} */ ([height, width, channels]),
    features,
    latentBytes,
    modelBytes,
    arenaBytes,
    experience,
    position: flags & 2 ? position : 0,
    learned,
    state: flags & 8 ? state.toString(16).padStart(8, "0") : "",
    saves,
    config,
    tinycl: words[0],
    kernels: words[1],
    platform: words[2],
    serialNumber: words[3],
    warning: words[4],
    corrections,
  };
}

/** @typedef {[number, number, number]} Shape rows, columns, channels */
/** @typedef {ReturnType<typeof readInfo>} Info */
/** @typedef {ReturnType<typeof readProgress>} Progress */
/** @typedef {ReturnType<typeof readStats>} Stats */
/** @typedef {{label: number, confidence: number, isKnown: boolean}} Answer confidence 0..1 */

/**
 * @param {Uint8Array} payload of a reply to PREDICT that was asked for confidence
 * @returns {Answer}
 */
export function readAnswer(payload) {
  const reading = new Reading(payload);
  const [label, scores] = reading.numbers("HH");
  reading.take(4 * scores);
  if (!reading.left) return { label, confidence: 1, isKnown: true }; // a board of version 0.1
  const [confidence, known] = reading.numbers("BB");
  return { label, confidence: confidence / 255, isKnown: Boolean(known) };
}

const COUNTERS = 11;
const HEAP_AT = 8; // of them

/** @param {Uint8Array} payload of a reply to STATS */
export function readStats(payload) {
  const reading = new Reading(payload);
  const numbers = reading.numbers("I".repeat(COUNTERS));
  const warning = reading.text();
  const slots = reading.numbers("H".repeat(reading.left >> 1));
  const [heapFree, heapUsed] = numbers.slice(HEAP_AT);
  return { heapFree, heapUsed, warning, slots };
}

/** @param {Uint8Array} payload of an error */
export function readError(payload) {
  const reading = new Reading(payload);
  const [code, , experience, position] = reading.numbers("BBII");
  return { code, experience, position, reason: reading.text() };
}

/** @param {Uint8Array} bytes */
const hex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
