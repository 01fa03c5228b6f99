/** Finds formulas in a model's Markdown: `\(…\)`, `\[…\]`, `$$…$$`, and `$…$` where it is no price. For marked, as extensions. */

/** Characters of a formula: a longer one stays text. */
const LONGEST = 3_000;
/** Characters that are held back at most while an answer grows, since the end of their formula may follow. */
const HELD = 800;
const HELD_AFTER_DOLLAR = 120;

const upTo = (end) => `((?:(?!${end})[^]){1,${LONGEST}})${end}`;
const ROUND = `\\\\\\(${upTo("\\\\\\)")}`;
const SQUARE = `\\\\\\[${upTo("\\\\\\]")}`;
const DOUBLE = `\\$\\$(?!\\$)${upTo("\\$\\$")}`;
const BLOCK = new RegExp(`^ {0,3}(?:${DOUBLE}|${SQUARE})[ \\t]*(?:\\n+|$)`);
const BLOCK_BEGINS = /^ {0,3}(?:\$\$|\\\[)/;
const INLINE = new RegExp(`^(?:${ROUND}|${SQUARE}|${DOUBLE})`);
/** No blank inside at the ends, no digit behind; letters behind only as in `$n$th`. */
const DOLLARS = /^\$((?![\s$])(?:\\[^\n]|[^$\n\\`])+?)(?<!\s)\$(?![0-9A-Za-z$]|[,.][0-9])|^\$((?![\s$])(?:\\[^\n]|[^$\n\\`])+?)(?<!\s)\$(?=(?:th|st|nd|rd|s)\b)/;

/** Brackets that are escaped so that they are no link: `\[words\](there)`. */
const NO_LINK = /^\\(?:\[[^\n]*?\\)?\]\(/;
/** The same before its address has come. */
const MAY_BE_NO_LINK = /^\\\[[^\n]*\\\]$/;

/** Words and no sign of mathematics, such as the `note` of `\[note\]`. */
const PROSE = /^(?=.*\p{L}{4})[\p{L}\s.,:;!?'’-]*$/u;
const NUMBER = /^[\d.,]+$/;
const SIGN = /[\\^_={}<>]/;
const LETTER = /\p{L}/u;
const WORD = /(?:^|\s)\p{L}{2,}(?:\s|$)/u;

/** Whether the text between two single dollar signs is a formula: `x`, `2x+1`, `\alpha`, `0`; not ` or `, `5/mo and`. */
const isFormula = (tex) => !tex.includes("**") && (NUMBER.test(tex) || SIGN.test(tex) || (LETTER.test(tex) && !WORD.test(tex)));

const token = (raw, tex, display) => ({ type: "math", raw, tex: tex.trim(), display });
/** What shows nothing until the rest of the formula is there. */
const held = (raw) => ({ type: "math", raw, tex: "" });
const asWritten = (raw) => ({ type: "text", raw, text: raw, escaped: false });

function block(src) {
  if (!BLOCK_BEGINS.test(src)) return undefined;
  const [raw, dollars, brackets] = BLOCK.exec(src) ?? [];
  const tex = dollars ?? brackets;
  if (tex !== undefined) return isProse(tex) ? undefined : token(raw, tex, true);
  return this.lexer.options.grows && isOpen(src.trimStart()) ? held(src) : undefined;
}

function inline(src, tokens) {
  if (src[0] !== "$" && !/^\\[()[\]]/.test(src)) return undefined;
  const [raw, round, square, dollars] = INLINE.exec(src) ?? [];
  const tex = round ?? square ?? dollars;
  const isCitation = square !== undefined && NUMBER.test(square);
  if (tex !== undefined && !isProse(tex) && !isCitation) return token(raw, tex, round === undefined);
  if (this.lexer.options.grows && (isOpen(src) || MAY_BE_NO_LINK.test(src))) return held(src);
  if (NO_LINK.test(src)) return undefined;
  if (src[0] === "\\") return asWritten(src.slice(0, 2));
  return single(src, tokens, this.lexer.options.grows);
}

/** A formula between single dollar signs; before the first there is no letter or digit, as in `US$`. */
function single(src, tokens, grows) {
  if (/[0-9A-Za-z$]$/.test(tokens.at(-1)?.raw ?? "")) return undefined;
  const [raw, plain, counted] = DOLLARS.exec(src) ?? [];
  const tex = plain ?? counted;
  if (tex !== undefined) return isFormula(tex) ? token(raw, tex, false) : undefined;
  return grows && src.length < HELD_AFTER_DOLLAR && /^\$(?:[A-Za-z\\(|][^$\n]*|)$/.test(src) ? held(src) : undefined;
}

/** Whether a formula begins whose end is missing. */
const isOpen = (src) => src.length < HELD && !src.startsWith("$$$") && [["\\(", "\\)"], ["\\[", "\\]"], ["$$", "$$"]].some(([begin, end]) => src.startsWith(begin) && !src.includes(end, 2));

const isProse = (tex) => PROSE.test(tex) || !tex.trim();

/** Where the next formula may begin, for the rules of text that stops there. */
const nextInline = (src) => src.search(/\$|\\[()[\]]/);

function nextBlock(src) {
  const at = src.search(/\n {0,3}(?:\$\$|\\\[)/);
  return at < 0 ? undefined : at + 1;
}

/** Hides the stars and underscores of formulas from the rules of bold and italic. */
function masked(src) {
  return src.replace(/\\\([^]+?\\\)|\\\[[^]+?\\\]|\$\$[^]+?\$\$|\$(?![\s$])[^$\n]+?(?<!\s)\$(?![0-9A-Za-z$])/g, (formula) => (/^\$[^$]/.test(formula) && !isFormula(formula.slice(1, -1)) ? formula : "a".repeat(formula.length)));
}

/** Returns marked's options with which it finds formulas; `draw(token)` returns their HTML. */
export function mathOptions(draw) {
  const extensions = { block: [block], inline: [inline], startBlock: [nextBlock], startInline: [nextInline], renderers: { math: draw } };
  return { extensions, hooks: { emStrongMask: masked } };
}
