// The cards of the classes: a name, a button that adds the sample, and tiles of what was added.

import { show } from "../input/pixels.js";
import { element, part } from "./dom.js";

/** @typedef {import("../teach/session.js").Session} Session */
/** @typedef {import("../teach/journal.js").Class} Class */
/** @typedef {import("../teach/journal.js").Sample} Sample */

const HOLD_MS = 400; // a button that is held begins to add more
export const AGAIN_MS = 150; // then each sample

export class Classes {
  /**
   * @param {Session} session
   * @param {(id: number) => void} add adds the sample of now to a class
   * @param {(id: number, files: FileList) => void} drop adds files
   * @param {(why: string) => void} refuse
   * @param {() => boolean} isTimed whether a sample is what comes after the press of a button
   */
  constructor(session, add, drop, refuse, isTimed) {
    this.session = session;
    this.add = add;
    this.drop = drop;
    this.refuse = refuse;
    this.isTimed = isTimed;
    this.place = element("classes", HTMLElement);
    /** @type {Map<number, HTMLElement>} */
    this.cards = new Map();
    /** @type {Map<number, HTMLElement>} */
    this.tiles = new Map();
    this.chosen = 0; // id of a sample
  }

  /** Show the journal. */
  update() {
    const { classes, samples } = this.session.journal;
    keep(this.cards, new Set(classes.map((c) => c.id)));
    keep(this.tiles, new Set(samples.map((s) => s.id)));
    if (!this.tiles.has(this.chosen)) this.chosen = 0;
    classes.forEach((one, i) => this.#updateCard(one, i, samples.filter((s) => s.class === one.id)));
  }

  /** Let the person name the newest class. */
  focusLast() {
    const input = [...this.cards.values()].at(-1)?.querySelector("input");
    input?.focus();
    input?.select();
  }

  /**
   * @param {Class} one
   * @param {number} index
   * @param {Sample[]} samples
   */
  #updateCard(one, index, samples) {
    let card = this.cards.get(one.id);
    if (!card) {
      card = this.#makeCard(one);
      this.cards.set(one.id, card);
      this.place.append(card);
    }
    part(card, "kbd", HTMLElement).textContent = index < 9 ? String(index + 1) : "";
    const input = part(card, "input", HTMLInputElement);
    if (document.activeElement !== input) input.value = one.name;
    part(card, ".add", HTMLElement).setAttribute("aria-label", `Add sample to ${one.name}`);
    const aside = samples.filter((s) => s.experience === null).length;
    part(card, ".count", HTMLElement).textContent =
      `${samples.length - aside} taught` + (aside ? `, ${aside} set aside` : "");
    const tiles = part(card, ".tiles", HTMLElement);
    for (const sample of samples) {
      const tile = this.tiles.get(sample.id) ?? this.#makeTile(sample);
      if (tile.parentElement !== tiles) tiles.append(tile);
      tile.setAttribute("aria-pressed", String(sample.id === this.chosen));
    }
    const isChosen = samples.some((s) => s.id === this.chosen);
    part(card, ".chosen", HTMLElement).hidden = !isChosen;
    if (isChosen) this.#offerMoves(part(card, ".move", HTMLSelectElement), one);
  }

  /** @param {Class} one */
  #makeCard(one) {
    const template = element("class", HTMLTemplateElement);
    const card = part(/** @type {DocumentFragment} */ (template.content.cloneNode(true)), ".class", HTMLElement);
    const { session } = this;
    const input = part(card, "input", HTMLInputElement);
    input.onchange = () => {
      const name = input.value.trim();
      const refusal = session.journal.refusal(name, one.id);
      if (refusal) {
        this.refuse(refusal);
        input.value = session.journal.name(one.id);
      } else session.correct(one.id, name);
    };
    input.oninput = () => {
      // At once while nothing was taught; else when the name is complete, as the board learns anew.
      const { journal } = session;
      const name = input.value.trim();
      const isFree = !journal.labels().has(one.id) && !journal.refusal(name, one.id);
      if (isFree) session.change((j) => j.renameClass(one.id, name));
    };
    input.onkeydown = (event) => {
      if (event.key === "Enter") input.blur();
    };
    holdable(part(card, ".add", HTMLButtonElement), () => this.add(one.id), this.isTimed);
    part(card, ".remove", HTMLButtonElement).onclick = () => session.correct(one.id, "");
    part(card, ".delete", HTMLButtonElement).onclick = () => session.change((j) => j.removeSample(this.chosen));
    const move = part(card, ".move", HTMLSelectElement);
    move.onchange = () => session.change((j) => j.moveSample(this.chosen, Number(move.value)));
    card.ondragover = (event) => {
      event.preventDefault();
      card.classList.add("dropping");
    };
    card.ondragleave = () => card.classList.remove("dropping");
    card.ondrop = (event) => {
      event.preventDefault();
      event.stopPropagation();
      card.classList.remove("dropping");
      if (event.dataTransfer) this.drop(one.id, event.dataTransfer.files);
    };
    return card;
  }

  /** @param {Sample} sample */
  #makeTile(sample) {
    const tile = document.createElement("button");
    tile.type = "button";
    tile.dataset.testid = "tile";
    const isAside = sample.experience === null;
    tile.setAttribute("aria-label", isAside ? "a sample set aside" : "a sample");
    tile.classList.toggle("aside", isAside);
    const canvas = document.createElement("canvas");
    if (this.session.shape) show(canvas, sample.pixels, this.session.shape);
    tile.append(canvas);
    tile.onclick = () => {
      this.chosen = this.chosen === sample.id ? 0 : sample.id;
      this.update();
    };
    this.tiles.set(sample.id, tile);
    return tile;
  }

  /**
   * @param {HTMLSelectElement} select
   * @param {Class} one where the chosen sample is
   */
  #offerMoves(select, one) {
    const options = this.session.journal.classes.map((c) => new Option(c.name, String(c.id)));
    select.replaceChildren(...options);
    select.value = String(one.id);
  }
}

/**
 * Remove what is no longer there.
 *
 * @param {Map<number, HTMLElement>} elements
 * @param {Set<number>} ids
 */
function keep(elements, ids) {
  for (const [id, found] of elements) {
    if (ids.has(id)) continue;
    found.remove();
    elements.delete(id);
  }
}

/**
 * A click does it once, a hold again and again.
 *
 * @param {HTMLButtonElement} button
 * @param {() => void} act
 * @param {() => boolean} isTimed what is pressed counts from the press on
 */
function holdable(button, act, isTimed) {
  let timer = 0;
  let isDone = false; // the click that follows does nothing more
  const stop = () => clearTimeout(timer);
  const again = () => {
    isDone = true;
    act();
    timer = setTimeout(again, AGAIN_MS);
  };
  button.onclick = () => {
    if (!isDone) act();
    isDone = false;
  };
  button.onpointerdown = () => {
    isDone = false;
    if (isTimed()) again();
    else timer = setTimeout(again, HOLD_MS);
  };
  button.onpointerup = button.onpointerleave = button.onpointercancel = stop;
}
