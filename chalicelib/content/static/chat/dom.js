/** Builds and updates elements; strings become text, never markup. */

const SVG = "http://www.w3.org/2000/svg";

/** Creates an element: attributes `on…` are listeners, `false` and `null` are left out, parts are nodes or strings. */
export function el(name, attributes = {}, ...parts) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value !== false && value != null) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...parts.filter((part) => part != null));
  return node;
}

/** Creates an icon from the sprite in index.html; screen readers skip it. */
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

/** Sets text only if it differs, so that an unchanged text is not announced or drawn again, and stays selected. */
export function say(node, words) {
  if (node.textContent !== words) node.textContent = words;
}

/** Sets the text of a node, and hides the node if the text is empty. */
export function mention(node, words) {
  say(node, words || "");
  node.hidden = !words;
}

/** Gives `parent` one node for each item, in order; a node is kept as long as an item has its `key`. */
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
