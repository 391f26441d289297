// Sound as a network sees it: windows of log-mel bands, from a second of samples.

export const RATE = 16000; // samples a second
export const SECOND = RATE; // samples of a recording

/** @typedef {import("../link/messages.js").Shape} Shape */

/** @param {Shape} shape */
export const isSound = ([frames, bands, depth]) => frames === 49 && bands === 40 && depth === 1;

/** @type {((samples: Int16Array) => Promise<Uint8Array>) | undefined} */
let opened;

/**
 * The window of a second of samples; it starts the front end with the first one.
 *
 * @param {Int16Array} samples
 */
export function toWindow(samples) {
  opened ??= openFrontEnd();
  return opened(samples);
}

function openFrontEnd() {
  const worker = new Worker(new URL("sound_worker.js", import.meta.url), { type: "module" });
  /** @type {[(pixels: Uint8Array) => void, (why: Error) => void][]} */
  const waiting = []; // for answers, which come in the order of questions
  worker.onmessage = ({ data }) => {
    const [resolve, reject] = waiting.shift() ?? [];
    if (data.failed) reject?.(new Error(`The sound's front end fails: ${data.failed}`));
    else resolve?.(data);
  };
  worker.onerror = () => {
    for (const [, reject] of waiting.splice(0)) reject(new Error("The sound's front end does not load."));
    opened = undefined;
  };
  return (/** @type {Int16Array} */ samples) =>
    /** @type {Promise<Uint8Array>} */ (
      new Promise((resolve, reject) => {
        waiting.push([resolve, reject]);
        worker.postMessage(samples);
      })
    );
}

/**
 * The loudest second of a recording; silence fills up a shorter one.
 *
 * @param {ArrayBuffer} file of any kind that the browser plays
 * @returns {Promise<Int16Array>}
 */
export async function readSecond(file) {
  const context = new OfflineAudioContext(1, 1, RATE);
  const sound = await context.decodeAudioData(file);
  const channels = Array.from({ length: sound.numberOfChannels }, (_, i) => sound.getChannelData(i));
  const all = Float32Array.from(channels[0], (_, i) => channels.reduce((sum, c) => sum + c[i], 0) / channels.length);
  const at = loudest(all);
  const found = new Int16Array(SECOND);
  all.subarray(at, at + SECOND).forEach((v, i) => (found[i] = Math.max(-32768, Math.min(32767, Math.round(32768 * v)))));
  return found;
}

/**
 * Where the second with the most power begins.
 *
 * @param {Float32Array} samples
 */
function loudest(samples) {
  let [power, most, at] = [0, 0, 0];
  for (let i = 0; i < samples.length; i++) {
    power += samples[i] ** 2 - (i < SECOND ? 0 : samples[i - SECOND] ** 2);
    if (i >= SECOND && power > most * 1.0001) [most, at] = [power, i - SECOND + 1];
    else if (i < SECOND) most = power;
  }
  return at;
}
