// Byte streams to a board: one in a worker, one behind this page's server, one at a serial port.

import { Client } from "./client.js";

const BAUD_RATE = 115200;
// Zeros, as a board may wait for the rest of a frame. Ctrl-C leaves a program, Ctrl-B the raw REPL,
// Ctrl-D restarts MicroPython and with it main.py.
const WAKE = Uint8Array.of(...new Array(4110).fill(0), 13, 3, 3, 2, 4);

/** @typedef {import("./exchange.js").Port} Port */

const silent = { onbytes: () => {}, onclose: () => {} };

/**
 * The board in this page.
 *
 * @param {string} name whose flash it takes
 * @returns {Promise<Port>}
 */
export async function openWorker(name) {
  const worker = new Worker(new URL("../board/worker.js", import.meta.url), { type: "module" });
  /** @type {Port} */
  const port = {
    ...silent,
    name: "the board in this page",
    send: (bytes) => worker.postMessage(bytes.slice().buffer),
    close: () => worker.terminate(),
  };
  const failed = (/** @type {string} */ why) => {
    worker.terminate();
    port.onclose(why);
  };
  const started = new Promise((resolve, reject) => {
    worker.onerror = (event) => {
      const why = event.message || "The board in this page does not load: is tinycl page still running?";
      reject(new Error(why));
      failed(why);
    };
    worker.onmessage = ({ data }) => {
      if (data instanceof ArrayBuffer) port.onbytes(new Uint8Array(data));
      else if (data.ready) resolve(port);
      else reject(new Error(data.failed)), failed(data.failed);
    };
  });
  worker.postMessage({ start: name });
  return /** @type {Promise<Port>} */ (started);
}

/**
 * The board behind `tinycl page`.
 *
 * @param {string} token of the address that `tinycl page` printed
 * @returns {Promise<Port>}
 */
export function openSocket(token) {
  const address = new URL(`../board?token=${encodeURIComponent(token)}`, import.meta.url);
  address.protocol = address.protocol.replace("http", "ws");
  const socket = new WebSocket(address);
  socket.binaryType = "arraybuffer";
  /** @type {Port} */
  const port = {
    ...silent,
    name: "the board",
    send: (bytes) => socket.send(/** @type {any} */ (bytes)),
    close: () => socket.close(),
  };
  socket.onmessage = ({ data }) => port.onbytes(new Uint8Array(data));
  return new Promise((resolve, reject) => {
    socket.onopen = () => resolve(port);
    socket.onclose = ({ reason }) => {
      const why = reason || "tinycl page has ended, or this is not the address that it printed last";
      reject(new Error(why));
      port.onclose(why);
    };
  });
}

/**
 * A board at a serial port that the person picks (WebSerial).
 *
 * @returns {Promise<Port>}
 */
export async function openSerial() {
  const serial = /** @type {any} */ (navigator).serial;
  const device = await serial.requestPort().catch((/** @type {Error} */ error) => {
    throw error.name === "NotFoundError" ? new Error("No port was chosen.") : error;
  });
  await device.open({ baudRate: BAUD_RATE, bufferSize: 8192 }).catch((/** @type {Error} */ error) => {
    throw new Error(`The port does not open; does another program use it? (${error.message})`);
  });
  const writer = device.writable.getWriter();
  const reader = device.readable.getReader();
  let isClosed = false;
  /** @type {Port} */
  const port = {
    ...silent,
    name: "the board",
    send: (bytes) => void writer.write(bytes).catch(() => {}),
    close: async () => {
      isClosed = true;
      await reader.cancel().catch(() => {});
      writer.releaseLock();
      await device.close().catch(() => {});
    },
  };
  (async () => {
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        port.onbytes(value);
      }
    } catch {
      // unplugged
    }
    reader.releaseLock();
    if (!isClosed) port.onclose("the board was unplugged");
  })();
  return port;
}

/**
 * Wake a board whose service may sleep in its REPL.
 *
 * @param {Port} port
 */
export async function rouse(port) {
  try {
    await new Client(port, { patience: 1500 }).hello();
  } catch {
    port.send(WAKE);
  }
}
