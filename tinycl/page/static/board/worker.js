// A board in a worker: tinycl_rt on MicroPython, C kernels in the same memory, flash in IndexedDB.
//
// In: {start: {name, files}} first, then the link's bytes as ArrayBuffers. Out: {ready: true} or
// {failed: sentence}, and ArrayBuffers. A reply leaves when what it says is saved lies in IndexedDB.

import { openFlash } from "./flash.js";
import { linkKernels } from "./kernels.js";
import { startMicroPython } from "./micropython.js";

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
        feed = await start(data.start.name, data.start.files);
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
 * @param {Record<string, string>} files sources of tinycl_rt, by path
 * @returns {Promise<(bytes: Uint8Array) => Promise<void>>}
 */
async function start(name, files) {
  const { mp, memory } = await startMicroPython({ stdout: console.log, stderr: console.error });
  for (const [path, text] of Object.entries(files)) write(mp.FS, `/lib/tinycl_rt/${path}`, text);
  const keep = await openFlash(mp.FS, FOLDER, name);
  const kernels = await linkKernels(memory, mp._module._malloc, await compileKernels());

  let slots = 0;
  /** @type {ArrayBuffer[]} */
  let replies = [];
  mp.registerJsModule("_page", {
    call: (/** @type {number} */ number) => kernels[number].run(slots),
    send: (/** @type {number} */ at, /** @type {number} */ count) =>
      replies.push(memory.buffer.slice(at, at + count)),
  });
  mp.runPython("import sys\nsys.path.insert(0, '/lib')");
  mp.runPython(await (await fetch(new URL("board.py", import.meta.url))).text());
  const python = (/** @type {string} */ key) => mp.globals.get(key);
  slots = python("slots");
  kernels.forEach((kernel, i) => python("add_kernel")(kernel.module, kernel.name, i));
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

/** @returns {Promise<Record<string, WebAssembly.Module>>} */
async function compileKernels() {
  const compile = async (/** @type {string} */ name) => {
    const found = await fetch(new URL(`../built/${name}.wasm`, import.meta.url));
    return [name, await WebAssembly.compile(await found.arrayBuffer())];
  };
  return Object.fromEntries(await Promise.all(KERNELS.map(compile)));
}

/**
 * @param {any} fs
 * @param {string} path
 * @param {string} text
 */
function write(fs, path, text) {
  fs.mkdirTree?.(path.slice(0, path.lastIndexOf("/")));
  fs.writeFile(path, text);
}
