/**
 * Colours comments, strings, numbers and keywords of code, roughly alike in all languages. It marks ranges of the text
 * that is there, so nothing is added to an answer's nodes; a browser without `CSS.highlights` shows no colours.
 */

/** Longer code is not coloured: it is drawn again with each word that arrives. */
const LONGEST = 20_000;

/** The parts with a colour in all code of the page: with many more, a browser takes seconds for each word that is drawn. */
const MOST_PARTS = 4_000;

const HASH = new Set("bash dockerfile elixir fish makefile perl powershell py python r rb ruby sh shell toml yaml yml zsh".split(" "));
const DASHES = new Set("ada elm haskell hs lua sql".split(" "));
const PLAIN = new Set(["", "console", "diff", "log", "md", "markdown", "output", "plaintext", "text", "txt"]);

const COMMENT = { hash: "#[^\\n]*", dashes: "--[^\\n]*", slashes: "\\/\\/[^\\n]*|\\/\\*[^]*?(?:\\*\\/|$)|<!--[^]*?(?:-->|$)" };
const STRING = '"""[^]*?(?:"""|$)|"(?:\\\\.|[^"\\\\\\n])*"|\'(?:\\\\.|[^\'\\\\\\n])*\'|`(?:\\\\.|[^`\\\\])*`';
const NUMBER = "\\b\\d[\\w.]*";
const KEYWORDS =
  "and as assert async await begin break case catch class const continue def default delete do elif else elseif end enum " +
  "except export extends false False final finally fn for foreach from func function go if impl implements import in " +
  "instanceof interface is lambda let local match module mut new nil None nonlocal not null of or package pass private " +
  "protected pub public raise return select self static struct super switch then this throw throws trait true True try " +
  "type typeof undefined union until use using var void when where while with yield " +
  "SELECT FROM WHERE INSERT INTO VALUES UPDATE SET DELETE CREATE TABLE DROP ALTER JOIN LEFT RIGHT INNER OUTER ON GROUP " +
  "ORDER BY HAVING LIMIT AND OR NOT NULL AS DISTINCT";
const KEYWORD = `\\b(?:${KEYWORDS.replaceAll(" ", "|")})\\b`;

/** The groups of the pattern, in their order; each is a name of `::highlight()` in thread.css. */
const KINDS = ["comment", "string", "number", "keyword"];

const patterns = new Map();

function patternOf(style) {
  if (!patterns.has(style)) patterns.set(style, new RegExp(`(${COMMENT[style]})|(${STRING})|(${NUMBER})|(${KEYWORD})`, "g"));
  return patterns.get(style);
}

/** Returns `[kind, start, end]` for each part of the code that has a colour. `lang` is the word after the fence. */
export function parts(code, lang) {
  const name = lang.toLowerCase();
  if (PLAIN.has(name) || code.length > LONGEST) return [];
  const style = HASH.has(name) ? "hash" : DASHES.has(name) ? "dashes" : "slashes";
  return Array.from(code.matchAll(patternOf(style)), (match) => {
    const kind = KINDS.find((_, index) => match[index + 1] !== undefined);
    return [kind, match.index, match.index + match[0].length];
  });
}

/** The parts of each code that is coloured, oldest first. */
const coloured = new Set();

/** Colours the text of a `code` element, and takes the colours of the oldest away if there are too many; returns a function that takes its own away. */
export function colour(code, lang) {
  const text = code.firstChild;
  if (!globalThis.CSS?.highlights || !text) return () => {};
  const found = parts(text.data, lang);
  if (found.length > MOST_PARTS) return () => {};
  const ranges = found.map(([kind, start, end]) => {
    const range = new StaticRange({ startContainer: text, startOffset: start, endContainer: text, endOffset: end });
    return [highlight(kind), range];
  });
  for (const [kind, range] of ranges) kind.add(range);
  coloured.add(ranges);
  for (const oldest of coloured) {
    if (total() <= MOST_PARTS) break;
    uncolour(oldest);
  }
  return () => uncolour(ranges);
}

function uncolour(ranges) {
  ranges.forEach(([kind, range]) => kind.delete(range));
  coloured.delete(ranges);
}

function total() {
  return KINDS.reduce((sum, kind) => sum + highlight(kind).size, 0);
}

function highlight(kind) {
  if (!CSS.highlights.has(kind)) CSS.highlights.set(kind, new Highlight());
  return CSS.highlights.get(kind);
}
