// In the audio thread: sends what the microphone hears, as int16, 40 ms at a time.

const SAMPLES = 640;

class Recorder extends /** @type {any} */ (globalThis).AudioWorkletProcessor {
  #part = new Int16Array(SAMPLES);
  #filled = 0;

  /** @param {Float32Array[][]} inputs */
  process([[channel]]) {
    for (const value of channel ?? []) {
      this.#part[this.#filled++] = Math.max(-32768, Math.min(32767, Math.round(32768 * value)));
      if (this.#filled < SAMPLES) continue;
      this.port.postMessage(this.#part);
      this.#filled = 0;
    }
    return true;
  }
}

/** @type {any} */ (globalThis).registerProcessor("recorder", Recorder);
