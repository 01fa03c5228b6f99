/**
 * Adds a button that opens the chat to any web page: <script src="https://…/widget.js" data-config="…" async></script>
 * The chat is in an iframe of the bot's origin: neither it nor the page around it can read the other. docs/widget.md
 * says what the page can set and call. The parts of this script are files of one folder, joined by the bot in one function.
 */

/** A page may run this script again, as Turbo does with each visit: one button is enough. */
const RUNS = Symbol.for("parley.widget");

/** This script's address, from the stack: in a module there is no `currentScript`, and perhaps no tag. */
const own = () => new Error().stack?.match(/https?:\/\/[^\s)@]+\/widget\.js(?:\?[^\s):]*)?/)?.[0];
const src = document.currentScript?.src || own();
const ownTag = document.currentScript ?? [...document.scripts].find((script) => script.src === src);
const given = (name) => ownTag?.dataset[name] || (src && new URL(src).searchParams.get(name));
const [config, room] = [given("config"), given("room")];
if (window[RUNS]) return window[RUNS](ownTag, config);
if (!config) {
  return console.error('Parley: which chat? Give the script data-config="…", or its src ?config=… (scripts/parley keys show).');
}

const complaints = new Set();

/** Tells the site's developer once what is wrong in their page; the visitor sees nothing of it. */
const complain = (words) => {
  if (!complaints.has(words)) console.warn(`Parley: ${words}`);
  complaints.add(words);
};
