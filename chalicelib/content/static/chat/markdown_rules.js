/** What counts as a mark in a model's Markdown where marked, the parser, decides differently. */

import { Lexer, Tokenizer } from "./marked.esm.js";
import { nested } from "./nesting.js";

/** Characters of Chinese, Japanese and Korean, their punctuation included: they stand beside words without a blank. */
const CJK = "[\\p{Script=Han}\\p{Script=Hangul}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Bopomofo}\\u3000-\\u303f\\u30fb\\u30fc\\ufe30-\\ufe4f\\uff00-\\uffef]";

/** Signs after which two stars close, though a letter follows: `**Price:**10 EUR`. */
const ENDS = "[:;,.!?)\\]}%\\u2026\\u201d\\u2019\\u00bb]";

/** Where an address ends: at punctuation of scripts whose sentences put no blank behind it, and at quotation marks. */
const BEYOND_ADDRESS = /[\u060c\u061b\u061f\u0964\u00ab\u00bb\u2018-\u201f\u2026\u3000-\u3004\u3008-\u3020\ufe30-\ufe6f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]/;

/** An address before a bracket that it does not open, with CJK behind it: `(https://example.com)를`. */
const UNOPENED = new RegExp(`^[^\\s<()]*(?:\\([^\\s<()]*\\)[^\\s<()]*)*(?=\\)${CJK})`, "u");

/** A letter or number, and stars before another, which are text: `Kund*innen`, `2*3*4`, `x**2`. */
const BETWEEN = new RegExp(`(?!${CJK})[\\p{L}\\p{N}]`, "u");
const INSIDE = new RegExp(`^\\*(?:\\*(?=\\p{N})|(?=(?!${CJK})[\\p{L}\\p{N}]))`, "u");

/** A host in ASCII directly before CJK letters that are no further part of a host: `https://example.com에서`. */
const HOST = new RegExp(`^(?:https?://|www\\.)[\\w.-]+\\.[a-z]{2,}(?=${CJK})(?![^\\s/?#.]*\\.[\\p{L}\\p{N}])`, "iu");

/**
 * Returns the rules of closing stars or tildes. As in CommonMark, a run closes after a word and opens before one; beside
 * CJK it does both, since no blank says which. The groups are those of marked: 1 and 2 close, 3 and 4 open, 5 and 6 both.
 * What `plain` matches counts as a letter.
 */
function closing(before, run, sign, plain) {
  const punctuation = `(?!${CJK}|${plain})[\\p{P}\\p{S}]`;
  const either = `(?!${CJK}|${plain})[\\s\\p{P}\\p{S}]`;
  const letter = `(?:[^\\s\\p{P}\\p{S}]|${CJK}|${plain})`;
  const afterEnd = `${ENDS}(?=${sign}{2}(?!${sign}))`;
  const beforeCjk = `(?!${sign})${punctuation}(?=${sign}+${CJK})`;
  const alternatives = [
    ...before,
    `(?!${sign})${punctuation}(${run})(?=\\s|$)`,
    `(?!${CJK}${sign}+(?!${sign})${punctuation})${letter}(${run})(?!${sign})(?=${either}|$)`,
    `(?!${sign}|${beforeCjk}|${afterEnd})${either}(${run})(?=${letter})`,
    `\\s(${run})(?!${sign})(?=${punctuation})`,
    `(?!${sign})(?:${punctuation}|${CJK})(${run})(?!${sign})(?=${punctuation})`,
    `(?:${letter}|${beforeCjk}|${afterEnd})(${run})(?=${letter})`,
  ];
  return new RegExp(alternatives.join("|"), "gu");
}

const OWN = {
  punctuation: new RegExp(`^((?![*_])(?:[\\s\\p{P}\\p{S}]|${CJK}))`, "u"),
  emStrongLDelim: new RegExp(`^(?:\\*+(?:((?![*~]|${CJK})[\\p{P}\\p{S}])|([^\\s*]))?)|^_+(?:((?![_~]|${CJK})[\\p{P}\\p{S}])|([^\\s_]))?`, "u"),
  emStrongRDelimAst: closing(["^[^_*]*?__[^_*]*?\\*[^_*]*?(?=__)", "[^*]+(?=[^*])"], "\\*+", "\\*", "~"),
  delLDelim: new RegExp(`^~~?(?:((?!~|${CJK})[\\p{P}\\p{S}])|[^\\s~])`, "u"),
  delRDelim: closing(["^[^~]+(?=[^~])"], "~~?", "~", "(?!)"),
};

/** Returns a lexer with these rules; `options` are marked's. */
export function lexerOf(options) {
  const lexer = new Lexer({ ...options, tokenizer: new Rules() });
  lexer.tokenizer.rules.inline = { ...lexer.tokenizer.rules.inline, ...OWN };
  return lexer;
}

class Rules extends Tokenizer {
  /** One tilde is text, as in `9~18` or `~5 EUR`: only two strike. */
  del(src, masked, previous) {
    return src.startsWith("~~") ? super.del(src, masked, whole(previous, src, masked)) : undefined;
  }

  emStrong(src, masked, previous) {
    const raw = BETWEEN.test(previous) && INSIDE.exec(src)?.[0];
    return raw ? { type: "text", raw, text: raw } : super.emStrong(src, masked, whole(previous, src, masked));
  }

  list(src) {
    const text = nested(src);
    const list = super.list(text);
    if (list && text !== src) list.raw = src.split("\n").slice(0, list.raw.split("\n").length).join("\n").trimEnd();
    return list;
  }

  url(src) {
    const end = HOST.exec(src)?.[0].length ?? src.search(BEYOND_ADDRESS);
    const address = end < 0 ? src : src.slice(0, end);
    return super.url(UNOPENED.exec(address)?.[0] ?? address);
  }
}

/** Returns the character before `src`, of which marked passes one half if it is beyond U+FFFF, such as most emoji. */
const whole = (previous, src, masked) => (/[\udc00-\udfff]/.test(previous) ? masked.slice(0, -src.length).slice(-2) : previous);
