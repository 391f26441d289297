// One sitting: a model, a board, the journal, and the work that keeps them in step.
//
// Events: "change" (what is shown), "trouble" (detail: a sentence), "foreign" (the board has learned
// what the page does not have), "lost" (detail: why the board is gone).

import { correct, edit, goOn } from "./correct.js";
import { Client } from "../link/client.js";
import { LinkError, Refused } from "../link/exchange.js";
import { STATE } from "../link/messages.js";
import { Keeper, keepModel, load } from "./keep.js";
import { Journal } from "./journal.js";
import { ForeignError, Teacher } from "./teacher.js";

/** @typedef {import("./model.js").Model} Model */
/** @typedef {import("../link/exchange.js").Port} Port */
/** @typedef {import("../link/messages.js").Shape} Shape */
/** @typedef {{names: string[], accuracy: number, confusion: number[][], history: number[], forgetting: number}} Results */

const PAUSE_MS = 1200; // after the last sample, the experience ends

export class Session extends EventTarget {
  /** @param {import("./keep.js").Store} store */
  constructor(store) {
    super();
    this.store = store;
    this.journal = new Journal();
    /** @type {Teacher | null} */
    this.teacher = null;
    /** @type {Model | null} */
    this.model = null;
    /** @type {Keeper | null} */
    this.keeper = null;
    /** @type {Shape | null} */
    this.shape = null; // of a sample; null: no board has taken the model yet
    /** @type {Results | null} */
    this.results = null;
    /** @type {Map<number, number>} best accuracy of each class, by id */
    this.best = new Map();
    /** @type {import("../link/messages.js").Stats} */
    this.memory = { heapFree: 0, heapUsed: 0, warning: "", slots: [] };
    this.progress = "";
    this.isOwn = true; // the board is the one in this page
    this.isForeign = false; // the board has learned what is not in the journal
    this.isChanging = false; // another model is on its way
    this.work = Promise.resolve();
    this.pending = 0;
    this.pause = 0;
  }

  get info() {
    return this.teacher?.info ?? null;
  }

  /** Whether the board has learned all that the page has. */
  get isSettled() {
    return !this.isChanging && !this.isForeign && !this.pending && !this.journal.isOpen && !this.journal.isEdited;
  }

  /**
   * Take a model, and what was taught with it before.
   *
   * @param {Model} model
   */
  async take(model) {
    await keepModel(this.store, model);
    this.model = model;
    this.journal = await load(this.store, model.fingerprint);
    this.journal.end();
    this.keeper = new Keeper(this.store, model.fingerprint, this.journal);
    this.shape = this.results = null;
    this.best.clear();
  }

  /**
   * Teach this board from now on.
   *
   * @param {Port} port
   * @param {boolean} isOwn it is the one in this page
   */
  async use(port, isOwn) {
    this.leave();
    this.isOwn = isOwn;
    const client = new Client(port);
    const teacher = new Teacher(client, this.journal);
    teacher.mayForget = isOwn;
    this.teacher = teacher;
    const heard = port.onclose;
    port.onclose = (why) => {
      heard(why);
      if (this.teacher === teacher) this.#tell("lost", why);
    };
    await this.sync();
  }

  /** Leave the board. */
  leave() {
    this.teacher?.client.close();
    this.teacher = null;
    this.isForeign = false;
  }

  /**
   * Change the journal, keep it, and bring the board in step.
   *
   * @template T
   * @param {(journal: Journal) => T} edit
   * @returns {T}
   */
  change(edit) {
    const result = edit(this.journal);
    clearTimeout(this.pause);
    if (this.journal.isOpen) this.pause = setTimeout(() => this.end(), PAUSE_MS);
    void this.sync();
    return result;
  }

  /** End the open experience: the board consolidates and saves. */
  end() {
    clearTimeout(this.pause);
    this.journal.end();
    return this.sync();
  }

  /**
   * Rename a class, or forget it where the new name is "". A board that would take long to learn
   * anew does so itself.
   *
   * @param {number} id of the class
   * @param {string} becomes
   */
  correct(id, becomes) {
    const isBefore = id in this.journal.origin.labels;
    if (!this.teacher || (this.isOwn && !isBefore)) return this.change((journal) => edit(journal, id, becomes));
    void this.end();
    void this.#queue(async () => {
      const { teacher, journal } = this;
      try {
        if (teacher && !this.isOwn) await this.#teach();
        if (teacher) await correct(teacher, id, becomes, !this.isOwn);
      } finally {
        edit(journal, id, becomes); // unless that is done
        await this.keeper?.save();
      }
    });
    void this.sync();
  }

  /** Go on with what the board has learned that is not in the journal. */
  goOn() {
    void this.#queue(async () => {
      if (this.teacher) await goOn(this.teacher);
      await this.keeper?.save();
    });
    return this.sync();
  }

  /**
   * Take over a learned state: the journal is taught after it.
   *
   * @param {string} name of its file
   * @param {Uint8Array} state
   */
  restore(name, state) {
    void this.#queue(async () => {
      const { teacher } = this;
      if (!teacher || this.isForeign) throw new Error("Decide first what becomes of what the board has learned.");
      await teacher.client.put(STATE, state).catch((error) => {
        throw error instanceof Refused ? new Error(`${name} cannot be used: ${error.message}`) : error;
      });
      teacher.place = null;
      await goOn(teacher);
      await this.keeper?.save();
    });
    return this.sync();
  }

  /** Keep the journal and teach the board what it lacks; errors are told. */
  sync() {
    const saved = this.keeper?.save();
    return this.#queue(async () => {
      await saved;
      if (this.pending === 1) await this.#teach();
    });
  }

  /**
   * Do this after all that is under way.
   *
   * @param {() => Promise<void>} act
   */
  #queue(act) {
    this.pending++;
    this.#tell("change");
    this.work = this.work.then(async () => {
      try {
        await act();
      } catch (error) {
        if (error instanceof ForeignError) {
          this.isForeign = true;
          this.#tell("foreign");
        } else if (!(error instanceof LinkError && this.teacher?.client.exchange.gone)) {
          this.#tell("trouble", error instanceof Error ? error.message : String(error));
        }
      }
      this.pending--;
      this.progress = "";
      this.#tell("change");
    });
    return this.work;
  }

  /**
   * The board's answer to a sample; null before it can tell.
   *
   * @param {Uint8Array} pixels
   */
  async predict(pixels) {
    if (!this.teacher || this.isForeign || !this.info?.hasModel || !this.info.learned) return null;
    const answer = await this.teacher.client.predict(pixels);
    return { ...answer, name: this.journal.names()[answer.label] || `class ${answer.label}` };
  }

  /**
   * The bits that the network makes of a sample, packed.
   *
   * @param {Uint8Array} pixels
   */
  async bits(pixels) {
    if (!this.teacher || !this.info) return null;
    const { latentBytes } = this.info;
    return (await this.teacher.client.outputs(pixels)).subarray(0, latentBytes);
  }

  async #teach() {
    const { teacher, model } = this;
    if (!teacher || !model) return;
    teacher.journal = this.journal;
    await teacher.give(model, (done, total) => this.#report("sending the model", done, total));
    this.shape = teacher.info?.shape ?? null;
    await teacher.sync((done, total) => this.#report("learning", done, total));
    this.isForeign = false;
    await this.keeper?.save();
    this.memory = await teacher.client.stats();
    if (!this.journal.isOpen) await this.#test(teacher);
  }

  /**
   * Test the samples that are set aside.
   *
   * @param {Teacher} teacher
   */
  async #test(teacher) {
    const { journal } = this;
    const labels = journal.labels();
    const aside = journal.aside();
    if (!aside.length) {
      this.results = null;
      return;
    }
    const places = [...labels].sort(([, a], [, b]) => a - b); // rows of the table
    const row = (/** @type {number} */ label) => places.findIndex(([, there]) => there === label);
    const confusion = places.map(() => new Array(places.length).fill(0));
    for (const sample of aside) {
      const { label } = await teacher.client.predict(sample.pixels);
      const truth = row(/** @type {number} */ (labels.get(sample.class)));
      if (row(label) >= 0) confusion[truth][row(label)]++;
    }
    const lost = places.flatMap(([id], place) => {
      const row = confusion[place];
      const total = row.reduce((sum, n) => sum + n, 0);
      if (!total) return [];
      const now = row[place] / total;
      const best = Math.max(now, this.best.get(id) ?? 0);
      this.best.set(id, best);
      return [best - now];
    });
    const right = confusion.reduce((sum, row, label) => sum + row[label], 0);
    const accuracy = right / aside.length;
    const forgetting = lost.reduce((sum, l) => sum + l, 0) / lost.length;
    const history = [...(this.results?.history ?? []), accuracy];
    const names = places.map(([id]) => journal.name(id));
    this.results = { names, accuracy, confusion, forgetting, history };
  }

  /**
   * @param {string} what
   * @param {number} done
   * @param {number} total
   */
  #report(what, done, total) {
    this.progress = `${what}: ${done.toLocaleString("en")} of ${total.toLocaleString("en")}`;
    this.#tell("progress");
  }

  /**
   * @param {string} event
   * @param {string} [detail]
   */
  #tell(event, detail) {
    this.dispatchEvent(new CustomEvent(event, { detail }));
  }
}
