// Keeps a board in step with the journal: it learns each sample once, whatever happens meanwhile.

import { GAP, MODEL, STALE } from "../link/messages.js";
import { Refused } from "../link/exchange.js";

const NOT_OPEN = 7;
const RESTARTED = [GAP, NOT_OPEN, STALE]; // errors of a board that is elsewhere than believed
const MOST_RESTARTS = 5;
const CLASSES_AT = 0; // of the settings

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
    /** @type {import("../link/messages.js").Info | null} */
    this.info = null;
    this.mayForget = false; // the person agreed that the board forgets what it knows
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
    if (this.info.learned && !this.mayForget && !this.#holds(this.info)) throw new ForeignError();
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
    const experiences = journal.experiences();
    const total = journal.taught().length;
    for (const one of experiences.slice(place.experience)) {
      if (!place.isOpen) {
        await client.begin(one.number, one.labels, one.names);
        Object.assign(place, { isOpen: true, position: 0 });
      }
      const labels = journal.labels();
      for (const sample of one.samples.slice(place.position)) {
        const label = /** @type {number} */ (labels.get(sample.class));
        const { learned } = await client.learn(one.number, place.position, label, sample.pixels);
        place.position++;
        report?.(learned, total);
      }
      if (one.number >= journal.closed) break;
      await client.end(one.number, one.samples.length);
      Object.assign(place, { experience: one.number + 1, position: 0, isOpen: false });
    }
    this.info = await client.hello(true);
    if (!this.info.isOpen) journal.marks[this.info.experience] = this.info.state;
  }

  /** Find out where the board is; let it forget what is not in the journal. */
  async #settle() {
    const { client, journal } = this;
    let info = await client.hello(true);
    const isFresh = !info.learned && !info.experience && info.config[CLASSES_AT] === journal.room;
    if (journal.isEdited ? !isFresh : !this.#holds(info)) {
      if (info.learned && !this.mayForget && !journal.isEdited) throw new ForeignError();
      const config = info.config.slice();
      config[CLASSES_AT] = journal.room;
      await client.reset(config);
      info = await client.hello(true);
    }
    journal.isEdited = false;
    this.info = info;
    this.place = { experience: info.experience, position: info.position, isOpen: info.isOpen };
  }

  /**
   * Whether the board has learned the front of the journal, and nothing else.
   *
   * @param {import("../link/messages.js").Info} info
   */
  #holds(info) {
    const { journal } = this;
    if (info.config[CLASSES_AT] !== journal.room) return false;
    const experiences = journal.experiences();
    const before = experiences.slice(0, info.experience);
    const here = experiences[info.experience]?.samples.length ?? 0;
    const learned = before.reduce((sum, e) => sum + e.samples.length, info.position);
    const mark = journal.marks[info.experience];
    const isMarked = !info.isOpen && mark !== undefined && info.state !== "";
    return (
      info.experience <= experiences.length &&
      info.position <= here &&
      info.learned === learned &&
      !(isMarked && mark !== info.state)
    );
  }
}
