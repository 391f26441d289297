// Keeps a board in step with the journal: it learns each sample once, whatever happens meanwhile.

import { GAP, MODEL, STALE, STATE } from "../link/messages.js";
import { Refused } from "../link/exchange.js";
import { standing } from "./start.js";

const NOT_OPEN = 7;
const RESTARTED = [GAP, NOT_OPEN, STALE]; // errors of a board that is elsewhere than believed
const MOST_RESTARTS = 5;
const CLASSES_AT = 0; // of the settings

/** @typedef {import("../link/messages.js").Info} Info */

/** The board has learned what is not in the journal. */
export class ForeignError extends Error {}

export class Teacher {
  /**
   * @param {import("../link/client.js").Client} client
   * @param {import("./journal.js").Journal} journal
   */
  constructor(client, journal) {
    this.client = client;
    this.journal = journal;
    /** @type {Info | null} */
    this.info = null;
    this.mayForget = false; // it is the page's own, or the person agreed that it forgets
    this.isOurs = false; // what it has learned is of the journal
    /** @type {{experience: number, position: number, isOpen: boolean} | null} */
    this.place = null; // null: ask the board
  }

  /**
   * Send a model unless the board has it.
   *
   * @param {{fingerprint: string, bytes: Uint8Array}} model
   * @param {(done: number, total: number) => void} [report]
   */
  async give(model, report) {
    this.info = await this.client.hello();
    if (model.fingerprint && this.info.fingerprint === model.fingerprint) return;
    if (this.info.learned && !this.mayForget) throw new ForeignError();
    await this.client.put(MODEL, model.bytes, report);
    this.place = null;
    this.info = await this.client.hello();
  }

  /**
   * Teach what the board lacks.
   *
   * @param {(done: number, total: number) => void} [report]
   */
  async sync(report) {
    for (let restarts = 0; ; restarts++) {
      try {
        return await this.#sync(report);
      } catch (error) {
        this.place = null;
        const isElsewhere = error instanceof Refused && RESTARTED.includes(error.code);
        if (!isElsewhere || restarts === MOST_RESTARTS) throw error;
      }
    }
  }

  /** @param {(done: number, total: number) => void} [report] */
  async #sync(report) {
    const { client, journal } = this;
    if (!this.place || journal.isEdited) await this.#settle();
    const place = /** @type {NonNullable<Teacher["place"]>} */ (this.place);
    const { start } = journal;
    const experiences = journal.experiences();
    const total = journal.taught().length;
    for (const one of experiences.slice(place.experience)) {
      const there = one.number + start.experience;
      if (!place.isOpen) {
        await client.begin(there, one.labels, one.names);
        Object.assign(place, { isOpen: true, position: 0 });
      }
      const labels = journal.labels();
      for (const sample of one.samples.slice(place.position)) {
        const label = /** @type {number} */ (labels.get(sample.class));
        const { learned } = await client.learn(there, place.position, label, sample.pixels);
        place.position++;
        report?.(learned - start.learned, total);
      }
      if (one.number >= journal.closed) break;
      await client.end(there, one.samples.length);
      Object.assign(place, { experience: one.number + 1, position: 0, isOpen: false });
    }
    this.info = await client.hello(true);
    if (!this.info.isOpen) journal.marks[this.info.experience] = this.info.state;
  }

  /** Find out where the board is; let it forget what is not in the journal. */
  async #settle() {
    const { client, journal } = this;
    let info = await client.hello(true);
    if (journal.isEdited || !this.holds(info)) {
      if (journal.start !== journal.origin) journal.anew();
      if (!this.#isAtOrigin(info)) {
        const mayForget = this.mayForget || this.isOurs || journal.former.includes(info.state);
        if (info.learned && !mayForget) throw new ForeignError();
        await this.#goToOrigin(info);
        info = await client.hello(true);
      }
    }
    journal.isEdited = false;
    this.isOurs = true;
    this.info = info;
    const { position, isOpen } = info;
    this.place = { experience: info.experience - journal.start.experience, position, isOpen };
  }

  /** @param {Info} info */
  #isAtOrigin(info) {
    const { origin, room } = this.journal;
    if (origin.state) return info.state === origin.fingerprint;
    return !info.learned && !info.experience && !info.corrections && info.config[CLASSES_AT] === room;
  }

  /** @param {Info} info */
  async #goToOrigin(info) {
    const { origin, room } = this.journal;
    if (origin.state) return this.client.put(STATE, origin.state);
    const config = info.config.slice();
    config[CLASSES_AT] = room;
    return this.client.reset(config);
  }

  /**
   * Whether the board has learned the front of the journal, and nothing else.
   *
   * @param {Info} info
   */
  holds(info) {
    const { journal } = this;
    const { start } = journal;
    const there = standing(info);
    const experience = there.experience - start.experience;
    const experiences = journal.experiences();
    if (info.config[CLASSES_AT] !== journal.room || experience < 0 || experience > experiences.length) return false;
    const before = experiences.slice(0, experience);
    const here = experiences[experience]?.samples.length ?? 0;
    const learned = before.reduce((sum, e) => sum + e.samples.length, info.position);
    const mark = journal.marks[info.experience];
    const isMarked = !info.isOpen && mark !== undefined && info.state !== "";
    return (
      info.position <= here &&
      there.learned - start.learned === learned &&
      there.corrections === start.corrections &&
      !(isMarked && mark !== info.state)
    );
  }
}
