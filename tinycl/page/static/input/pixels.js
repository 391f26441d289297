// Pictures as a network takes them: uint8, rows, columns, channels (1 grey, 3 red, green, blue).

import { isSound } from "./sound.js";

/** @typedef {import("../link/messages.js").Shape} Shape */

const INK = 20; // of a drawing's longer side, on 28 pixels, as of MNIST's digits

/**
 * The middle square of a picture.
 *
 * @param {CanvasImageSource} source
 * @param {number} width
 * @param {number} height
 * @param {Shape} shape
 */
export function fromPicture(source, width, height, shape) {
  const [rows, columns] = shape;
  const side = Math.min(width, height * (columns / rows));
  const tall = side * (rows / columns);
  const context = small(rows, columns);
  context.drawImage(source, (width - side) / 2, (height - tall) / 2, side, tall, 0, 0, columns, rows);
  return channels(context.getImageData(0, 0, columns, rows).data, shape);
}

/**
 * A drawing of light strokes: its ink in the middle, of a size.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Shape} shape
 * @returns {Uint8Array | null} null: there is no ink
 */
export function fromDrawing(canvas, shape) {
  const { width, height } = canvas;
  const data = context2d(canvas).getImageData(0, 0, width, height).data;
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!isInk(data, 4 * (y * width + x))) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
  }
  if (right < 0) return null;
  const [rows, columns] = shape;
  const ink = [right - left + 1, bottom - top + 1];
  const scale = ((INK / 28) * Math.min(rows, columns)) / Math.max(...ink);
  const context = small(rows, columns);
  const [wide, tall] = ink.map((side) => side * scale);
  const at = [(columns - wide) / 2, (rows - tall) / 2];
  context.drawImage(canvas, left, top, ink[0], ink[1], at[0], at[1], wide, tall);
  return channels(context.getImageData(0, 0, columns, rows).data, shape);
}

/**
 * Show pixels on a canvas, one to one; sound with time to the right, high bands at the top.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Uint8Array} pixels
 * @param {Shape} shape
 */
export function show(canvas, pixels, shape) {
  if (isSound(shape)) {
    const [frames, bands] = shape;
    const turned = Uint8Array.from(pixels, (_, i) => pixels[(i % frames) * bands + bands - 1 - Math.floor(i / frames)]);
    return show(canvas, turned, [bands, frames, 1]);
  }
  const [rows, columns, depth] = shape;
  canvas.width = columns;
  canvas.height = rows;
  const image = new ImageData(columns, rows);
  for (let i = 0; i < rows * columns; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = pixels[i * depth + (depth === 1 ? 0 : Math.min(c, depth - 1))];
    image.data[4 * i + 3] = 255;
  }
  context2d(canvas).putImageData(image, 0, 0);
}

/** @param {HTMLCanvasElement} canvas */
export function context2d(canvas) {
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
}

/**
 * @param {Uint8ClampedArray} data
 * @param {number} at
 */
const isInk = (data, at) => data[at] + data[at + 1] + data[at + 2] > 90;

/**
 * @param {number} rows
 * @param {number} columns
 */
function small(rows, columns) {
  const canvas = document.createElement("canvas");
  canvas.width = columns;
  canvas.height = rows;
  const context = context2d(canvas);
  context.fillRect(0, 0, columns, rows);
  context.imageSmoothingQuality = "high";
  return context;
}

/**
 * @param {Uint8ClampedArray} data red, green, blue, alpha
 * @param {Shape} shape
 */
function channels(data, [rows, columns, depth]) {
  const pixels = new Uint8Array(rows * columns * depth);
  for (let i = 0; i < rows * columns; i++) {
    const [r, g, b] = data.subarray(4 * i, 4 * i + 3);
    if (depth === 1) pixels[i] = Math.round(0.299 * r + 0.587 * g + 0.114 * b);
    else pixels.set([r, g, b], depth * i);
  }
  return pixels;
}
