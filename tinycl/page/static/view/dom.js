// Elements of the page by their ids.

/**
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
export function element(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`no ${kind.name} #${id}`);
  return found;
}

/** @param {string} id */
export const button = (id) => element(id, HTMLButtonElement);

/** @param {string} id */
export const canvas = (id) => element(id, HTMLCanvasElement);

/**
 * @param {string} id
 * @param {string} text
 */
export function say(id, text) {
  const found = element(id, HTMLElement);
  if (found.textContent !== text) found.textContent = text;
}

/**
 * The part inside a template's copy that fits a selector.
 *
 * @template {HTMLElement} T
 * @param {ParentNode} parent
 * @param {string} selector
 * @param {new () => T} kind
 * @returns {T}
 */
export function part(parent, selector, kind) {
  const found = parent.querySelector(selector);
  if (!(found instanceof kind)) throw new Error(`no ${kind.name} ${selector}`);
  return found;
}
