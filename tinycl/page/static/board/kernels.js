// C kernels compiled to WebAssembly, linked into the memory of MicroPython.
//
// A module (firmware/native/mpy/wasm.h) is position-independent: its custom section dylink.0 says
// how much memory its constants take. Its functions take slots and return a MicroPython object.

const STACK_BYTES = 16384; // a kernel takes less than 1 KiB

/**
 * @typedef {{module: string, name: string, run: (slots: number) => Found}} Kernel
 * @typedef {number | null | string | false} Found a number, None, the reason of a ValueError, a TypeError
 */

/**
 * Link modules; returns their kernels.
 *
 * @param {WebAssembly.Memory} memory
 * @param {(bytes: number) => number} malloc
 * @param {Record<string, WebAssembly.Module>} modules by name
 * @returns {Promise<Kernel[]>}
 */
export async function linkKernels(memory, malloc, modules) {
  const stack = malloc(STACK_BYTES) + STACK_BYTES;
  const pointer = new WebAssembly.Global({ value: "i32", mutable: true }, stack & -16);
  const top = pointer.value;
  /** @type {Kernel[]} */
  const kernels = [];
  for (const [module, compiled] of Object.entries(modules)) {
    const instance = await WebAssembly.instantiate(compiled, {
      env: {
        memory,
        __indirect_function_table: new WebAssembly.Table({ initial: 0, element: "anyfunc" }),
        __stack_pointer: pointer,
        __memory_base: new WebAssembly.Global({ value: "i32" }, align(malloc(dataBytes(compiled) + 16))),
        __table_base: new WebAssembly.Global({ value: "i32" }, 0),
        raise_value_error: (/** @type {number} */ why) => {
          throw new KernelError(text(memory, why));
        },
        raise_type_error: () => {
          throw new KernelError(false);
        },
      },
    });
    const { __wasm_apply_data_relocs: relocate, ...functions } =
      /** @type {Record<string, (slots: number) => number>} */ (instance.exports);
    relocate?.(0);
    for (const [name, kernel] of Object.entries(functions)) {
      kernels.push({ module, name, run: (slots) => call(kernel, slots) });
    }
  }
  return kernels;

  /**
   * @param {(slots: number) => number} kernel
   * @param {number} slots
   * @returns {Found}
   */
  function call(kernel, slots) {
    try {
      const found = kernel(slots);
      return found ? found >> 1 : null;
    } catch (error) {
      pointer.value = top;
      if (error instanceof KernelError) return error.found;
      throw error;
    }
  }
}

class KernelError extends Error {
  /** @param {string | false} found */
  constructor(found) {
    super();
    this.found = found;
  }
}

/** @param {number} address */
const align = (address) => (address + 15) & -16;

/**
 * Bytes of a module's constants: the first number of subsection 1 of dylink.0.
 *
 * @param {WebAssembly.Module} module
 */
function dataBytes(module) {
  const section = new Uint8Array(WebAssembly.Module.customSections(module, "dylink.0")[0]);
  let [value, shift, at] = [0, 0, 2]; // the subsection's code and its size, a byte each
  for (; section[at] & 128; at++, shift += 7) value |= (section[at] & 127) << shift;
  return value | (section[at] << shift);
}

/**
 * @param {WebAssembly.Memory} memory
 * @param {number} at
 */
function text(memory, at) {
  const bytes = new Uint8Array(memory.buffer, at);
  return new TextDecoder().decode(bytes.slice(0, bytes.indexOf(0)));
}
