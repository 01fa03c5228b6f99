/**
 * Decides what is shown of an answer that is still being written: marks whose end has not come yet act as if it had, and what
 * may become something else waits. So one sees a bold word and never `**wo`.
 */

const FENCE = /^(?:[ \t>]|[-+*][ \t]|\d{1,9}[.)][ \t])*(\x60{3,}(?=[^\x60\n]*$)|~{3,})(.*)$/gm;
/** A last line of signs, which may become a list, a heading, the line below one, a task, a fence or a definition. */
const SIGNS = /^[ \t>]*(?:(?:[-+*]|\d{1,9}[.)])[ \t]+)*(?:[-+*=_~\x60#|: \t]*|\d{1,9}[.)]?|\[[ xX]?\]?[ \t]*|\[(?:\^[^\]\s]*|\d*)\]?:?[ \t]*|(?:\x60{3,}|~{3,})[^\x60\n]*)$/;
/** The first lines of a table, up to the end of the second one. */
const TABLE = /(?:^|\n)[ \t>]*\|[^\n]*(?:\n[-|: \t>]*)?$/;
/** What may become an escaped sign, a footnote, a picture, an entity, a tag or an address in angle brackets. */
const UNDECIDED = /(?:\\|!?\[(?:\^[^\]\s]{0,32})?|(?<!\S)!|&#?\w{0,31}|<(?:[a-z/!][^\s<>]{0,80})?)$/i;
const ADDRESS = /\((?:[^()\s\\]|\\.|\([^()\s]*\)|[ \t]+(?:"[^"]*"|'[^']*'))*\)/y;
/** A link whose address, or the title after it, has not ended. */
const BEGUN_ADDRESS = /^\((?:[^\s<]*|<[^<>\n]*>?)(?:[ \t]+(?:["'(][^\n]*)?)?$/;
const CJK = "\\p{Script=Han}\\p{Script=Hangul}\\p{Script=Hiragana}\\p{Script=Katakana}\\u3000-\\u303f\\uff00-\\uffef";
/** What is before a mark that opens; and what is after one that opens, though a letter is before it. */
const BEFORE = { "*": new RegExp(`^$|[\\s\\p{P}\\p{S}\\udc00-\\udfff${CJK}]`, "u"), _: /^$|[\s\p{Ps}\p{Pi}"'*~]/u };
const NO_LINK_AFTER = new RegExp(`(?![${CJK}])[\\p{L}\\p{N}\\]]`, "u");
const AFTER = new RegExp(`[${CJK}]`, "u");
const LONGEST_LINE = 200;
const LONGEST_LINK = 300;

/** Returns the text without the lines at its end that wait. */
export function settled(text) {
  const fence = openFence(text);
  if (fence) return text.replace(new RegExp(`\\n[ \\t>]*\\${fence}+$`), "");
  const table = TABLE.exec(text);
  const above = table && text.slice(text.lastIndexOf("\n", table.index - 1) + 1, table.index);
  if (table && !/^[ \t>]*\|/.test(above)) return text.slice(0, table.index);
  const last = text.lastIndexOf("\n") + 1;
  return text.length - last <= LONGEST_LINE && SIGNS.test(text.slice(last)) ? text.slice(0, last) : text;
}

/** Returns the sign of a fence whose code has begun and not ended, if there is one. */
function openFence(text) {
  let open = "";
  for (const { 0: line, 1: run, 2: rest, index } of text.matchAll(FENCE)) {
    if (!open && index + line.length < text.length) open = run;
    else if (open && run.startsWith(open) && !rest.trim()) open = "";
  }
  return open[0];
}

/** Returns the text of a paragraph, an item or a cell with its marks closed. */
export function mended(words) {
  let text = words.replace(UNDECIDED, "").trimEnd();
  /** The marks that have no end yet: `{sign, at, length}`. */
  const open = [];
  for (let at = 0; at < text.length; ) {
    const sign = text[at];
    let length = 1;
    if (sign === "\\") length = 2;
    else if ("*_~`".includes(sign)) while (text[at + length] === sign) length += 1;
    const mark = { sign, at, length };
    if (sign === "`") {
      const end = new RegExp(`(?<!\\x60)\\x60{${length}}(?!\\x60)`, "g");
      end.lastIndex = at + length;
      if (!end.test(text)) return closed(text.replace(/(?<=[^\x60])\x60+$/, (run, place) => (place > at ? "" : run)), [...open, mark]);
      length = end.lastIndex - at;
    } else if (text.startsWith("[^", at)) length = Math.max(1, text.indexOf("]", at) + 1 - at);
    else if (sign === "[" && !NO_LINK_AFTER.test(text[at - 1] ?? "")) open.push(mark);
    else if (sign === "]") {
      const begun = open.findLastIndex((each) => each.sign === "[");
      if (begun >= 0) {
        const end = endOfLink(text, at + 1);
        if (end < 0) return closed(text.slice(0, at), open);
        open.length = begun;
        length = end - at;
      }
    } else if ("*_".includes(sign) || (sign === "~" && (length === 2 || at + length === text.length))) match(open, mark, text);
    at += length;
  }
  return closed(text, open);
}

/** Returns where a link ends whose words end at a place, which is there if it is none; -1 if that is not known yet. */
function endOfLink(text, at) {
  if (at === text.length) return -1;
  if (text[at] === "[") return text.indexOf("]", at) < 0 ? -1 : at;
  if (text[at] !== "(") return at;
  ADDRESS.lastIndex = at;
  if (ADDRESS.test(text)) return ADDRESS.lastIndex;
  return text.length - at <= LONGEST_LINK && BEGUN_ADDRESS.test(text.slice(at)) ? -1 : at;
}

/** Lets stars, underscores or tildes close what they can, else open. */
function match(open, mark, text) {
  const [before, after] = [text[mark.at - 1] ?? "", text[mark.at + mark.length] ?? ""];
  const begun = open.findLastIndex(({ sign }) => sign === mark.sign);
  if (begun >= 0 && /\S/.test(before) && after) {
    open.length = begun + 1;
    open[begun].length -= mark.length;
    if (open[begun].length <= 0) open.pop();
  } else if (!after || (/\S/.test(after) && opens(mark, before, after))) open.push(mark);
}

const opens = ({ sign, length }, before, after) =>
  (BEFORE[sign] ?? BEFORE["*"]).test(before) || (sign !== "_" && (AFTER.test(after) || (length > 1 && !/\d/.test(after))));

/** Closes the marks that are open; a bracket goes, and so does a mark after which nothing comes. */
function closed(text, open) {
  return open.reduceRight((rest, { sign, at, length }) => {
    if (sign !== "[") return at + length >= rest.length ? rest.slice(0, at).trimEnd() : rest + sign.repeat(length);
    const isText = rest.length - at > LONGEST_LINK || rest.includes("\n", at);
    return isText ? rest : rest.slice(0, rest[at - 1] === "!" ? at - 1 : at) + rest.slice(at + 1);
  }, text);
}
