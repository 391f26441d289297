// The last second that the microphone heard.

import { context2d } from "./pixels.js";
import { checkSecure } from "./sources.js";
import { RATE, SECOND, isSound, toWindow } from "./sound.js";

/** @typedef {import("./sources.js").Source} Source */

/**
 * @param {HTMLCanvasElement} canvas shows the wave
 * @returns {Source}
 */
export function microphone(canvas) {
  const last = new Int16Array(SECOND);
  let heard = 0; // samples since the start
  let isAsking = false;
  /** @type {Uint8Array | null} */
  let pixels = null;
  /** @type {{due: number, done: (sound: Int16Array | null) => void} | null} */
  let recording = null;
  /** @type {AudioContext | null} */
  let context = null;
  /** @type {MediaStream | null} */
  let stream = null;

  const hear = (/** @type {Int16Array} */ part) => {
    last.copyWithin(0, part.length);
    last.set(part, SECOND - part.length);
    heard += part.length;
    if ((heard / part.length) % 2) plot(canvas, last);
    if (recording && heard >= recording.due) {
      recording.done(last.slice());
      recording = null;
    }
    if (isAsking || heard < SECOND) return;
    isAsking = true;
    const asked = context;
    toWindow(last)
      .then((found) => asked === context && (pixels = found), () => {})
      .finally(() => (isAsking = false));
  };
  return {
    isLive: true,
    fits: isSound,
    async start() {
      checkSecure();
      const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: 1 };
      stream = await navigator.mediaDevices.getUserMedia({ audio });
      context = new AudioContext({ sampleRate: RATE });
      await context.audioWorklet.addModule(new URL("recorder.js", import.meta.url));
      const recorder = new AudioWorkletNode(context, "recorder", { numberOfOutputs: 0 });
      recorder.port.onmessage = ({ data }) => hear(data);
      context.createMediaStreamSource(stream).connect(recorder);
      await toWindow(last); // what does not load is said at once
    },
    stop() {
      stream?.getTracks().forEach((track) => track.stop());
      void context?.close();
      recording?.done(null);
      stream = context = pixels = recording = null;
      heard = 0;
    },
    pixels: () => pixels,
    async record() {
      if (recording || !context) return null;
      /** @type {Int16Array | null} */
      const sound = await new Promise((done) => (recording = { due: heard + SECOND, done }));
      return sound && { pixels: await toWindow(sound), sound };
    },
  };
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Int16Array} samples
 */
function plot(canvas, samples) {
  const context = context2d(canvas);
  const { width, height } = canvas;
  const step = Math.floor(samples.length / width);
  context.clearRect(0, 0, width, height);
  context.fillStyle = "#3ddc97";
  for (let x = 0; x < width; x++) {
    let [low, high] = [0, 0];
    for (const value of samples.subarray(x * step, x * step + step)) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    const y = (/** @type {number} */ value) => ((1 - value / 32768) * height) / 2;
    context.fillRect(x, y(high), 1, Math.max(1, y(low) - y(high)));
  }
}
