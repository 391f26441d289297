// What was taught, in order: the page's own record, from which any board can be taught again.
//
// An experience opens with a sample and ends before the first sample of a new class, as a board takes
// names when an experience begins, or after a pause. Classes get their numbers with their first
// sample. Every fifth sample of a class is set aside: it is not taught but tested.

import { FRESH, standing } from "./start.js";

const ASIDE_EVERY = 5;
const MOST_FORMER = 50;
const CLASSES_AT = 0; // of the settings

/** @typedef {import("../link/messages.js").Info} Info */

/** @typedef {{id: number, name: string}} Class */
/**
 * @typedef {object} Sample
 * @property {number} id
 * @property {number} class id of its class
 * @property {number | null} experience that it was taught in; null: set aside
 * @property {Uint8Array} pixels
 * @property {Int16Array} [sound] from which they come, a second at 16 kHz
 */
/** @typedef {{number: number, labels: number[], names: string[], samples: Sample[]}} Experience */

export class Journal {
  constructor() {
    /** @type {Class[]} */
    this.classes = [];
    /** @type {Sample[]} */
    this.samples = [];
    this.closed = 0; // experiences
    this.room = 10; // classes that the board has room for
    this.nextId = 1;
    this.isEdited = false; // a board has to be taught again from the start
    /** @type {Record<number, string>} */
    this.marks = {}; // fingerprint of the state at the end of an experience, by the board's number
    /** @type {string[]} */
    this.former = []; // such fingerprints before the last changes of the past
    this.origin = FRESH; // where a board that learns anew starts
    this.start = FRESH; // where the board started that is taught
  }

  /** @param {string} name */
  addClass(name) {
    const added = { id: this.nextId++, name };
    this.classes.push(added);
    if (this.classes.length > this.room) {
      this.room = Math.min(128, this.room + 10);
      this.#edit();
    }
    return added;
  }

  /** Classes that there may be: what a board knows already has no more room than it had. */
  get most() {
    return this.origin.state ? this.room : 128;
  }

  /**
   * Why a class cannot be called so; "" if it can.
   *
   * @param {string} name
   * @param {number} id of the class
   */
  refusal(name, id) {
    const bytes = new TextEncoder().encode(name).length;
    if (!name) return "Give the class a name.";
    if (bytes > 24) return `A board keeps 24 bytes of a name; this one has ${bytes}.`;
    if (this.classes.some((c) => c.name === name && c.id !== id)) return `There is a class ${name} already.`;
    return "";
  }

  /**
   * @param {number} id
   * @param {string} name
   */
  renameClass(id, name) {
    const found = this.classes.find((c) => c.id === id);
    if (!found || found.name === name) return;
    found.name = name;
    if (this.labels().has(id)) this.#edit();
  }

  /** @param {number} id */
  removeClass(id) {
    this.classes = this.classes.filter((c) => c.id !== id);
    this.#keep((s) => s.class !== id);
  }

  /**
   * Add a sample at the end.
   *
   * @param {number} id of its class
   * @param {Uint8Array} pixels
   * @param {Int16Array} [sound]
   */
  addSample(id, pixels, sound) {
    const before = this.samples.filter((s) => s.class === id);
    const isAside = before.length % ASIDE_EVERY === ASIDE_EVERY - 1;
    const isNew = !before.some((s) => s.experience !== null);
    if (!isAside && isNew && this.isOpen) this.closed++;
    const sample = { id: this.nextId++, class: id, experience: isAside ? null : this.closed, pixels, sound };
    this.samples.push(sample);
    return sample;
  }

  /** @param {number} id */
  removeSample(id) {
    this.#keep((s) => s.id !== id);
  }

  /**
   * @param {number} id of a sample
   * @param {number} to id of a class
   */
  moveSample(id, to) {
    const sample = this.samples.find((s) => s.id === id);
    if (!sample || sample.class === to) return;
    sample.class = to;
    this.#edit();
  }

  /** Whether the last experience is open. */
  get isOpen() {
    return this.taught().some((s) => s.experience === this.closed);
  }

  /** End the open experience. */
  end() {
    if (this.isOpen) this.closed++;
  }

  /** Samples that are taught, in order. */
  taught() {
    return this.samples.filter((s) => s.experience !== null);
  }

  /** Samples that are set aside, of classes that are taught. */
  aside() {
    const labels = this.labels();
    return this.samples.filter((s) => s.experience === null && labels.has(s.class));
  }

  /** The board's number of each class that it knows, by id. */
  labels() {
    const labels = new Map(Object.entries(this.start.labels).map(([id, label]) => [Number(id), label]));
    const used = new Set(labels.values());
    let free = 0;
    for (const s of this.taught()) {
      if (labels.has(s.class)) continue;
      while (used.has(free)) free++;
      labels.set(s.class, free++);
    }
    return labels;
  }

  /** Names by the board's numbers. */
  names() {
    /** @type {string[]} */
    const names = [];
    for (const [id, label] of this.labels()) names[label] = this.name(id);
    return Array.from(names, (name) => name ?? "");
  }

  /** @param {number} id of a class */
  name(id) {
    return this.classes.find((c) => c.id === id)?.name ?? "";
  }

  /** @returns {Experience[]} the experiences, with the classes that are new in each */
  experiences() {
    const labels = this.labels();
    /** @type {Experience[]} */
    const found = [];
    /** @type {Set<number>} */
    const known = new Set(Object.keys(this.start.labels).map(Number));
    for (const s of this.taught()) {
      const number = /** @type {number} */ (s.experience);
      const one = (found[number] ??= { number, labels: [], names: [], samples: [] });
      one.samples.push(s);
      if (known.has(s.class)) continue;
      known.add(s.class);
      one.labels.push(/** @type {number} */ (labels.get(s.class)));
      one.names.push(this.name(s.class));
    }
    return found;
  }

  /** Forget all samples, and what a board knew before; the classes stay. */
  clear() {
    this.samples = [];
    this.origin = FRESH;
    this.#edit();
  }

  /**
   * Go on with what a board has learned.
   *
   * @param {Info} info
   * @param {string[]} names by the board's numbers
   * @param {Uint8Array} state
   */
  goOn(info, names, state) {
    /** @type {Record<number, number>} */
    const labels = {};
    names.forEach((name, label) => {
      if (!name) return;
      const { id } = this.classes.find((c) => c.name === name) ?? this.addClass(name);
      labels[id] = label;
    });
    this.room = info.config[CLASSES_AT];
    this.origin = { ...standing(info), labels, state, fingerprint: info.state };
    this.anew();
  }

  /**
   * The board has renamed or forgotten a class itself, and so has the journal: nothing is to be
   * learned anew.
   *
   * @param {Info} info of the board
   * @param {Map<number, number>} labels before
   */
  corrected(info, labels) {
    const there = [...labels].filter(([id]) => this.classes.some((c) => c.id === id));
    const { experience, learned, corrections } = standing(info);
    this.start = {
      ...this.origin,
      experience: experience - this.closed,
      learned: learned - this.taught().length,
      corrections,
      labels: Object.fromEntries(there),
    };
    this.isEdited = false;
  }

  /** The board learns all of it anew. */
  anew() {
    this.#edit();
  }

  /** @param {(sample: Sample) => boolean} isKept */
  #keep(isKept) {
    const wasTaught = this.taught().length;
    this.samples = this.samples.filter(isKept);
    if (this.taught().length !== wasTaught) this.#edit();
  }

  /** The past changed: number the experiences anew, each with at most one new class. */
  #edit() {
    let [number, last] = [-1, /** @type {number | null} */ (null)];
    /** @type {Set<number>} */
    const known = new Set();
    for (const s of this.taught()) {
      if (s.experience !== last || !known.has(s.class)) number++;
      last = s.experience;
      s.experience = number;
      known.add(s.class);
    }
    this.closed = number + 1;
    this.isEdited = true;
    this.former = [...Object.values(this.marks), ...this.former].slice(0, MOST_FORMER);
    this.marks = {};
    this.start = this.origin;
  }
}
