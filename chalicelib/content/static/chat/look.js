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

/** Gives the page the persona's colour; without one it keeps its own. */
export function paintPage({ colour = "" }) {
  const { style, dataset } = document.documentElement;
  if (/^#[0-9a-f]{6}$/.test(colour)) {
    style.setProperty("--persona", colour);
    dataset.coloured = "";
  } else {
    delete dataset.coloured;
  }
}
