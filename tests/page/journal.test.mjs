// The journal: experiences, labels, what is set aside, and what a change of the past leaves.

import assert from "node:assert/strict";
import test from "node:test";

const { Journal } = await import(new URL("../../tinycl/page/static/teach/journal.js", import.meta.url));
const PIXELS = Uint8Array.of(1);

/** A journal with classes a, b, c, taught by a word such as "aab|c", where | is a pause. */
function taught(word) {
  const journal = new Journal();
  const ids = Object.fromEntries([..."abc"].map((name) => [name, journal.addClass(name).id]));
  for (const letter of word) letter === "|" ? journal.end() : journal.addSample(ids[letter], PIXELS);
  return { journal, ids };
}
const shape = (journal) =>
  journal.experiences().map((e) => `${e.names.join()}:${e.samples.map((s) => journal.name(s.class)).join("")}`);

test("a new class and a pause end an experience", () => {
  assert.deepEqual(shape(taught("bbab|ac").journal), ["b:bb", "a:ab", ":a", "c:c"]);
  assert.deepEqual(taught("bbab|ac").journal.names(), ["b", "a", "c"]);
  const { journal } = taught("ba|");
  assert.equal(journal.isOpen, false);
  assert.equal(journal.closed, 2);
});

test("every fifth sample of a class is set aside", () => {
  const { journal } = taught("aaaaaaaaaab");
  assert.deepEqual(shape(journal), ["a:aaaaaaaa", "b:b"]);
  assert.equal(journal.aside().length, 2);
});

test("after a change of the past the stream is numbered anew", () => {
  const { journal, ids } = taught("abac|b|");
  assert.equal(journal.isEdited, false);
  journal.removeClass(ids.a);
  assert.deepEqual(shape(journal), ["b:b", "c:c", ":b"]);
  assert.ok(journal.isEdited && !journal.isOpen);
  journal.moveSample(journal.samples[0].id, ids.c);
  assert.deepEqual(shape(journal), ["c:c", ":c", "b:b"]);
  journal.addSample(ids.b, PIXELS);
  assert.deepEqual(shape(journal).at(-1), ":b");
});

test("a name that was taught makes the board learn anew, a new one does not", () => {
  const { journal, ids } = taught("a");
  journal.renameClass(ids.b, "x");
  assert.equal(journal.isEdited, false);
  journal.renameClass(ids.a, "y");
  assert.ok(journal.isEdited);
  assert.match(journal.refusal("y", ids.b), /already/);
  assert.match(journal.refusal("é".repeat(13), ids.b), /24 bytes/);
  assert.equal(journal.refusal("é".repeat(12), ids.b), "");
});

test("more classes than the board has room for make room", () => {
  const { journal } = taught("ab");
  for (let i = 0; i < 8; i++) journal.addClass(`more ${i}`);
  assert.equal(journal.room, 20);
  assert.ok(journal.isEdited);
});
