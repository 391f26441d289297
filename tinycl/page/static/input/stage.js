// Which source samples come from, and what is taken of it.

import { drawing, camera, motion } from "./sources.js";
import { microphone } from "./microphone.js";
import { canvas, element, say } from "../view/dom.js";

/** @typedef {import("../link/messages.js").Shape} Shape */
/** @typedef {import("./sources.js").Source} Source */

const NOTHING = { isLive: false, fits: () => true, start: async () => {}, stop: () => {}, pixels: () => null };

const buttons = () => /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll(".source"));

export class Stage {
  /** @param {(why: unknown) => void} complain */
  constructor(complain) {
    this.complain = complain;
    this.changed = () => {}; // called when the drawing is another one
    this.draw = drawing(canvas("draw"), () => this.changed());
    /** @type {Record<string, Source>} */
    this.sources = {
      draw: this.draw,
      camera: camera(element("camera", HTMLVideoElement)),
      microphone: microphone(canvas("microphone")),
      motion: motion(canvas("motion")),
      files: NOTHING,
    };
    this.name = "draw";
    /** @type {Shape | null} */
    this.shape = null; // of samples; null: there is no model
    this.isRecording = false;
    for (const one of buttons()) {
      one.onclick = () => {
        complain("");
        void this.choose(one.dataset.source ?? "draw");
      };
    }
  }

  get source() {
    return this.sources[this.name];
  }

  /** @param {string} name of a source */
  async choose(name) {
    this.source.stop();
    this.name = name;
    for (const one of buttons()) one.setAttribute("aria-pressed", String(one.dataset.source === name));
    for (const id of Object.keys(this.sources)) element(id, HTMLElement).hidden = id !== name;
    element("clear", HTMLButtonElement).disabled = name !== "draw";
    try {
      await this.source.start();
    } catch (error) {
      this.complain(`The ${name} does not start: ${error instanceof Error ? error.message : error}`);
    }
  }

  /**
   * Offer the sources that samples of a shape can come from.
   *
   * @param {Shape | null} shape
   */
  async fit(shape) {
    this.shape = shape;
    if (!shape) return;
    const fitting = Object.keys(this.sources).filter((name) => this.sources[name].fits(shape));
    for (const one of buttons()) one.disabled = !fitting.includes(one.dataset.source ?? "");
    if (fitting.includes(this.name)) return;
    // Microphones and sensors ask for leave: not before the person has done something.
    const [first] = fitting;
    await this.choose(first === "draw" || navigator.userActivation?.hasBeenActive ? first : "files");
  }

  /** The sample of now; null where there is none. */
  pixels() {
    return this.shape && this.source.pixels(this.shape);
  }

  /**
   * A sample to add; of sound, the second that begins now.
   *
   * @returns {Promise<{pixels: Uint8Array, sound?: Int16Array}>}
   */
  async take() {
    const pixels = this.pixels();
    const { record } = this.source;
    const found = pixels && (record ? await this.#record(record) : { pixels });
    if (found) return found;
    throw new Error(this.name === "draw" ? "Draw something first." : `There is nothing from the ${this.name} yet.`);
  }

  /** @param {NonNullable<Source["record"]>} record */
  async #record(record) {
    this.isRecording = true;
    say("recording", "recording a second");
    try {
      return await record();
    } finally {
      this.isRecording = false;
      say("recording", "");
    }
  }
}
