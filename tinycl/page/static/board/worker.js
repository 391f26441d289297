// A board in a worker: tinycl_rt on MicroPython, C kernels in the same memory, flash in IndexedDB.
//
// In: {start: name} first, then the link's bytes as ArrayBuffers. Out: {ready: true} or
// {failed: sentence}, and ArrayBuffers. A reply leaves when what it says is saved lies in IndexedDB.

import { openFlash } from "./flash.js";
import { fetchParts, fetchText, startMachine } from "./machine.js";

const FOLDER = "/flash";
const MOST_BYTES = 8192; // fed at a time
const KERNELS = ["core", "lda", "float", "tail", "full", "sound"].map((name) => `tinycl_${name}`);

/** @type {(bytes: Uint8Array) => Promise<void>} */
let feed;
let work = Promise.resolve();

self.onmessage = ({ data }) => {
  work = work.then(async () => {
    try {
      if (data.start) {
        feed = await start(data.start);
        self.postMessage({ ready: true });
      } else {
        await feed(new Uint8Array(data));
      }
    } catch (error) {
      self.postMessage({ failed: String(error) });
    }
  });
};

/**
 * Start the board.
 *
 * @param {string} name whose flash it takes
 * @returns {Promise<(bytes: Uint8Array) => Promise<void>>}
 */
async function start(name) {
  /** @type {ArrayBuffer[]} */
  let replies = [];
  const send = (/** @type {number} */ at, /** @type {number} */ count) =>
    replies.push(memory.buffer.slice(at, at + count));
  const { mp, memory, python } = await startMachine(await fetchParts(KERNELS), { send });
  const keep = await openFlash(mp.FS, FOLDER, name);
  mp.runPython(await fetchText("board.py"));
  const address = python("start")(FOLDER, MOST_BYTES, name);
  const answer = python("feed");
  await keep();

  return async (bytes) => {
    for (let at = 0; at < bytes.length; at += MOST_BYTES) {
      const part = bytes.subarray(at, at + MOST_BYTES);
      new Uint8Array(memory.buffer).set(part, address);
      answer(part.length);
    }
    await keep();
    for (const reply of replies) self.postMessage(reply, { transfer: [reply] });
    replies = [];
  };
}
