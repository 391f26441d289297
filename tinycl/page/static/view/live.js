// The sample as the network sees it, as bits, and what the board says of it, again and again.

import { context2d, show } from "../input/pixels.js";
import { canvas, element, say } from "./dom.js";
import { percent } from "./results.js";

const PREDICT_MS = 80;
const BITS_MS = 300;

/** @typedef {import("../teach/session.js").Session} Session */

export class Live {
  /**
   * @param {Session} session
   * @param {import("../input/stage.js").Stage} stage
   */
  constructor(session, stage) {
    this.session = session;
    this.stage = stage;
    this.isStale = true; // the sample or the board changed since the last prediction
    this.bitsShown = 0;
    stage.changed = () => (this.isStale = true);
  }

  /** Predict as long as the page is there. */
  async watch() {
    for (;;) {
      const started = performance.now();
      if ((this.isStale || this.stage.source.isLive) && !document.hidden) {
        this.isStale = false;
        await this.#look().catch(() => (this.isStale = true));
      }
      const rest = PREDICT_MS - (performance.now() - started);
      await new Promise((resolve) => setTimeout(resolve, Math.max(10, rest)));
    }
  }

  async #look() {
    const pixels = this.stage.pixels();
    const { shape } = this.stage;
    if (!shape || !pixels) return answer(null);
    show(canvas("seen"), pixels, shape);
    answer(await this.session.predict(pixels));
    if (performance.now() - this.bitsShown < BITS_MS) return;
    this.bitsShown = performance.now();
    const bits = await this.session.bits(pixels);
    if (bits) showBits(bits);
  }
}

/** @param {Awaited<ReturnType<Session["predict"]>>} found */
function answer(found) {
  say("predict", !found ? "–" : found.isKnown ? found.name : "unknown");
  say("confidence", found ? percent(found.confidence) : "–");
  element("sure", HTMLMeterElement).value = found?.confidence ?? 0;
}

/** @param {Uint8Array} bits */
function showBits(bits) {
  const side = Math.ceil(Math.sqrt(8 * bits.length));
  const place = canvas("bits");
  place.width = place.height = side;
  const image = new ImageData(side, side);
  for (let i = 0; i < 8 * bits.length; i++) {
    const value = (bits[i >> 3] >> (i & 7)) & 1 ? 40 : 220;
    image.data.set([value, value, value, 255], 4 * i);
  }
  context2d(place).putImageData(image, 0, 0);
}
