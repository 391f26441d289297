// MicroPython compiled to WebAssembly, as npm brings it (python -m tools.page).

const HEAP_BYTES = 4 << 20;

/**
 * MicroPython, and its memory, which it keeps to itself: so WebAssembly is watched meanwhile.
 *
 * @param {Record<string, (line: string) => void>} output
 */
export async function startMicroPython(output) {
  /** @type {WebAssembly.Memory | undefined} */
  let memory;
  const { instantiate, instantiateStreaming } = WebAssembly;
  const watched = (/** @type {Function} */ make) => async (/** @type {any[]} */ ...given) => {
    const made = await make.apply(WebAssembly, given);
    memory = made.instance.exports.memory;
    return made;
  };
  const watching = { instantiate: watched(instantiate), instantiateStreaming: watched(instantiateStreaming) };
  Object.assign(WebAssembly, watching);
  const address = new URL("../built/micropython.mjs", import.meta.url).href;
  const { loadMicroPython } = await import(address);
  const mp = await loadMicroPython({ heapsize: HEAP_BYTES, ...output });
  Object.assign(WebAssembly, { instantiate, instantiateStreaming });
  if (!memory) throw new Error("MicroPython's memory was not found");
  return { mp, memory };
}
