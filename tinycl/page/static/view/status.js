// What the board is, what it has learned, and whether the command repeats that.

import { command } from "../files/take_away.js";
import { isFresh } from "../teach/start.js";
import { button, element, say } from "./dom.js";

const SLOTS_AT = 8; // of the settings: docs/protocol.md

/** @param {import("../teach/session.js").Session} session */
export function showStatus(session) {
  const { info, journal, memory, model } = session;
  const who = session.isOwn ? "the board in this page" : "the connected board";
  const what = info ? `${info.platform}, kernels ${info.kernels}` : session.teacher ? "starting" : "gone";
  say("board", `${who}: ${what}`);
  say("progress", session.progress);
  say("warning", memory.warning || info?.warning || "");
  say("learned", info ? `${info.learned} samples` : "–");
  say("heap", memory.heapUsed ? `${size(memory.heapUsed)} used, ${size(memory.heapFree)} free` : "–");
  say("replay", info ? replay(info, memory.slots) : "–");
  say("fingerprint", session.isSettled || !session.teacher ? info?.state || "–" : "learning");
  say("command", model && info ? command(journal, model.name, info.config) : "");
  showInexact(journal);
  if (!session.isForeign) element("question", HTMLElement).hidden = true;
}

/**
 * @param {import("../link/messages.js").Info} info
 * @param {number[]} kept slots of each class
 */
function replay({ config, latentBytes }, kept) {
  const slots = config[SLOTS_AT] | (config[SLOTS_AT + 1] << 8);
  if (!slots) return "none: this head needs no samples";
  const used = kept.reduce((sum, n) => sum + n, 0);
  return `${used} of ${slots} samples, as ${8 * latentBytes} bits each`;
}

/**
 * Ask what becomes of what a board has learned that is not of this page.
 *
 * @param {import("../teach/session.js").Session} session
 * @param {{name: string, fingerprint: string}[]} cards of the zoo
 */
export function ask({ info, model }, cards) {
  const { learned = 0, fingerprint } = info ?? {};
  const isModel = fingerprint === model?.fingerprint;
  const other = cards.find((card) => card.fingerprint === fingerprint)?.name ?? "which this page does not have";
  const what = isModel ? "that this page does not have" : `with another backbone, ${other}: choose that to go on with it`;
  say("question-text", `This board has learned ${learned} samples ${what}. Its learned state can be taken away below.`);
  button("question-on").hidden = !isModel;
  element("question", HTMLElement).hidden = false;
  button("question-no").focus();
}

/** @param {import("../teach/journal.js").Journal} journal */
function showInexact({ start, origin }) {
  const why = origin.state
    ? `The board had learned ${origin.learned} samples before, which the data set lacks: the command ends in another state.`
    : "The board renamed or forgot classes without learning anew: the command ends in another state, until it does.";
  element("inexact", HTMLElement).hidden = isFresh(start);
  say("inexact-text", why);
  button("anew").hidden = Boolean(origin.state);
}

/** @param {number} bytes */
const size = (bytes) => (bytes < 2 ** 20 ? `${Math.round(bytes / 1024)} KiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`);
