// The page: what a person does goes to the session, what changed there is shown.

import { openSerial, openSocket, openWorker, rouse } from "./link/ports.js";
import { readSamples } from "./input/files.js";
import { Stage } from "./input/stage.js";
import { lastModel } from "./teach/keep.js";
import { isState, readModel, readState } from "./teach/model.js";
import { Session } from "./teach/session.js";
import { openStore } from "./teach/store.js";
import { command, dataFiles, download, program } from "./files/take_away.js";
import { zip } from "./files/zip.js";
import { AGAIN_MS, Classes } from "./view/classes.js";
import { button, element, say } from "./view/dom.js";
import { Live } from "./view/live.js";
import { showResults } from "./view/results.js";
import { ask, showStatus } from "./view/status.js";

const TAB_MS = 3000;
const DEFAULT = "grey";

/** @typedef {import("./teach/model.js").Model} Model */
/** @typedef {{name: string, title: string, shape: number[], fingerprint: string}} Card */

/** @type {Card[]} */
let cards = []; // of the zoo
let lastAdded = 0;

const parameters = new URLSearchParams(location.search);
const store = await openStore().catch((error) => {
  complain(`This browser keeps nothing for this page, which it has to (IndexedDB: ${error.message}).`);
  throw error;
});
const session = new Session(store);
const stage = new Stage(complain);
const live = new Live(session, stage);
const classes = new Classes(session, add, addFiles, complain, () => Boolean(stage.source.record));

/** @param {unknown} why */
function complain(why) {
  const text = why instanceof Error ? why.message : String(why);
  say("trouble", text);
  element("trouble", HTMLElement).hidden = !text;
}

/** @param {number} id of a class */
async function add(id) {
  if (stage.isRecording) return;
  const { journal } = session;
  try {
    const { pixels, sound } = await stage.take();
    if (session.journal !== journal || !journal.classes.some((c) => c.id === id)) return;
    complain("");
    session.change(() => journal.addSample(id, pixels, sound));
    lastAdded = performance.now();
    stage.draw.finish();
  } catch (error) {
    complain(error);
  }
}

/**
 * @param {number} id of a class
 * @param {Iterable<File>} files
 */
async function addFiles(id, files) {
  try {
    if (!session.shape) return;
    const found = await readSamples(files, session.shape);
    session.change((journal) => found.forEach((one) => journal.addSample(id, one.pixels, one.sound)));
    complain("");
  } catch (error) {
    complain(error);
  }
}

/**
 * Take a model; the board in the page has a flash for each. One that the board refuses leaves what
 * was there before.
 *
 * @param {Model} model
 */
async function takeModel(model) {
  const before = session.model;
  await use(model);
  if (!session.shape && before && !session.isForeign) {
    const why = element("trouble", HTMLElement).textContent;
    await use(before);
    throw new Error(`${model.name} cannot be used: ${why}`);
  }
}

/** @param {Model} model */
async function use(model) {
  await session.take(model);
  listModel(model.name);
  if (session.isOwn) await useOwn();
  else await session.sync();
}

/** @param {string} name */
function listModel(name) {
  const list = element("model", HTMLSelectElement);
  const isListed = [...list.options].some((option) => option.value === name);
  if (!isListed) list.add(new Option(name, name));
  list.value = name;
}

/** @param {string} name of the zoo */
async function takeZoo(name) {
  const found = await fetch(`zoo/${name}.tcm`);
  if (!found.ok) throw new Error(`The zoo has no ${name}.`);
  await takeModel(await readModel(name, new Uint8Array(await found.arrayBuffer())));
}

/** @param {File} file a model, or a learned state */
async function takeFile(file) {
  complain("");
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (!isState(file.name, bytes)) return takeModel(await readModel(file.name, bytes));
  readState(file.name, bytes, session.model);
  await session.restore(file.name, bytes);
}

async function useOwn() {
  button("disconnect").hidden = true;
  await session.use(await openWorker(`page-${session.model?.fingerprint}`), true);
}

async function connect() {
  complain("");
  const hasBridge = parameters.has("board");
  if (!hasBridge && !("serial" in navigator)) {
    throw new Error(
      "This browser has no WebSerial. Start tinycl page --serial PORT, or --board NAME for an emulated board.",
    );
  }
  const port = hasBridge ? await openSocket(parameters.get("token") ?? "") : await openSerial();
  if (!hasBridge) await rouse(port);
  button("disconnect").hidden = false;
  await session.use(port, false);
}

function update() {
  classes.update();
  showResults(session.results);
  showStatus(session);
  if (stage.shape !== session.shape) void stage.fit(session.shape);
  button("class-add").disabled = !session.model;
  button("undo").disabled = !session.journal.samples.length;
}

/**
 * Changes the model: until that is done the board is not said to have learned anything.
 *
 * @param {() => Promise<void>} act
 */
async function changing(act) {
  session.isChanging = true;
  update();
  try {
    await act();
  } finally {
    session.isChanging = false;
    live.isStale = true;
    update();
  }
}

/** @param {() => Promise<void>} act */
function trying(act) {
  return () => act().catch(complain);
}

session.addEventListener("change", () => {
  live.isStale = true;
  update();
});
session.addEventListener("progress", () => say("progress", session.progress));
session.addEventListener("trouble", (event) => complain(/** @type {CustomEvent} */ (event).detail));
session.addEventListener("foreign", () => ask(session, cards));
session.addEventListener("lost", (event) => {
  complain(`${/** @type {CustomEvent} */ (event).detail}. What was taught is kept here; connect again to go on.`);
  session.leave();
  button("disconnect").hidden = false;
  update();
});

button("question-yes").onclick = () => {
  element("question", HTMLElement).hidden = true;
  if (session.teacher) session.teacher.mayForget = true;
  void session.sync();
};
button("question-on").onclick = () => {
  element("question", HTMLElement).hidden = true;
  void session.goOn();
};
button("question-no").onclick = trying(useOwn);
button("connect").onclick = trying(connect);
button("anew").onclick = () => session.change((journal) => journal.anew());
button("disconnect").onclick = trying(useOwn);
button("clear").onclick = () => stage.draw.clear();
button("class-add").onclick = () => {
  const { journal } = session;
  let number = journal.classes.length + 1;
  while (journal.classes.some((c) => c.name === `class ${number}`)) number++;
  if (journal.classes.length >= journal.most) return complain(`The board has room for ${journal.most} classes.`);
  session.change((j) => j.addClass(`class ${number}`));
  classes.focusLast();
};
const undo = () => {
  const last = session.journal.samples.at(-1);
  if (last) session.change((journal) => journal.removeSample(last.id));
};
button("undo").onclick = undo;
button("forget").onclick = () => {
  const { learned } = session.journal.origin;
  const before = learned ? `, and the ${learned} that the board had learned before` : "";
  if (confirm(`Forget all samples${before}? The board forgets them, too.`)) session.change((journal) => journal.clear());
};
button("download-state").onclick = trying(async () => {
  await session.end();
  if (!session.teacher) throw new Error("Connect a board first.");
  download(new Blob([await session.teacher.client.getState()]), "taught.tcs");
});
button("download-data").onclick = trying(async () => {
  await session.end();
  const { journal, shape, model, info } = session;
  if (!shape || !model || !info || !journal.taught().length) throw new Error("Teach something first.");
  const line = new TextEncoder().encode(`${command(journal, model.name, info.config)}\n`);
  download(zip([...(await dataFiles(journal, shape)), ["command.txt", line]]), "taught.zip");
});
button("download-program").onclick = () =>
  download(new Blob([program(session.journal.names())]), "main.py");

const models = element("model", HTMLSelectElement);
models.onchange = trying(() =>
  changing(async () => {
    complain("");
    const kept = await lastModel(session.store);
    if (kept?.name === models.value) await takeModel(kept);
    else await takeZoo(models.value);
  }),
);
const modelFile = element("model-file", HTMLInputElement);
modelFile.onchange = trying(async () => {
  const [file] = modelFile.files ?? [];
  if (file) await changing(() => takeFile(file)).finally(() => (modelFile.value = ""));
});
const file = element("file", HTMLInputElement);
file.onchange = () => {
  const last = session.journal.classes.at(-1);
  const chosen = [...(file.files ?? [])];
  file.value = ""; // so that the same file can be chosen again
  if (last) void addFiles(last.id, chosen);
  else complain("Add a class first.");
};
document.ondragover = (event) => event.preventDefault();
document.ondrop = (event) => {
  event.preventDefault();
  const dropped = event.dataTransfer?.files[0];
  if (dropped) void trying(() => changing(() => takeFile(dropped)))();
};
document.onkeydown = (event) => {
  const isText = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
  if (isText || event.altKey || event.metaKey) return;
  if (event.ctrlKey) {
    if (event.key === "z") undo();
    return;
  }
  const one = session.journal.classes[Number(event.key) - 1];
  if (one && event.repeat && performance.now() - lastAdded < AGAIN_MS) return;
  if (one) void add(one.id);
  if (event.key === "Delete" || event.key === "Escape") stage.draw.clear();
};

/** Wait until no other tab has the board in this page: both would write to its flash. */
async function alone() {
  if (!navigator.locks) return; // an insecure address
  await new Promise((resolve, reject) => {
    const held = () => new Promise(() => resolve(undefined));
    const signal = AbortSignal.timeout(TAB_MS); // a page that reloads lets go at once
    navigator.locks.request("tinycl page", { signal }, held).catch(() =>
      reject(new Error("This page is open in another tab: go on there, or close it and reload.")),
    );
  });
}

async function begin() {
  await alone();
  cards = await (await fetch("zoo.json")).json();
  for (const { name, title, shape } of cards) models.add(new Option(`${name}: ${title}, ${shape.join(" × ")}`, name));
  if (parameters.has("board")) button("connect").textContent = `Connect ${parameters.get("board") || "the board"}`;
  const kept = await lastModel(session.store);
  await stage.choose("draw");
  void live.watch();
  if (kept) await takeModel(kept);
  else await takeZoo(DEFAULT);
}
await begin().catch(complain);
