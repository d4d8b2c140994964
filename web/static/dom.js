/**
 * Building of page elements. Text always enters through `textContent`, so nothing a citizen, a bot or an agent
 * writes can become markup.
 */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Creates an element.
 * @param {string} tag
 * @param {Record<string, string|boolean|null|undefined>} [attributes] `text` sets the text; `true` gives an empty
 *   attribute; `false`, `null` and `undefined` leave the attribute out.
 * @param {(Node|string|null)[]} [children]
 * @returns {HTMLElement}
 */
export function element(tag, attributes = {}, children = []) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name === "text") node.textContent = String(value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

/**
 * Creates an icon from the shared sprite. Icons only decorate: the words beside them carry the meaning.
 * @param {string} name id of a symbol in `icons.svg`
 * @returns {SVGSVGElement}
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `/static/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

/**
 * Finds an element the template promises. A missing one is a mistake of ours and is said at once.
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {any}
 */
export function required(selector, root = document) {
  const node = root.querySelector(selector);
  if (!node) throw new Error(`The page lacks ${selector}`);
  return node;
}
