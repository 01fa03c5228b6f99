/** Shows what a persona looks like: its face, which is an emoji, an image or the first letter of its name, and its colour. */

import { el, say } from "./dom.js";

const initial = (name) => [...(name || "·").trim()][0] ?? "·";

/** Shows the face of a persona in a node. An SVG becomes an image, in which no script runs and nothing is loaded. */
export function paintFace(node, { name = "", face = "" }) {
  const isDrawn = face.startsWith("<svg");
  node.classList.toggle("emoji", Boolean(face) && !isDrawn);
  if (!isDrawn) say(node, face || initial(name));
  const src = `data:image/svg+xml,${encodeURIComponent(face)}`;
  if (isDrawn && node.firstElementChild?.src !== src) node.replaceChildren(el("img", { src, alt: "" }));
}

/** The least contrast with white of a persona's colour, as the bot checks it. */
const READABLE = 5;

const contrast = (parts) => {
  const light = parts.map((part) => (part <= 10 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4));
  return 1.05 / (0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2] + 0.05);
};

/** Returns a colour such as `#ffd400`, made so dark that white can be read on it; null for another text. */
export function readable(colour) {
  if (!/^#[0-9a-f]{6}$/.test(colour)) return null;
  let parts = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  while (contrast(parts) < READABLE) parts = parts.map((part) => Math.floor(part * 0.97));
  return `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

/** The colour that the site around the page has chosen; null without one. */
const chosen = readable(new URLSearchParams(location.search).get("colour"));

/** Gives the page the site's or the persona's colour; without one it keeps its own. */
export function paintPage({ colour = "" }) {
  const { style, dataset } = document.documentElement;
  const shown = chosen ?? readable(colour);
  if (shown) {
    style.setProperty("--persona", shown);
    dataset.coloured = "";
  } else {
    delete dataset.coloured;
  }
}
