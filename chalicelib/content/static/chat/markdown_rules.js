/** What counts as a mark in a model's Markdown where marked, the parser, decides differently. */

import { Tokenizer } from "./marked.esm.js";

/** One tilde is text, as in `9~18` or `~5 EUR`: only two strike. */
export class Rules extends Tokenizer {
  del(src, ...rest) {
    return src.startsWith("~~") ? super.del(src, ...rest) : undefined;
  }
}
