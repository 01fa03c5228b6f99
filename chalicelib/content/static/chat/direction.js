/** Gives each block of an answer the direction of its own first letter, and the page that of the reader's language. */

import { el } from "./dom.js";

const LETTER = /\p{L}/u;
const RTL = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{1e800}-\u{1efff}]/u;
const RTL_LANGUAGES = new Set("ar ckb fa he iw ps sd ug ur yi".split(" "));

const BLOCKS = "p, h1, h2, h3, h4, h5, h6, ul, ol, li, blockquote, .wide, table, th, td";
/** What is left to right in every language, and says nothing about the direction of the text around it. */
const LTR = "pre, code, var, a[dir=ltr]";
const ADDRESS = /^(?:[a-z]+:|www\.|[\w.+-]+@)\S+$/i;

/** Returns "rtl" or "ltr"; "" if a node has no letter, as a number: it then has the direction of what it is in. */
function directionOf(node) {
  const texts = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { data, parentElement } = texts.currentNode;
    const letter = LETTER.exec(data)?.[0];
    if (letter && !parentElement?.closest(LTR)) return RTL.test(letter) ? "rtl" : "ltr";
  }
  return "";
}

/** Sets the direction of all blocks in `nodes`, which are drawn; code and addresses are left to right. */
export function direct(nodes) {
  for (const link of nodes.querySelectorAll("a")) if (ADDRESS.test(link.textContent)) link.dir = "ltr";
  for (const code of nodes.querySelectorAll("pre, code")) code.dir = "ltr";
  for (const block of nodes.querySelectorAll(BLOCKS)) {
    const found = directionOf(block);
    if (found) block.dir = found;
  }
  for (const block of nodes.querySelectorAll("p:has(> br)")) directLines(block);
}

/** Puts each line of a paragraph whose lines differ into a node with its own direction. */
function directLines(block) {
  const { textContent: text } = block;
  if (!RTL.test(text) || !/\p{Script=Latin}/u.test(text)) return;
  const lines = [[]];
  for (const node of block.childNodes) {
    if (node.nodeName === "BR") lines.push([]);
    else lines.at(-1).push(node);
  }
  block.replaceChildren(...lines.map((nodes) => el("span", { class: "line" }, ...nodes)));
  for (const line of block.children) line.dir = directionOf(line);
}

/** Gives an answer the direction of its first letter, for its blocks without one. */
export function directWhole(answer) {
  answer.dir = directionOf(answer) || "auto";
}

/** Whether a page in this language begins at the right. */
export const isRightToLeft = (code) => RTL_LANGUAGES.has(code);
