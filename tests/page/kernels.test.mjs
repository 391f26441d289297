// The C kernels as WebAssembly in MicroPython's memory: the test files of boards, and their vectors.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import test from "node:test";

const ROOT = new URL("../../", import.meta.url);
const STATIC = new URL("tinycl/page/static/", ROOT);
// What the browser's board does otherwise: it has no viper, and a call makes a tuple of its arguments.
const CASES = {
  test_kernels: ["TestSets.test_vectors_on_viper"],
  test_tail: [],
  test_lda: [],
  test_floats: [],
  test_sound: [
    "TestListener.test_words_are_heard_and_nothing_is_allocated",
    "TestSoundChecks.test_a_frame_allocates_nothing",
    "TestSoundChecks.test_what_it_takes_of_the_heap",
  ],
};
const { startMachine } = await import(new URL("board/machine.js", STATIC));
const text = (path) => readFileSync(new URL(path, ROOT), "utf8");

/** MicroPython with the runtime, the kernels and the test files; what it prints goes to `said`. */
async function board(said) {
  const folder = new URL("firmware/tinycl_rt/", ROOT);
  const sources = readdirSync(folder, { recursive: true }).filter((path) => path.endsWith(".py"));
  const files = Object.fromEntries(sources.map((path) => [path, readFileSync(new URL(path, folder), "utf8")]));
  const built = new URL("built/", STATIC);
  const names = readdirSync(built).filter((name) => name.startsWith("tinycl_"));
  const compile = (name) => new WebAssembly.Module(readFileSync(new URL(name, built)));
  const modules = Object.fromEntries(names.map((name) => [name.slice(0, -5), compile(name)]));
  const bridge = text("tinycl/page/static/board/bridge.py");
  const { mp } = await startMachine({ files, modules, bridge }, {}, { stdout: (line) => said.push(line) });
  mp.runPython("sys.path.insert(0, '/')");
  for (const name of [...Object.keys(CASES), "test_viper"]) mp.FS.writeFile(`/${name}.py`, text(`tests/on_board/cases/${name}.py`));
  mp.FS.writeFile("/unittest.py", text("tests/on_board/lib/unittest.py"));
  for (const name of ["vector_check.py", "kernels.jsonl", "tail.jsonl", "lda.jsonl", "learning.json"]) {
    mp.FS.writeFile(`/${name}`, text(`tests/kernels/vectors/${name}`));
  }
  return mp;
}

for (const [name, others] of Object.entries(CASES)) {
  test(`${name} of boards`, async () => {
    const said = [];
    const mp = await board(said);
    mp.runPython(`import unittest\nunittest.run("${name}")`);
    const text = said.join("\n");
    const found = [...text.matchAll(/^(\S+) \.\.\. (?:FAILED|skipped)/gm)].map(([, test]) => test);
    assert.deepEqual(found.sort(), others, text);
    assert.match(text, /^ran [1-9]/m, text);
  });
}

test("vectors of boards", async () => {
  const mp = await board([]);
  mp.runPython(`
import vector_check as v
from tinycl_rt.kernels import choose
k = choose.load()
import tinycl_cwr
assert k.NAME == "native" and choose.cwr(k) is tinycl_cwr
found = v.check(v.Both(k, tinycl_cwr), "/"), v.check(choose.tail(k), "/", "tail.jsonl"), v.check(choose.lda(k), "/", "lda.jsonl")
assert min(found) > 15 and v.check_learning(k, "/") > 3, found
`);
});
