// The page: what a person does goes to the session, what changed there is shown.

import { openSerial, openSocket, openWorker, wake } from "./link/ports.js";
import { Client } from "./link/client.js";
import { fromPicture, show, context2d } from "./input/pixels.js";
import { camera, drawing, motion } from "./input/sources.js";
import { microphone } from "./input/microphone.js";
import { readSamples } from "./input/files.js";
import { lastModel } from "./teach/keep.js";
import { readModel } from "./teach/model.js";
import { isFresh } from "./teach/start.js";
import { Session } from "./teach/session.js";
import { openStore } from "./teach/store.js";
import { command, dataFiles, download, program } from "./files/take_away.js";
import { zip } from "./files/zip.js";
import { Classes } from "./view/classes.js";
import { button, canvas, element, say } from "./view/dom.js";
import { percent, showResults } from "./view/results.js";

const PREDICT_MS = 80;
const BITS_MS = 300;
const TAB_MS = 3000;
const DEFAULT = "grey";

/** @typedef {import("./teach/model.js").Model} Model */
/** @typedef {{name: string, title: string, shape: number[], fingerprint: string}} Card */

let source = "draw";
let isRecording = false;
let isStale = true; // the sample changed since the last prediction
/** @type {Card[]} */
let cards = []; // of the zoo
let bitsShown = 0;

const parameters = new URLSearchParams(location.search);
const session = new Session(await openStore());
const draw = drawing(canvas("draw"), () => (isStale = true));
const files = { isLive: false, fits: () => true, start: async () => {}, stop: () => {}, pixels: () => null };
const SOURCES = /** @type {Record<string, import("./input/sources.js").Source>} */ ({
  draw,
  camera: camera(element("camera", HTMLVideoElement)),
  microphone: microphone(canvas("microphone")),
  motion: motion(canvas("motion")),
  files,
});
const classes = new Classes(session, (id) => void add(id).catch(complain), addFiles, complain);

/** @param {unknown} why */
function complain(why) {
  const text = why instanceof Error ? why.message : String(why);
  say("trouble", text);
  element("trouble", HTMLElement).hidden = !text;
}

/** The sample of now; null where there is none. */
function sample() {
  return session.shape && SOURCES[source].pixels(session.shape);
}

/** @param {number} id of a class */
async function add(id) {
  if (isRecording) return;
  const { journal } = session;
  const found = await take();
  if (!found) return complain(source === "draw" ? "Draw something first." : `There is nothing from the ${source} yet.`);
  if (session.journal !== journal || !journal.classes.some((c) => c.id === id)) return;
  complain("");
  session.change(() => journal.addSample(id, found.pixels, found.sound));
  draw.finish();
}

/**
 * A sample to add; of sound, the second that begins now.
 *
 * @returns {Promise<{pixels: Uint8Array, sound?: Int16Array} | null>}
 */
async function take() {
  const { record } = SOURCES[source];
  const pixels = sample();
  if (!pixels || !record) return pixels && { pixels };
  isRecording = true;
  say("progress", "recording a second");
  try {
    return await record();
  } finally {
    isRecording = false;
    say("progress", session.progress);
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

/** @param {string} name */
async function choose(name) {
  SOURCES[source].stop();
  source = name;
  for (const one of sourceButtons()) one.setAttribute("aria-pressed", String(one.dataset.source === name));
  for (const id of Object.keys(SOURCES)) element(id, HTMLElement).hidden = id !== name;
  button("clear").disabled = name !== "draw";
  try {
    await SOURCES[name].start();
  } catch (error) {
    complain(`The ${name} does not start: ${error instanceof Error ? error.message : error}`);
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
  if (!session.shape && before) {
    const why = element("trouble", HTMLElement).textContent;
    await use(before);
    throw new Error(`${model.name} cannot be used: ${why}`);
  }
  const { shape } = session;
  if (!shape) return;
  const fitting = Object.keys(SOURCES).filter((name) => SOURCES[name].fits(shape));
  for (const one of sourceButtons()) one.disabled = !fitting.includes(one.dataset.source ?? "");
  if (fitting.includes(source)) return;
  // Microphones and sensors ask for leave: not before the person has done something.
  await choose(fitting[0] === "draw" || navigator.userActivation?.hasBeenActive ? fitting[0] : "files");
}

const sourceButtons = () => /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll(".source"));

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

/** @param {File} file */
async function takeFile(file) {
  complain("");
  await takeModel(await readModel(file.name, new Uint8Array(await file.arrayBuffer())));
}

async function useOwn() {
  button("disconnect").hidden = true;
  await session.use(await openWorker(`page-${session.model?.fingerprint}`), true);
}

async function connect() {
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

/** @param {import("./link/exchange.js").Port} port */
async function rouse(port) {
  try {
    await new Client(port, { patience: 1500 }).hello();
  } catch {
    wake(port);
  }
}

function update() {
  const { info, journal, heap } = session;
  classes.update();
  showResults(session.results);
  const who = session.isOwn ? "the board in this page" : "the connected board";
  const what = info ? `${info.platform}, kernels ${info.kernels}` : "starting";
  say("board", `${who}: ${what}`);
  say("progress", session.progress);
  say("learned", info ? `${info.learned} samples` : "0 samples");
  say("heap", heap.used ? `${size(heap.used)} used, ${size(heap.free)} free` : "–");
  say("fingerprint", session.isSettled ? info?.state || "–" : "learning");
  say("command", session.model && info ? command(journal, session.model.name, info.config) : "");
  showInexact();
  if (!session.isForeign) element("question", HTMLElement).hidden = true;
  button("class-add").disabled = !session.model;
  button("undo").disabled = !journal.samples.length;
}

/** Why the command does not end in the state of the board, if so. */
function showInexact() {
  const { start, origin } = session.journal;
  const why = origin.state
    ? `The board had learned ${origin.learned} samples before, which the data set lacks: the command ends in another state.`
    : "The board renamed or forgot classes without learning anew: the command ends in another state, until it does.";
  element("inexact", HTMLElement).hidden = isFresh(start);
  say("inexact-text", why);
  button("anew").hidden = Boolean(origin.state);
}

/** @param {number} bytes */
const size = (bytes) => (bytes < 2 ** 20 ? `${Math.round(bytes / 1024)} KiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`);

/** Predict as long as the page is there. */
async function watch() {
  for (;;) {
    const started = performance.now();
    if ((isStale || SOURCES[source].isLive) && session.shape && !document.hidden) {
      isStale = false;
      await look().catch(() => (isStale = true));
    }
    const rest = PREDICT_MS - (performance.now() - started);
    await new Promise((resolve) => setTimeout(resolve, Math.max(10, rest)));
  }
}

async function look() {
  const pixels = sample();
  const { shape } = session;
  if (!shape || !pixels) return answer(null);
  show(canvas("seen"), pixels, shape);
  answer(await session.predict(pixels));
  if (performance.now() - bitsShown < BITS_MS) return;
  bitsShown = performance.now();
  const bits = await session.bits(pixels);
  if (bits) showBits(bits);
}

/** @param {Awaited<ReturnType<Session["predict"]>>} found */
function answer(found) {
  say("predict", !found ? "–" : found.isKnown ? found.name : "unknown");
  say("confidence", found ? percent(found.confidence) : "–");
  element("sure", HTMLMeterElement).value = found?.confidence ?? 0;
}

/** @param {Uint8Array} bits */
function showBits(bits) {
  const side = Math.ceil(Math.sqrt(8 * bits.length));
  const place = canvas("bits");
  place.width = place.height = side;
  const image = new ImageData(side, side);
  for (let i = 0; i < 8 * bits.length; i++) {
    const value = (bits[i >> 3] >> (i & 7)) & 1 ? 40 : 220;
    image.data.set([value, value, value, 255], 4 * i);
  }
  context2d(place).putImageData(image, 0, 0);
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
    isStale = true;
    update();
  }
}

/** @param {() => Promise<void>} act */
function trying(act) {
  return () => act().catch(complain);
}

session.addEventListener("change", () => {
  isStale = true;
  update();
});
session.addEventListener("progress", () => say("progress", session.progress));
session.addEventListener("trouble", (event) => complain(/** @type {CustomEvent} */ (event).detail));
session.addEventListener("foreign", () => {
  const { learned = 0, fingerprint } = session.info ?? {};
  const isModel = fingerprint === session.model?.fingerprint;
  const model = cards.find((card) => card.fingerprint === fingerprint)?.name ?? "that this page does not have";
  const what = isModel ? "that this page does not have" : `with another backbone, ${model}: choose that to go on with it`;
  say("question-text", `This board has learned ${learned} samples ${what}. Its learned state can be taken away below.`);
  button("question-on").hidden = !isModel;
  element("question", HTMLElement).hidden = false;
  button("question-no").focus();
});
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
button("clear").onclick = () => draw.clear();
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
  if (confirm("Forget all samples? The board forgets them, too.")) session.change((journal) => journal.clear());
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
  if (!last) complain("Add a class first.");
  else if (file.files) void addFiles(last.id, [...file.files]).then(() => (file.value = ""));
};
document.ondragover = (event) => event.preventDefault();
document.ondrop = (event) => {
  event.preventDefault();
  const dropped = event.dataTransfer?.files[0];
  if (dropped) void trying(() => changing(() => takeFile(dropped)))();
};
for (const one of sourceButtons()) {
  one.onclick = () => {
    complain("");
    void choose(one.dataset.source ?? "draw");
  };
}
document.onkeydown = (event) => {
  const isText = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
  if (isText || event.altKey || event.metaKey) return;
  if (event.ctrlKey) {
    if (event.key === "z") undo();
    return;
  }
  const one = session.journal.classes[Number(event.key) - 1];
  if (one) void add(one.id).catch(complain);
  if (event.key === "Delete" || event.key === "Escape") draw.clear();
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
  await choose("draw");
  void watch();
  if (kept) await takeModel(kept);
  else await takeZoo(DEFAULT);
}
await begin().catch(complain);
