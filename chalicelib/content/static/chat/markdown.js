/** Shows a model's Markdown, which is untrusted: text, simple formatting and links, and nothing that loads from the network. */

import { box, recolour, unbox } from "./code.js";
import { direct, directWhole } from "./direction.js";
import { become } from "./grow.js";
import { mended, settled } from "./growing.js";
import { secure } from "./links.js";
import { lexerOf } from "./markdown_rules.js";
import { Parser, Renderer } from "./marked.esm.js";
import { formula, prepare } from "./math.js";
import { mathOptions } from "./math_rules.js";
import DOMPurify from "./purify.es.mjs";
import { widen } from "./tables.js";
import { tick } from "./tasks.js";

/** Characters of an answer, and of a paragraph, up to which Markdown is parsed: parsing time grows faster than the length. */
const LONGEST = 40_000;
const LONGEST_PARAGRAPH = 6_000;
/** The one tag that means what it says, in a cell: a table has no other way to break a line. */
const LINE_BREAK = /^<br *\/?>$/i;
/** The first word after a fence, such as `c++`. */
const LANGUAGE = /^[^\s{:,]{0,24}/;
const DEEPEST = /^(?:[ \t]*(?:>|[-+*][ \t]|\d{1,9}[.)][ \t])){10}/m;

const TAGS =
  "p br hr h2 h3 h4 h5 h6 strong em del sup code pre blockquote ul ol li a table thead tbody tr th td var".split(" ");
const HARMLESS = {
  ALLOWED_TAGS: ["div", ...TAGS],
  ALLOWED_ATTR: ["href", "start", "align"],
  ADD_URI_SAFE_ATTR: ["start", "align"],
  ALLOW_ARIA_ATTR: false,
  ALLOW_DATA_ATTR: false,
  ALLOWED_URI_REGEXP: /^(?:https?:\/\/|mailto:|tel:\+?(?:[\d().-]|%20)+$)/i,
  RETURN_DOM_FRAGMENT: true,
};

const SPECIAL = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escaped = (text) => text.replace(/[&<>"']/g, (sign) => SPECIAL[sign]);

/** Shows HTML tags as text, and images as links: loading one could send parts of the conversation to its server. */
class Words extends Renderer {
  /** The languages of the code blocks so far, in their order: attributes of theirs would not pass the sanitizer. */
  languages = [];
  /** The formulas so far. Each has a `var` as its place, and is drawn there after the sanitizer: TeX never is HTML. */
  formulas = [];

  code(token) {
    this.languages.push(LANGUAGE.exec(token.lang ?? "")[0]);
    return super.code(token);
  }

  /** The page's own heading is above those of answers. */
  heading(token) {
    return super.heading({ ...token, depth: Math.min(token.depth + 1, 6) });
  }

  tablecell(token) {
    this.inCell = true;
    const cell = super.tablecell(token);
    this.inCell = false;
    return cell;
  }

  html({ text }) {
    return this.inCell && LINE_BREAK.test(text) ? "<br>" : escaped(text);
  }

  image({ href, tokens }) {
    return `<a href="${escaped(href)}">${escaped(this.parser.parseInline(tokens, this.parser.textRenderer) || href)}</a>`;
  }

  checkbox({ checked }) {
    return checked ? "☑ " : "☐ ";
  }
}

const words = new Words();
export const OPTIONS = { gfm: true, breaks: true, renderer: words, ...mathOptions(placeOf) };

/** Keeps the source as it is written, for a formula that cannot be read; of an unfinished one nothing is shown. */
function placeOf(token) {
  if (!token.tex) prepare();
  else words.formulas.push(token);
  return token.tex && `<var>${escaped(token.raw.trim())}</var>`;
}

/** What footnotes are shown by, once it is loaded: with the first sign of one. */
let notes = null;

export function withNotes({ rules: { renderers, ...rules }, ...module }) {
  for (const [name, rule] of Object.entries(rules)) OPTIONS.extensions[name].push(rule);
  Object.assign(OPTIONS.extensions.renderers, renderers);
  notes = module;
}

/**
 * Returns `show(text, grows)`, which updates `place` and draws only the blocks that are new or have changed. While the text grows,
 * nothing half-written is shown. Returns whether anything is.
 */
export function painter(place) {
  let shown = [];
  let [latest, waits] = [];
  const paint = (text, grows = false) => {
    latest = [text, grows];
    if (!notes && !waits && text.includes("[^")) waits = import("./footnotes.js").then(() => paint(...latest), () => (waits = null));
    const blocks = blocksOf(text.replace(/\r\n?/g, "\n"), grows);
    const same = shown.findIndex((key, index) => key !== blocks[index]?.key);
    const first = same < 0 ? shown.length : same;
    become(place, drawn(blocks.slice(first)), unbox, first);
    [...place.children].slice(first).forEach(recolour);
    directWhole(place);
    shown = blocks.map((block) => block.key);
    return blocks.length > 0;
  };
  return paint;
}

function blocksOf(text, grows) {
  try {
    if (text.length > LONGEST || DEEPEST.test(text)) return plain(text);
    const lexer = lexerOf({ ...OPTIONS, grows });
    const sure = grows ? settled(text) : text;
    lexer.blockTokens(sure, lexer.tokens);
    if (grows) expectLinks(sure, lexer.tokens.links);
    const growing = grows && !/\n[ \t]*\n$/.test(text) && growingIn(lexer.inlineQueue, sure);
    for (const part of lexer.inlineQueue) {
      const { src, tokens } = part;
      if (src.length > LONGEST_PARAGRAPH) tokens.push({ type: "text", raw: src, text: src });
      else lexer.inlineTokens(part === growing ? mended(src) : src, tokens);
    }
    const ofNotes = notes?.blocks(lexer, (text) => (grows && sure.endsWith(text) ? mended(text) : text)) ?? [];
    const blocks = [...lexer.tokens.filter((token) => token.type !== "space" && token.type !== "def"), ...ofNotes];
    const links = Object.values(lexer.tokens.links);
    /** A block with brackets may look different when one more link is known; the last one, when the text does not grow any more. */
    const known = `${links.length} ${links.filter(({ href }) => href).length} ${notes?.count(lexer)} `;
    return blocks.map((block) => ({ ...block, key: (block.raw.includes("[") ? known : "") + (grows && block === blocks.at(-1)) + block.raw }));
  } catch (error) {
    if (!(error instanceof RangeError)) reportError(error);
    return plain(text);
  }
}

/** Returns the paragraph, item or cell with which the text ends, if it ends with one. */
function growingIn(parts, text) {
  const last = parts.findLast(({ src }) => src.trim());
  return last && text.replaceAll("\\|", "|").trimEnd().endsWith(last.src.trimEnd().split("\n").at(-1)) ? last : null;
}

/** Lets words in brackets be a link, as in `[words][1]`, before it is known where it leads. */
function expectLinks(text, links) {
  for (const [, label] of text.matchAll(/\]\[([^[\]\n^]{1,99})\]/g)) links[label.toLowerCase()] ??= { href: "" };
}

const plain = (text) => [{ type: "paragraph", key: text, raw: text, text, tokens: [{ type: "text", raw: text, text }] }];

/** Renders blocks to sanitized nodes, each block in its own `div`. */
function drawn(blocks) {
  [words.languages, words.formulas] = [[], []];
  const html = blocks.map((block) => `<div>${Parser.parse([block], OPTIONS)}</div>`).join("");
  const nodes = DOMPurify.sanitize(html, HARMLESS);
  nodes.querySelectorAll("var").forEach((place, index) => formula(place, words.formulas[index]));
  nodes.querySelectorAll("a[href]").forEach(secure);
  nodes.querySelectorAll("table").forEach(widen);
  nodes.querySelectorAll("li").forEach(tick);
  nodes.querySelectorAll("pre").forEach((pre, index) => box(pre, words.languages[index] ?? ""));
  notes?.connect(nodes, blocks.at(-1)?.type === "notes");
  direct(nodes);
  return nodes;
}
