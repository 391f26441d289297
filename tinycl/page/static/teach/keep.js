// The journal of each model in IndexedDB: a reload loses nothing.

import { Journal } from "./journal.js";

/** @typedef {Awaited<ReturnType<typeof import("./store.js").openStore>>} Store */

const KEY = "journal";
const LAST = "last model";

/**
 * @param {Store} store
 * @param {string} model fingerprint
 */
export async function load(store, model) {
  const journal = new Journal();
  const found = (await store.all("journal", model)).get(KEY);
  if (!found) return journal;
  const contents = await store.all("samples", model);
  Object.assign(journal, found);
  journal.samples = found.samples
    .map((/** @type {any} */ s) => ({ ...s, ...contents.get(String(s.id)) }))
    .filter((/** @type {any} */ s) => s.pixels);
  return journal;
}

/** Saves what changed of one journal. */
export class Keeper {
  /**
   * @param {Store} store
   * @param {string} model fingerprint
   * @param {Journal} journal
   */
  constructor(store, model, journal) {
    this.store = store;
    this.model = model;
    this.journal = journal;
    this.kept = new Set(journal.samples.map((s) => s.id));
  }

  /** @returns {Promise<void>} when it is kept; it is under way before this returns */
  save() {
    const { samples, ...rest } = this.journal;
    /** @type {Map<string, any>} */
    const contents = new Map();
    const ids = new Set(samples.map((s) => s.id));
    for (const s of samples) if (!this.kept.has(s.id)) contents.set(String(s.id), { pixels: s.pixels, sound: s.sound });
    for (const id of this.kept) if (!ids.has(id)) contents.set(String(id), null);
    this.kept = ids;
    const plain = { ...rest, samples: samples.map(({ pixels, sound, ...about }) => about) };
    return this.store.put(this.model, { samples: contents, journal: new Map([[KEY, plain]]) });
  }
}

/** @typedef {import("./model.js").Model} Model */

/**
 * @param {Store} store
 * @param {Model} model
 */
export const keepModel = (store, model) => store.put("page", { journal: new Map([[LAST, model]]) });

/**
 * @param {Store} store
 * @returns {Promise<Model | undefined>} the model that was used last
 */
export const lastModel = async (store) => (await store.all("journal", "page")).get(LAST);
