// The front end of sound in a worker: tinycl_rt.sound on MicroPython, with its C kernels.
//
// In: Int16Array of a second at 16 kHz. Out: the window that a network sees, Uint8Array, or
// {failed: sentence}.

import { fetchParts, startMachine } from "../board/machine.js";

const SAMPLES = 16000;

const starting = start();

self.onmessage = async ({ data }) => {
  try {
    const pixels = (await starting)(data);
    self.postMessage(pixels, { transfer: [pixels.buffer] });
  } catch (error) {
    self.postMessage({ failed: String(error) });
  }
};

async function start() {
  const { mp, memory, python } = await startMachine(await fetchParts(["tinycl_sound"]));
  mp.runPython(await (await fetch(new URL("sound.py", import.meta.url))).text());
  const address = python("start")(SAMPLES);
  const [window, size] = [python("window"), python("size")];
  return (/** @type {Int16Array} */ samples) => {
    new Int16Array(memory.buffer, address, SAMPLES).set(samples);
    const at = window();
    return new Uint8Array(memory.buffer.slice(at, at + size));
  };
}
