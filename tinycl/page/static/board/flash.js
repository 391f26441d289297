// The flash of a board in the page: files of Emscripten's file system, kept in IndexedDB.

import { openStore } from "../teach/store.js";

/**
 * Bring back the files of a folder; returns what keeps those that changed since.
 *
 * @param {any} fs of Emscripten
 * @param {string} folder
 * @param {string} board whose flash it is
 * @returns {Promise<() => Promise<void>>}
 */
export async function openFlash(fs, folder, board) {
  const store = await openStore();
  /** @type {Map<string, string>} */
  const kept = new Map();
  fs.mkdir(folder);
  for (const [key, bytes] of await store.all("flash", board)) {
    const path = `${folder}/${key}`;
    fs.writeFile(path, bytes);
    kept.set(key, stamp(fs.stat(path)));
  }
  return async () => {
    const names = fs.readdir(folder).filter((/** @type {string} */ n) => !/^\.+$/.test(n));
    /** @type {Map<string, Uint8Array | null>} */
    const changed = new Map();
    for (const name of names) {
      const now = stamp(fs.stat(`${folder}/${name}`));
      if (kept.get(name) !== now) changed.set(name, fs.readFile(`${folder}/${name}`));
      kept.set(name, now);
    }
    for (const name of kept.keys()) {
      if (names.includes(name)) continue;
      kept.delete(name);
      changed.set(name, null);
    }
    if (changed.size) await store.put(board, { flash: changed });
  };
}

/** @param {{ino: number, size: number, mtime: Date}} found */
const stamp = (found) => `${found.ino} ${found.size} ${found.mtime.getTime()}`;
