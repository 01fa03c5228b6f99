/** Nests lists that are indented, though less than Markdown demands below a number: models write two blanks. */

const NUMBERED = /^ {0,3}\d{1,9}[.)] +(?=\S)/;
const LIST = /^ (?: *[-*+]| +1[.)]) /;
const MAY_NEED_IT = /\n {1,11}(?:[-*+]|1[.)]) /;

/** Returns the text with the lists inside the numbered list at its beginning indented as far as they need. No line is added. */
export function nested(text) {
  if (!NUMBERED.test(text) || !MAY_NEED_IT.test(text)) return text;
  /** Where the words of the item begin; where a list in it begins, and by how much that is too little. */
  let [words, list, missing] = [0, Infinity, 0];
  const moved = text.split("\n").map((line) => {
    const indent = line.search(/\S/);
    if (indent < 0) return line;
    if (indent < list) [list, missing] = [Infinity, 0];
    const number = NUMBERED.exec(line)?.[0];
    const begins = LIST.test(line) && indent < words;
    if (number && !missing && !begins && indent < Math.max(words, 1)) words = number.length;
    else if (begins && !missing) [list, missing] = [indent, words - indent];
    return " ".repeat(missing) + line;
  });
  return moved.join("\n");
}
