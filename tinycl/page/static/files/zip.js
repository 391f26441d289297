// ZIP archives, stored: what goes in is compressed already.

import { crc32 } from "../link/frames.js";
import { pack } from "../link/messages.js";

const DATE = (2020 - 1980) << 9 | 1 << 5 | 1; // the same files make the same archive
const UTF8 = 1 << 11;

/** @param {[path: string, data: Uint8Array][]} files */
export function zip(files) {
  /** @type {Uint8Array[]} */
  const parts = [];
  /** @type {Uint8Array[]} */
  const directory = [];
  let at = 0;
  for (const [path, data] of files) {
    const name = new TextEncoder().encode(path);
    const about = [20, UTF8, 0, 0, DATE, crc32(data), data.length, data.length, name.length, 0];
    const layout = "HHHHHIIIHH";
    const local = pack(`I${layout}`, [0x04034b50, ...about], name);
    directory.push(pack(`IH${layout}HHHII`, [0x02014b50, 20, ...about, 0, 0, 0, 0, at], name));
    parts.push(local, data);
    at += local.length + data.length;
  }
  const size = directory.reduce((sum, entry) => sum + entry.length, 0);
  const end = pack("IHHHHIIH", [0x06054b50, 0, 0, files.length, files.length, size, at, 0]);
  return new Blob(/** @type {any[]} */ ([...parts, ...directory, end]), { type: "application/zip" });
}
