// Accuracy on the samples set aside: a figure, its course, and the confusion of the classes.

import { element, say } from "./dom.js";

const WIDTH = 300;
const HEIGHT = 80;

/**
 * @param {import("../teach/session.js").Results | null} results
 */
export function showResults(results) {
  say("accuracy", results ? percent(results.accuracy) : "–");
  say("forgetting", results ? percent(results.forgetting) : "–");
  showCourse(results?.history ?? []);
  const table = element("confusion", HTMLTableElement);
  table.replaceChildren();
  if (!results) return;
  const { names } = results;
  const head = table.insertRow();
  head.append(...["taught \\ said", ...names].map((name) => cell("th", name)));
  results.confusion.forEach((row, label) => {
    const line = table.insertRow();
    line.append(cell("th", names[label]));
    row.forEach((count, said) => {
      const found = cell("td", String(count));
      found.classList.toggle("right", said === label);
      line.append(found);
    });
  });
}

/** @param {number[]} history */
function showCourse(history) {
  const plot = /** @type {SVGSVGElement} */ (/** @type {unknown} */ (document.getElementById("plot")));
  const make = (/** @type {string} */ kind, /** @type {Record<string, string | number>} */ values) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", kind);
    for (const [key, value] of Object.entries(values)) made.setAttribute(key, String(value));
    return made;
  };
  const step = WIDTH / Math.max(1, history.length - 1);
  const points = history.map((a, i) => `${i * step},${(1 - a) * (HEIGHT - 4) + 2}`);
  if (points.length === 1) points.push(`${WIDTH},${points[0].split(",")[1]}`);
  plot.replaceChildren(
    make("line", { x1: 0, x2: WIDTH, y1: 2, y2: 2 }),
    make("line", { x1: 0, x2: WIDTH, y1: HEIGHT - 2, y2: HEIGHT - 2 }),
    make("polyline", { points: points.join(" ") }),
  );
}

/**
 * @param {string} kind
 * @param {string} text
 */
function cell(kind, text) {
  const made = document.createElement(kind);
  made.textContent = text;
  return made;
}

/** @param {number} share */
export const percent = (share) => `${(100 * share).toFixed(1)} %`;
