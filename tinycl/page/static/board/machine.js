// MicroPython with tinycl_rt, and the C kernels beside it in the same memory: for workers.

import { linkKernels } from "./kernels.js";
import { startMicroPython } from "./micropython.js";

const HERE = import.meta.url;

/**
 * @typedef {object} Parts
 * @property {Record<string, string>} files sources of tinycl_rt, by path
 * @property {Record<string, WebAssembly.Module>} modules of kernels, by name
 * @property {string} bridge text of bridge.py
 */

/**
 * What a machine is made of, from the page's server.
 *
 * @param {string[]} kernels names of kernel modules
 * @returns {Promise<Parts>}
 */
export async function fetchParts(kernels) {
  const compile = async (/** @type {string} */ name) => {
    const found = await fetch(new URL(`../built/${name}.wasm`, HERE));
    return [name, await WebAssembly.compile(await found.arrayBuffer())];
  };
  const [files, bridge, ...modules] = await Promise.all([
    fetch(new URL("../runtime.json", HERE)).then((found) => found.json()),
    fetchText("bridge.py"),
    ...kernels.map(compile),
  ]);
  return { files, bridge, modules: Object.fromEntries(modules) };
}

/** @param {string} path beside this file */
export const fetchText = async (path) => (await fetch(new URL(path, HERE))).text();

/**
 * Start MicroPython; kernels and tinycl_rt can be imported.
 *
 * @param {Parts} parts
 * @param {Record<string, Function>} [functions] what Python finds in its module `_page`
 * @param {Record<string, (line: string) => void>} [output]
 */
export async function startMachine({ files, modules, bridge }, functions = {}, output = {}) {
  const { mp, memory } = await startMicroPython({ stdout: console.log, stderr: console.error, ...output });
  for (const [path, text] of Object.entries(files)) write(mp.FS, `/lib/tinycl_rt/${path}`, text);
  const kernels = await linkKernels(memory, mp._module._malloc, modules);
  const python = (/** @type {string} */ name) => mp.globals.get(name);
  let slots = 0;
  const call = (/** @type {number} */ number) => kernels[number].run(slots);
  mp.registerJsModule("_page", { call, ...functions });
  mp.runPython("import sys\nsys.path.insert(0, '/lib')");
  mp.runPython(bridge);
  slots = python("slots");
  kernels.forEach((kernel, i) => python("add_kernel")(kernel.module, kernel.name, i));
  return { mp, memory, python };
}

/**
 * @param {any} fs of Emscripten
 * @param {string} path
 * @param {string} text
 */
function write(fs, path, text) {
  fs.mkdirTree(path.slice(0, path.lastIndexOf("/")));
  fs.writeFile(path, text);
}
