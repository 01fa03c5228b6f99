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

/** A drawing from the sprite in index.html; always decoration. */
export function drawing(id) {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#${id}`);
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

export const byId = (id) => document.getElementById(id);

/** Sets text only where it changes, so that nothing is selected, announced or painted anew for no reason. */
export function say(node, words) {
  if (node.textContent !== words) node.textContent = words;
}

/** Shows words where there are any, and hides the place where there are none. */
export function mention(node, words) {
  say(node, words || "");
  node.hidden = !words;
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
