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

/** What a board says of itself. */
const info = (experience, learned, corrections) => {
  return { experience, learned, corrections, config: Uint8Array.of(10), state: "0badcafe" };
};

test("what a board renamed and forgot itself keeps the numbers of classes", () => {
  const { journal, ids } = taught("aabbcc|");
  const labels = journal.labels();
  journal.removeClass(ids.a);
  journal.corrected(info(3, 6, 1), labels);
  assert.equal(journal.isEdited, false);
  assert.deepEqual([...journal.labels().values()], [1, 2]);
  assert.deepEqual(journal.names(), ["", "b", "c"]);
  assert.deepEqual([journal.start.experience, journal.start.learned], [1, 2]);
  journal.addSample(journal.addClass("d").id, PIXELS);
  assert.equal(journal.labels().size, 3);
  assert.deepEqual(journal.names(), ["d", "b", "c"]);
  journal.anew();
  assert.deepEqual(journal.names(), ["b", "c", "d"]);
  assert.equal(journal.start.learned, 0);
});

test("what a board knew before stays through changes of the past", () => {
  const { journal, ids } = taught("aab|");
  journal.goOn(info(4, 9, 0), ["x", "b"], Uint8Array.of(7));
  assert.deepEqual(shape(journal), ["a:aa", ":b"]);
  assert.deepEqual(journal.names(), ["x", "b", "a"]);
  journal.removeClass(ids.a);
  assert.deepEqual(journal.names(), ["x", "b"]);
  assert.deepEqual([journal.start.experience, journal.start.learned, journal.most], [4, 9, 10]);
});
