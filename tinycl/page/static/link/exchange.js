// One request after another over a port; what is lost on the way is sent again.

import { FrameReader, encode } from "./frames.js";
import { NAMES, pack, readError } from "./messages.js";

const SILENCE_MS = 700; // after which a probe tells whether the board is busy or heard nothing
const PATIENCE_MS = 30000;
const ZEROS = new Uint8Array(64); // they complete a block that a board waits for
const PROBE = pack("H", [65535]); // names from a class that there is not

/**
 * @typedef {object} Port a byte stream to a board
 * @property {string} name
 * @property {(bytes: Uint8Array) => void} send
 * @property {() => void} close
 * @property {(bytes: Uint8Array) => void} onbytes called with what the board sends
 * @property {(reason: string) => void} onclose called once, when the board is gone
 */

/** A request that the board refused, with its reason and the place that it wants. */
export class Refused extends Error {
  /** @param {ReturnType<typeof readError>} found */
  constructor(found) {
    super(found.reason);
    Object.assign(this, found);
    this.code = found.code;
    this.position = found.position;
  }
}

/** The board is gone, or does not answer. */
export class LinkError extends Error {}

export class Exchange {
  /**
   * @param {Port} port
   * @param {{silence?: number, patience?: number}} times in milliseconds
   */
  constructor(port, { silence = SILENCE_MS, patience = PATIENCE_MS } = {}) {
    this.port = port;
    this.silence = silence;
    this.patience = patience;
    this.repeated = 0;
    this.gone = "";
    this.sequence = Math.floor(Math.random() * 65536);
    this.reader = new FrameReader();
    /** @type {Promise<unknown>} */
    this.last = Promise.resolve();
    /** @type {((reply: import("./frames.js").Reply | null) => void) | null} */
    this.heard = null;
    port.onbytes = (bytes) => this.reader.feed(bytes).forEach((reply) => this.heard?.(reply));
    port.onclose = (reason) => {
      this.gone = reason || "the board is gone";
      this.heard?.(null);
    };
  }

  /**
   * The payload of the reply; requests are carried out in the order of calls.
   *
   * Every request may be sent twice: the board learns nothing twice.
   *
   * @param {number} code
   * @param {Uint8Array} payload
   * @returns {Promise<Uint8Array>}
   */
  request(code, payload = new Uint8Array(0)) {
    const result = this.last.then(() => this.#carryOut(code, payload));
    this.last = result.catch(() => {});
    return result;
  }

  /**
   * @param {number} code
   * @param {Uint8Array} payload
   */
  async #carryOut(code, payload) {
    const mine = this.#next();
    const frame = encode(code, mine, payload);
    const until = performance.now() + this.patience;
    this.#send(frame);
    let probe = -1;
    for (;;) {
      const reply = await this.#hear(this.silence);
      if (this.gone) throw new LinkError(this.gone);
      if (reply?.sequence === mine && reply.code === code) {
        if (reply.isError) throw new Refused(readError(reply.payload));
        return reply.payload;
      }
      if (reply?.sequence === probe) {
        this.repeated++;
        this.#send(frame); // the probe came after it and is answered: it is lost
        probe = -1;
      } else if (!reply) {
        if (performance.now() > until) {
          throw new LinkError(`${this.port.name} does not answer; reset the board`);
        }
        probe = this.#next();
        this.#send(ZEROS);
        this.#send(encode(NAMES, probe, PROBE));
      }
    }
  }

  #next() {
    return (this.sequence = (this.sequence + 1) & 0xffff);
  }

  /** @param {Uint8Array} bytes */
  #send(bytes) {
    if (this.gone) throw new LinkError(this.gone);
    this.port.send(bytes);
  }

  /**
   * The next reply; null after a while.
   *
   * @param {number} milliseconds
   * @returns {Promise<import("./frames.js").Reply | null>}
   */
  #hear(milliseconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(() => settle(null), milliseconds);
      const settle = (/** @type {import("./frames.js").Reply | null} */ reply) => {
        clearTimeout(timer);
        this.heard = null;
        resolve(reply);
      };
      this.heard = settle;
    });
  }
}
