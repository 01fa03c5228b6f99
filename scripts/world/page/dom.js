/** Builds and updates elements; words become text, never markup. */

const SVG = "http://www.w3.org/2000/svg";

/** An element: attributes named `on…` are listeners, `false` and `null` are left out, parts are nodes or words. */
export function el(name, attributes = {}, ...parts) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value !== false && value != null) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...parts.filter((part) => part != null));
  return node;
}

/** A drawing from the sprite in index.html; one with a label is announced, one without is decoration. */
export function drawing(id, { className = "icon", label } = {}) {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#${id}`);
  svg.setAttribute("class", className);
  if (label) svg.setAttribute("role", "img");
  svg.setAttribute(label ? "aria-label" : "aria-hidden", label ?? "true");
  svg.append(use);
  return svg;
}

export const byId = (id) => document.getElementById(id);

/** Sets text only where it changes, so that nothing is selected, announced or painted anew for no reason. */
export function say(node, words) {
  if (node.textContent !== words) node.textContent = words;
}

/** Makes `parent` hold one node for each item, in order; a node stays the same as long as its item's `key` does. */
export function reconcile(parent, items, { create, update = () => {} }) {
  const keys = new Set(items.map((item) => item.key));
  const nodes = new Map();
  for (const node of [...parent.children]) {
    if (keys.has(node.dataset.key)) nodes.set(node.dataset.key, node);
    else node.remove();
  }
  items.forEach((item, index) => {
    const node = nodes.get(item.key) ?? create(item);
    node.dataset.key = item.key;
    update(node, item);
    if (parent.children[index] !== node) parent.insertBefore(node, parent.children[index] ?? null);
  });
}
