// What the page keeps over a reload, in IndexedDB: tables of values, each under owner and key.

const NAME = "tinycl";
const TABLES = ["flash", "journal", "samples"];

/** Open the store. */
export async function openStore() {
  const opening = indexedDB.open(NAME, 1);
  opening.onupgradeneeded = () => TABLES.forEach((t) => opening.result.createObjectStore(t));
  return new Store(await done(opening));
}

class Store {
  /** @param {IDBDatabase} database */
  constructor(database) {
    this.database = database;
  }

  /**
   * All values of an owner, by key.
   *
   * @param {string} table
   * @param {string} owner
   * @returns {Promise<Map<string, any>>}
   */
  async all(table, owner) {
    const range = IDBKeyRange.bound([owner], [owner, []]);
    const store = this.database.transaction(table).objectStore(table);
    const [keys, values] = await Promise.all([done(store.getAllKeys(range)), done(store.getAll(range))]);
    return new Map(keys.map((key, i) => [/** @type {string[]} */ (key)[1], values[i]]));
  }

  /**
   * Put values by table and key, all or none; null deletes one. What is under way outlives the page.
   *
   * @param {string} owner
   * @param {Record<string, Map<string, any>>} tables
   * @returns {Promise<void>} when they are kept
   */
  put(owner, tables) {
    const change = this.database.transaction(Object.keys(tables), "readwrite", { durability: "strict" });
    for (const [table, values] of Object.entries(tables)) {
      const store = change.objectStore(table);
      for (const [key, value] of values) {
        value === null ? store.delete([owner, key]) : store.put(value, [owner, key]);
      }
    }
    change.commit();
    return new Promise((resolve, reject) => {
      change.oncomplete = () => resolve();
      change.onabort = () => reject(change.error ?? new Error("the browser keeps nothing"));
    });
  }
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
