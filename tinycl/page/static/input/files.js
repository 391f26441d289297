// Samples of files: pictures, recordings, and rows of CSV files (numbers 0 to 255, a label in front
// or none).

import { fromPicture } from "./pixels.js";
import { isSound, readSecond, toWindow } from "./sound.js";

/**
 * @param {Iterable<File>} files
 * @param {import("../link/messages.js").Shape} shape
 * @returns {Promise<{pixels: Uint8Array, sound?: Int16Array}[]>}
 */
export async function readSamples(files, shape) {
  const found = [];
  for (const file of files) {
    if (/\.csv$/i.test(file.name)) found.push(...rows(await file.text(), file.name, shape));
    else if (isSound(shape)) found.push(await recording(file));
    else found.push({ pixels: await picture(file, shape) });
  }
  return found;
}

/** @param {File} file */
async function recording(file) {
  const sound = await file.arrayBuffer().then(readSecond).catch(() => null);
  if (!sound) throw new Error(`${file.name} is no recording that this browser can read.`);
  return { pixels: await toWindow(sound), sound };
}

/**
 * @param {File} file
 * @param {import("../link/messages.js").Shape} shape
 */
async function picture(file, shape) {
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (!bitmap) throw new Error(`${file.name} is no picture that this browser can read.`);
  const pixels = fromPicture(bitmap, bitmap.width, bitmap.height, shape);
  bitmap.close();
  return pixels;
}

/**
 * @param {string} text
 * @param {string} name
 * @param {import("../link/messages.js").Shape} shape
 */
function rows(text, name, shape) {
  const size = shape.reduce((a, b) => a * b);
  const lines = text.split(/\r?\n/).filter((line) => line.trim());
  const found = [];
  for (const [number, line] of lines.entries()) {
    const cells = line.split(",");
    const values = (cells.length === size + 1 ? cells.slice(1) : cells).map(Number);
    if (!number && values.some(Number.isNaN)) continue; // the header
    const isRow = values.length === size && values.every((v) => Number.isInteger(v) && v >= 0 && v <= 255);
    if (!isRow) throw new Error(`${name}, line ${number + 1}: expected ${size} numbers from 0 to 255.`);
    found.push({ pixels: Uint8Array.from(values) });
  }
  if (!found.length) throw new Error(`${name} has no rows of numbers.`);
  return found;
}
