/** Elements as the chat page builds them, and drawings that can be announced. */

export { byId, el, reconcile, say } from "/chat/dom.js";

const SVG = "http://www.w3.org/2000/svg";

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
