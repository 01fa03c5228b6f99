// Writes counts.json: how many tokens of o200k_base, the vocabulary of OpenAI's models, each file of corpus/ has.
// Each line of a file is one message and is counted alone. Run it after a change of the corpus:
//   npm install --no-save --prefix /tmp/tokens gpt-tokenizer@4.0.0
//   NODE_PATH=/tmp/tokens/node_modules node tests/tokens/count.mjs
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const { encode } = createRequire(import.meta.url)("gpt-tokenizer/encoding/o200k_base");
const here = new URL("./", import.meta.url);
const count = (text) => text.split("\n").filter(Boolean).reduce((sum, line) => sum + encode(line).length, 0);
const counts = readdirSync(new URL("corpus/", here))
  .sort()
  .map((file) => [file.replace(".txt", ""), count(readFileSync(new URL(`corpus/${file}`, here), "utf8"))]);
writeFileSync(new URL("counts.json", here), `${JSON.stringify(Object.fromEntries(counts), null, 2)}\n`);
