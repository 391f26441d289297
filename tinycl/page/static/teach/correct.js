// What a board does itself with what it has learned: it goes on, and renames or forgets a class.

import { STATE } from "../link/messages.js";

/** @typedef {import("./teacher.js").Teacher} Teacher */

/**
 * Go on with what a board has learned: the journal is taught after it.
 *
 * @param {Teacher} teacher
 */
export async function goOn({ client, journal }) {
  const { isOpen, experience, position, config } = await client.hello();
  const names = await client.names();
  if (!names.some(Boolean)) {
    throw new Error("The classes of this board have no names: the page cannot go on with them.");
  }
  const all = new Set([...names.filter(Boolean), ...journal.classes.map((c) => c.name)]);
  const [room] = config;
  if (all.size > room) {
    throw new Error(`The board has room for ${room} classes; with those of this page it would be ${all.size}.`);
  }
  if (isOpen) await client.end(experience, position);
  const state = await client.getState();
  journal.goOn(await client.hello(true), names, state);
}

/**
 * Rename a class, or forget it where the new name is "".
 *
 * The board does so in what it knows from before the journal. Of what is in the journal it does so
 * where `isQuick` and where it has learned all; else it is to learn anew.
 *
 * @param {Teacher} teacher
 * @param {number} id of the class
 * @param {string} becomes
 * @param {boolean} isQuick
 */
export async function correct(teacher, id, becomes, isQuick) {
  const { client, journal } = teacher;
  const labels = journal.labels();
  const label = labels.get(id);
  const name = journal.name(id);
  const { origin } = journal;
  const isBefore = id in origin.labels;
  const found = await client.hello(true);
  const hasAll = !journal.isEdited && teacher.holds(found) && found.experience - journal.start.experience === journal.closed;
  if (label === undefined || !(isBefore || (isQuick && hasAll && found.corrections !== null))) {
    return edit(journal, id, becomes);
  }
  if (isBefore && origin.state) await client.put(STATE, origin.state);
  const { corrections } = isBefore ? origin : found;
  await client.correct(corrections ?? 0, label, name, becomes);
  teacher.place = null;
  edit(journal, id, becomes);
  if (isBefore) await goOn(teacher);
  else journal.corrected((teacher.info = await client.hello(true)), labels);
}

/**
 * @param {import("./journal.js").Journal} journal
 * @param {number} id
 * @param {string} becomes
 */
export const edit = (journal, id, becomes) =>
  becomes ? journal.renameClass(id, becomes) : journal.removeClass(id);
