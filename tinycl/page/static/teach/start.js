// Where a board stood before the first sample of the journal: numbers of the board less the journal's.

/**
 * @typedef {object} Start
 * @property {number} experience
 * @property {number} learned samples
 * @property {number} corrections classes renamed or forgotten
 * @property {Record<number, number>} labels the board's number of classes that it knows, by id
 * @property {Uint8Array | null} state (.tcs) that the board had; null: it had learned nothing
 * @property {string} fingerprint of that state
 */

/** @type {Start} */
export const FRESH = { experience: 0, learned: 0, corrections: 0, labels: {}, state: null, fingerprint: "" };

/** @param {Start} start */
export const isFresh = (start) => !start.state && !start.corrections;

/** @param {import("../link/messages.js").Info} info */
export const standing = ({ experience, learned, corrections }) => ({
  experience,
  learned,
  corrections: corrections ?? 0,
});
