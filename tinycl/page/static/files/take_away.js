// What a person takes away: the data set, the command that repeats the run, a program for the board.

import { png } from "./png.js";
import { wav } from "./wav.js";

const HEADS = ["cwr", "mean", "lda"];
const CWR = 0;
const DEFAULT_HEAD = 2;

/** @typedef {import("../teach/journal.js").Journal} Journal */
/** @typedef {import("../link/messages.js").Shape} Shape */

/**
 * Files of the data set: a folder of pictures or recordings for each class, and stream.csv.
 *
 * @param {Journal} journal
 * @param {Shape} shape
 * @returns {Promise<[string, Uint8Array][]>}
 */
export async function dataFiles(journal, shape) {
  const labels = journal.labels();
  const isSound = hasSound(journal);
  /** @type {Map<number, number>} */
  const counts = new Map();
  /** @type {[string, Uint8Array][]} */
  const files = [];
  const rows = ["file,class,experience"];
  for (const sample of journal.samples.filter((s) => labels.has(s.class))) {
    const count = (counts.get(sample.class) ?? 0) + 1;
    counts.set(sample.class, count);
    const folder = `class-${labels.get(sample.class)}`;
    const file = `${folder}/${String(count).padStart(4, "0")}.${isSound ? "wav" : "png"}`;
    files.push([`taught/${file}`, sample.sound && isSound ? wav(sample.sound) : await png(sample.pixels, shape)]);
    rows.push([file, quoted(journal.name(sample.class)), sample.experience ?? ""].join(","));
  }
  files.push(["taught/stream.csv", new TextEncoder().encode(rows.join("\n") + "\n")]);
  return files;
}

/** @param {Journal} journal */
const hasSound = (journal) => journal.samples.every((s) => s.sound);

/**
 * The command that repeats the run in the folder of the data set, with the settings of the board.
 *
 * @param {Journal} journal
 * @param {string} model name in the zoo, or of a file
 * @param {Uint8Array} config of the board, 20 bytes: docs/protocol.md
 */
export function command(journal, model, config) {
  const words = ["tinycl simulate --model", model, `--data ${hasSound(journal) ? "wav" : "folder"}:taught --scenario taught`];
  words.push(`--classes ${journal.room}`);
  const [head, rank, slots] = [config[11], config[16], config[8] | (config[9] << 8)];
  if (head !== DEFAULT_HEAD) words.push(`--head ${HEADS[head]}`);
  if (rank) words.push(`--rank ${rank}`);
  if (slots || head === CWR) words.push(`--replay ${slots}`);
  return words.join(" ");
}

/** @param {string[]} names */
export const program = (names) => `# Predicts with what was taught: ${names.join(", ")}.
# tinycl flash --model MODEL.tcm puts tinycl onto the board; copy the state beside it as state.tcs.

from tinycl_rt.learner import Learner

learner = Learner("model.tcm")
with open("state.tcs", "rb") as file:
    learner.restore(file)


def predict(pixels):
    """Name and confidence (0..255) for uint8 pixels; None for what is unknown."""
    return learner.predict_name(pixels), learner.confidence
`;

/** @param {string} text of a CSV cell */
const quoted = (text) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/**
 * @param {Blob} blob
 * @param {string} name
 */
export function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}
