// Where samples come from: a drawing, the camera, the motion sensor.

import { context2d, fromDrawing, fromPicture } from "./pixels.js";
import { isSound } from "./sound.js";

/** @typedef {import("../link/messages.js").Shape} Shape */
/**
 * @typedef {object} Source
 * @property {() => Promise<void>} start
 * @property {() => void} stop
 * @property {(shape: Shape) => Uint8Array | null} pixels of now; null: there is nothing
 * @property {boolean} isLive samples change by themselves
 * @property {(shape: Shape) => boolean} fits whether samples of a shape can come from it
 * @property {() => Promise<{pixels: Uint8Array, sound: Int16Array} | null>} [record] the next second
 */

const STROKE = 20;
const STEP = 14; // of an arrow key
/** @type {Record<string, number[]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const RATE = 50; // of the motion sensor, in samples a second
const PLOT_EVERY = 4; // rows
const PER_G = 63.5; // of a byte: docs/zoo.md, motion
const GRAVITY = 9.80665;

/** @param {Shape} shape */
const isPicture = (shape) => shape[1] > 1 && [1, 3].includes(shape[2]) && !isSound(shape);

/** An Error where the browser keeps devices from a page. */
export function checkSecure() {
  if (!isSecureContext) throw new Error("browsers allow that at 127.0.0.1 and https addresses only");
}

/**
 * A canvas to draw on: light strokes on black.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {() => void} changed
 */
export function drawing(canvas, changed) {
  const context = context2d(canvas);
  let isFinished = true; // the next stroke begins a new drawing
  let isDown = false;
  let pen = [0, 0]; // where the arrow keys draw on
  const clear = () => {
    context.fillStyle = "#000";
    context.fillRect(0, 0, canvas.width, canvas.height);
    isFinished = false;
    pen = [canvas.width / 2, canvas.height / 4];
    changed();
  };
  const begin = (/** @type {number} */ x, /** @type {number} */ y) => {
    if (isFinished) clear();
    Object.assign(context, { lineWidth: STROKE, lineCap: "round", lineJoin: "round", strokeStyle: "#fff" });
    context.beginPath();
    context.moveTo(x, y);
  };
  const line = (/** @type {number} */ x, /** @type {number} */ y) => {
    context.lineTo(x, y);
    context.stroke();
    changed();
  };
  const place = (/** @type {PointerEvent} */ event) => {
    const box = canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * canvas.width;
    const y = ((event.clientY - box.top) / box.height) * canvas.height;
    return /** @type {const} */ ([x, y]);
  };
  canvas.onpointerdown = (event) => {
    begin(...place(event));
    canvas.setPointerCapture(event.pointerId);
    isDown = true;
    draw(event);
  };
  const draw = (/** @type {PointerEvent} */ event) => {
    if (isDown) line(...place(event));
  };
  canvas.onkeydown = (event) => {
    const way = ARROWS[event.key];
    if (!way) return;
    event.preventDefault();
    const [from, side] = [pen, canvas.width];
    if (isFinished) clear();
    pen = [0, 1].map((i) => Math.max(STROKE, Math.min(side - STROKE, from[i] + STEP * way[i])));
    if (event.shiftKey) return;
    begin(from[0], from[1]);
    line(pen[0], pen[1]);
  };
  canvas.onpointermove = draw;
  canvas.onpointerup = canvas.onpointercancel = () => (isDown = false);
  clear();
  return {
    isLive: false,
    fits: isPicture,
    start: async () => {},
    stop: () => {},
    clear,
    finish: () => (isFinished = true),
    pixels: (/** @type {Shape} */ shape) => fromDrawing(canvas, shape),
  };
}

/**
 * @param {HTMLVideoElement} video
 * @returns {Source}
 */
export function camera(video) {
  /** @type {MediaStream | null} */
  let stream = null;
  return {
    isLive: true,
    fits: isPicture,
    async start() {
      checkSecure();
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      video.srcObject = stream;
      await video.play();
    },
    stop() {
      stream?.getTracks().forEach((track) => track.stop());
      stream = null;
      video.srcObject = null;
    },
    pixels: (shape) =>
      video.videoWidth && stream ? fromPicture(video, video.videoWidth, video.videoHeight, shape) : null,
  };
}

/**
 * The last seconds of the accelerometer.
 *
 * @param {HTMLCanvasElement} canvas shows them
 * @returns {Source}
 */
export function motion(canvas) {
  /** @type {number[][]} */
  let rows = [];
  let [timer, begun, count] = [0, 0, 0];
  /** @type {number[] | null} */
  let now = null; // what the sensor said last, in g
  const hear = (/** @type {DeviceMotionEvent} */ event) => {
    const a = event.accelerationIncludingGravity;
    if (typeof a?.x !== "number") return; // a computer without a sensor
    if (!now) begun = performance.now();
    now = [a.x, a.y ?? 0, a.z ?? 0].map((v) => v / GRAVITY);
  };
  return {
    isLive: true,
    fits: ([count, width, depth]) => count > 1 && width === 1 && depth === 3,
    async start() {
      checkSecure();
      const asking = /** @type {any} */ (globalThis).DeviceMotionEvent?.requestPermission;
      if (asking && (await asking()) !== "granted") throw new Error("the motion sensor was not allowed");
      addEventListener("devicemotion", hear);
      [rows, now, count] = [[], null, 0];
      timer = setInterval(() => {
        if (!now) return;
        const due = Math.floor(((performance.now() - begun) * RATE) / 1000);
        const row = now.map((v) => Math.max(0, Math.min(255, Math.round(128 + PER_G * v))));
        rows = [...rows, ...new Array(Math.min(512, due - count)).fill(row)].slice(-512);
        if (Math.floor(due / PLOT_EVERY) > Math.floor(count / PLOT_EVERY)) plot(canvas, rows);
        count = due;
      }, 1000 / RATE);
    },
    stop() {
      removeEventListener("devicemotion", hear);
      clearInterval(timer);
    },
    pixels: ([count]) => (rows.length >= count ? Uint8Array.from(rows.slice(-count).flat()) : null),
  };
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {number[][]} rows
 */
function plot(canvas, rows) {
  const context = context2d(canvas);
  const { width, height } = canvas;
  context.clearRect(0, 0, width, height);
  ["#ff8a80", "#3ddc97", "#8ab4f8"].forEach((colour, axis) => {
    context.strokeStyle = colour;
    context.beginPath();
    const shown = rows.slice(-128);
    shown.forEach((row, i) => context.lineTo((i * width) / 127, height - (row[axis] * height) / 255));
    context.stroke();
  });
}
