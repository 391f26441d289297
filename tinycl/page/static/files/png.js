// PNG files of exactly these pixels: 8 bits, grey or RGB.

import { crc32 } from "../link/frames.js";

const SIGNATURE = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10);

/**
 * @param {Uint8Array} pixels
 * @param {import("../link/messages.js").Shape} shape
 */
export async function png(pixels, [rows, columns, depth]) {
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, columns);
  header.setUint32(4, rows);
  header.setUint8(8, 8);
  header.setUint8(9, depth === 1 ? 0 : 2);
  const line = columns * depth;
  const lines = new Uint8Array(rows * (line + 1)); // each begins with its filter, none
  for (let y = 0; y < rows; y++) lines.set(pixels.subarray(y * line, (y + 1) * line), y * (line + 1) + 1);
  const packed = new Blob([lines]).stream().pipeThrough(new CompressionStream("deflate"));
  const data = new Uint8Array(await new Response(packed).arrayBuffer());
  const parts = [chunk("IHDR", new Uint8Array(header.buffer)), chunk("IDAT", data), chunk("IEND", new Uint8Array(0))];
  return new Uint8Array(await new Blob([SIGNATURE, ...parts]).arrayBuffer());
}

/**
 * @param {string} name
 * @param {Uint8Array} data
 */
function chunk(name, data) {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(name), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}
