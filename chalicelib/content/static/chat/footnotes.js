/** Shows footnotes: numbers in the text, and the notes below the answer, each leading to the other. Loaded with the first `[^`. */

import { el } from "./dom.js";
import { withNotes } from "./markdown.js";
import { t } from "./words.js";

document.head.append(el("link", { rel: "stylesheet", href: new URL("footnotes.css", import.meta.url).href }));

/** Characters of a note up to which its marks are read. */
const LONGEST = 6_000;
const NAME = "\\[(\\^[^\\]\\s]{1,32})\\]";
const NOTE = new RegExp(`^ {0,3}${NAME}:[ \\t]*([^\\n]+(?:\\n(?! {0,3}\\[\\^|[ \\t]*(?:\\n|$))[^\\n]+)*)(?:\\n+|$)`);
const NEXT_NOTE = new RegExp(`\\n {0,3}${NAME}:[ \\t]*\\S`);
/** Not the words of a link. */
const TO_NOTE = new RegExp(`^${NAME}(?!\\(|\\[(?!\\^))`);
const NUMBER = /^\^\d{1,3}$/;

/** The notes of each text: their texts by name, and the names to which the text refers, in its order. */
const found = new WeakMap();

function of(lexer) {
  if (!found.has(lexer)) found.set(lexer, { texts: new Map(), used: new Set() });
  return found.get(lexer);
}

function note(src) {
  const [raw, name, text] = NOTE.exec(src) ?? [];
  if (!raw) return undefined;
  const { texts } = of(this.lexer);
  if (!texts.has(name.toLowerCase())) texts.set(name.toLowerCase(), text);
  return { type: "def", raw };
}

function nextNote(src) {
  const at = src.search(NEXT_NOTE);
  return at < 0 ? undefined : at + 1;
}

/** A number while the answer grows is one before its note has come. */
function toNote(src) {
  const [raw, name] = TO_NOTE.exec(src) ?? [];
  const { texts, used } = of(this.lexer);
  const key = name?.toLowerCase();
  if (!key || !(texts.has(key) || (this.lexer.options.grows && NUMBER.test(key)))) return undefined;
  return { type: "note", raw, number: [...used.add(key)].indexOf(key) + 1 };
}

/** Returns the block of the notes that a text refers to, in the order in which it does, when the text is read. `mend` changes their texts. */
function blocks(lexer, mend) {
  const { texts, used } = of(lexer);
  const items = [];
  for (const key of used) {
    const text = texts.has(key) && mend(texts.get(key));
    if (text) items.push(text.length > LONGEST ? [{ type: "text", raw: text, text }] : lexer.inlineTokens(text));
  }
  return items.length ? [{ type: "notes", raw: JSON.stringify([...used].map((key) => texts.get(key))), items }] : [];
}

/** Returns how many notes a text has or refers to: if it is another number, what is in brackets may look different. */
const count = (lexer) => new Set([...of(lexer).used, ...of(lexer).texts.keys()]).size;

/** Makes numbers links to their notes, and puts a link back behind each note. No ids: other answers have the same numbers. */
function connect(nodes, isLast) {
  for (const place of nodes.querySelectorAll("sup")) {
    const n = place.textContent;
    place.replaceChildren(el("a", { href: `#note-${n}`, "data-note": n, "aria-label": t("note", { n }) }, n));
  }
  const list = isLast && nodes.lastElementChild.firstElementChild;
  list?.classList?.add("notes");
  [...(list?.children ?? [])].forEach((item, index) => {
    item.tabIndex = -1;
    item.append(" ", el("a", { href: `#text-${index + 1}`, "data-text": index + 1, "aria-label": t("note_back") }));
  });
}

document.addEventListener("click", (event) => {
  const { note: to, text: back } = event.target.closest("a")?.dataset ?? {};
  if (!to && !back) return;
  event.preventDefault();
  const answer = event.target.closest(".words");
  answer.querySelector(to ? `.notes > li:nth-child(${to})` : `[data-note="${back}"]`)?.focus();
});

const renderers = {
  note: ({ number }) => `<sup>${number}</sup>`,
  notes({ items }) {
    return `<ol>${items.map((tokens) => `<li>${this.parser.parseInline(tokens)}</li>`).join("")}</ol>`;
  },
};

withNotes({ rules: { block: note, inline: toNote, startBlock: nextNote, renderers }, blocks, count, connect });
