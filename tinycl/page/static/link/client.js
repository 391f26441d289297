// A board and what it can be asked, one method each.

import { crc32 } from "./frames.js";
import { Exchange, Refused } from "./exchange.js";
import * as m from "./messages.js";

const LEARN_BYTES = 12; // in front of the image
const PIECE_BYTES = 12; // in front of a piece
const UPLOAD_TRIES = 5;

export class Client {
  /**
   * @param {import("./exchange.js").Port} port
   * @param {{silence?: number, patience?: number}} [times]
   */
  constructor(port, times) {
    this.port = port;
    this.exchange = new Exchange(port, times);
    this.mostPayload = 512;
  }

  /**
   * What the board is and where it stands.
   *
   * @param {boolean} fingerprint with the CRC-32 of the learned state
   */
  async hello(fingerprint = false) {
    const info = m.readInfo(await this.#ask(m.HELLO, m.pack("BB", [1, Number(fingerprint)])));
    this.mostPayload = info.mostPayload;
    return info;
  }

  /**
   * By the head that knows the last samples, too.
   *
   * @param {Uint8Array} pixels
   */
  async predict(pixels) {
    const flags = m.SURE | m.OPEN;
    return m.readAnswer(await this.#withImage(m.PREDICT, (f) => m.pack("BB", [flags | f, 0]), pixels));
  }

  /**
   * Learn the sample at a position of an experience.
   *
   * @param {number} experience
   * @param {number} position
   * @param {number} label
   * @param {Uint8Array} pixels
   */
  async learn(experience, position, label, pixels) {
    const head = (/** @type {number} */ flags) => m.pack("IIHBB", [experience, position, label, flags, 0]);
    return m.readProgress(await this.#withImage(m.LEARN, head, pixels));
  }

  /**
   * @param {number} experience
   * @param {number[]} classes
   * @param {string[]} names
   */
  async begin(experience, classes, names) {
    const numbers = m.pack("H".repeat(classes.length), classes);
    const head = m.pack("IIH", [experience, 0, classes.length], numbers, ...names.map(m.packText));
    return m.readProgress(await this.#ask(m.BEGIN, head));
  }

  /**
   * @param {number} experience
   * @param {number} samples
   */
  async end(experience, samples) {
    return m.readProgress(await this.#ask(m.END, m.pack("II", [experience, samples])));
  }

  /**
   * Forget everything; `config` are the settings from then on, 20 bytes.
   *
   * @param {Uint8Array} config
   */
  async reset(config) {
    const { learned, experience, isOpen } = await this.hello();
    const place = m.pack("IIBB", [learned, experience, Number(isOpen), 0], config);
    return m.readProgress(await this.#ask(m.RESET, place));
  }

  /**
   * Rename a class, or forget it where the new name is "".
   *
   * @param {number} corrections of the board so far
   * @param {number} label
   * @param {string} name that it has
   * @param {string} becomes
   */
  async correct(corrections, label, name, becomes) {
    const which = m.pack("IHH", [corrections, label, 0], m.packText(name));
    const reply = becomes
      ? await this.#ask(m.RENAME, m.pack("", [], which, m.packText(becomes)))
      : await this.#ask(m.FORGET, which);
    return m.readProgress(reply);
  }

  async stats() {
    return m.readStats(await this.#ask(m.STATS));
  }

  /** Names of all classes, "" where one has none. */
  async names() {
    /** @type {string[]} */
    const names = [];
    for (;;) {
      const reading = new m.Reading(await this.#ask(m.NAMES, m.pack("H", [names.length])));
      const [total, , count] = reading.numbers("HHH");
      for (let i = 0; i < count; i++) names.push(reading.text());
      if (!count || names.length >= total) return names;
    }
  }

  /**
   * What the binary network computes: packed bits, then features.
   *
   * @param {Uint8Array} pixels
   */
  async outputs(pixels) {
    /** @type {number[]} */
    const found = [];
    for (;;) {
      const head = (/** @type {number} */ flags) => m.pack("IHBB", [found.length, 0, flags, 0]);
      const reading = new m.Reading(await this.#withImage(m.LATENTS, head, pixels));
      const [total] = reading.numbers("II");
      found.push(...reading.take(reading.left));
      if (found.length >= total) return Uint8Array.from(found);
    }
  }

  /** The whole learned state (.tcs). */
  async getState() {
    for (let tries = 0; ; tries++) {
      try {
        /** @type {number[]} */
        const found = [];
        for (let crc = 0; ; ) {
          const reading = new m.Reading(await this.#ask(m.GET_STATE, m.pack("IIH", [found.length, crc, 0])));
          const [total, whole] = reading.numbers("III");
          crc = whole;
          found.push(...reading.take(reading.left));
          if (found.length >= total) break;
        }
        return Uint8Array.from(found);
      } catch (error) {
        const isStale = error instanceof Refused && error.code === m.STALE;
        if (!isStale || tries === UPLOAD_TRIES) throw error;
      }
    }
  }

  /**
   * Send a learned state (STATE) or a model (MODEL) and put it to use.
   *
   * @param {number} kind
   * @param {Uint8Array} bytes
   * @param {(done: number, total: number) => void} [report]
   */
  async put(kind, bytes, report) {
    await this.#upload(kind, bytes, report);
    const commit = m.pack("BBHI", [kind, 0, 0, crc32(bytes)]);
    return m.readProgress(await this.#ask(m.PUT_COMMIT, commit));
  }

  close() {
    this.port.close();
  }

  /**
   * @param {number} code
   * @param {Uint8Array} [payload]
   */
  #ask(code, payload) {
    return this.exchange.request(code, payload);
  }

  /**
   * A request with an image, which goes in pieces where it is too large.
   *
   * @param {number} code
   * @param {(flags: number) => Uint8Array} head by the flags of the image
   * @param {Uint8Array} pixels
   */
  async #withImage(code, head, pixels) {
    if (LEARN_BYTES + pixels.length <= this.mostPayload) {
      return this.#ask(code, m.pack("", [], head(0), pixels));
    }
    for (let tries = 0; ; tries++) {
      await this.#upload(m.IMAGE, pixels);
      try {
        return await this.#ask(code, m.pack("", [], head(m.STAGED), m.pack("I", [crc32(pixels)])));
      } catch (error) {
        const isStale = error instanceof Refused && error.code === m.STALE;
        if (!isStale || tries === UPLOAD_TRIES) throw error;
      }
    }
  }

  /**
   * @param {number} kind
   * @param {Uint8Array} bytes
   * @param {(done: number, total: number) => void} [report]
   */
  async #upload(kind, bytes, report) {
    const crc = crc32(bytes);
    const begin = m.pack("BBHII", [kind, 0, 0, bytes.length, crc]);
    let [at] = new m.Reading(await this.#ask(m.PUT_BEGIN, begin)).numbers("I");
    while (at < bytes.length) {
      const piece = bytes.subarray(at, at + this.mostPayload - PIECE_BYTES);
      const data = m.pack("BBHII", [kind, 0, 0, crc, at], piece);
      [at] = new m.Reading(await this.#ask(m.PUT_DATA, data)).numbers("I");
      report?.(at, bytes.length);
    }
  }
}
