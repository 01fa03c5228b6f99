/** Draws one turn: the question, and the answer so far. */

import { copy } from "./copy.js";
import { drawing, el, mention, say } from "./dom.js";
import { paintFace } from "./look.js";
import { painter } from "./markdown.js";
import { held, t, trouble } from "./words.js";

/** Codes of notices after which the same question may be answered when it is asked again. */
const PASSING = new Set(["apology", "apology_counts", "cancelled"]);
/** Codes of refusals that a message meets each time it is sent. */
const FINAL = new Set(["blocked", "key_revoked", "too_large", "unknown_action", "unknown_turn"]);

/** Creates the node of a turn; `does` has `retry(entry)`, `regenerate(entry)` and `rate(entry, value)`. `update` fills in what can change later. */
export function create(entry, does) {
  const bubble = el("div", { class: "bubble", "data-testid": "question" });
  const fate = el("p", { class: "fate" }, el("span"));
  const node = el(
    "article",
    { class: "turn", "data-testid": "turn" },
    el("div", { class: "question" }, el("p", { class: "by" }), bubble, fate),
    answer(),
  );
  const retry = el("button", { class: "chip", type: "button", "data-testid": "retry" }, drawing("icon-retry"), el("span"));
  retry.addEventListener("click", () => does.retry(node.entry));
  const again = el("button", { class: "chip", type: "button", "data-testid": "regenerate" }, drawing("icon-retry"), el("span", {}, t("regenerate")));
  again.addEventListener("click", () => does.regenerate(node.entry));
  const thumbs = ["up", "down"].map((value) => thumb(value, () => does.rate(node.entry, value)));
  node.parts = { bubble, fate, retry, again, thumbs, by: node.querySelector(".by"), ...answerParts(node) };
  const says = (key) => say(node.parts.copy.lastElementChild, t(key));
  node.parts.copy.addEventListener("click", () => copy(node.entry.text, says, "copy"));
  return node;
}

function thumb(value, onclick) {
  const label = t(`thumb_${value}`);
  const attributes = { class: `chip thumb ${value}`, type: "button", "data-testid": `thumb-${value}`, "aria-label": label, title: label };
  return el("button", { ...attributes, onclick }, drawing("icon-thumb"));
}

function answer() {
  return el(
    "div",
    { class: "answer", hidden: true },
    el("span", { class: "face", "aria-hidden": "true" }),
    el(
      "div",
      { class: "said" },
      el("p", { class: "unseen" }),
      el("div", { class: "words", "data-testid": "answer", dir: "auto" }),
      el("p", { class: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i")),
      el("p", { class: "footer", dir: "auto", hidden: true }),
      el("p", { class: "tools" }, el("button", { class: "chip copy", type: "button" }, drawing("icon-copy"), el("span", {}, t("copy")))),
    ),
  );
}

function answerParts(node) {
  const find = (name) => node.querySelector(name);
  const words = find(".words");
  const parts = { answer: find(".answer"), words, footer: find(".footer"), name: find(".said > .unseen"), tools: find(".tools"), copy: find(".copy") };
  return { ...parts, dots: find(".dots"), face: find(".answer .face"), paint: painter(words) };
}

/** Updates a node from its entry: `{key, version, mine, by, asked, status, again, …}` and, for a turn, the fields that `reply` needs. */
export function update(node, entry) {
  const changed = node.entry?.turn !== entry.turn || node.entry?.version !== entry.version || node.entry.state !== entry.state || node.entry.again !== entry.again;
  node.entry = entry;
  if (!changed) return;
  Object.assign(node.dataset, { mine: entry.mine, status: entry.status ?? "", state: entry.state ?? "", turn: entry.turn ?? "" });
  ask(node.parts, entry);
  if (entry.state) reply(node.parts, entry);
}

function ask({ bubble, fate, by, retry }, { asked, by: name, status, code, item }) {
  say(bubble, asked ?? "");
  bubble.parentElement.hidden = !asked;
  by.classList.toggle("unseen", !name);
  say(by, name || t("you"));
  const shown = { waiting: t("waiting"), queued: t("sending"), held: held(code), sent: code ? held(code) : t("sending"), failed: trouble(code) }[status];
  const words = (item?.slow && ["sent", "accepted"].includes(status) && t("slow")) || shown || "";
  say(fate.firstElementChild, words);
  fate.hidden = !words;
  offer(retry, fate, status === "failed" && !FINAL.has(code) && "retry");
}

function reply(parts, { text, code, state, slow, footer, persona, mine, again, rateable, feedback }) {
  const [over, empty] = [state !== "open", !text];
  const plain = code && code !== "crisis";
  parts.answer.hidden = false;
  parts.answer.dataset.code = code ?? "";
  paintFace(parts.face, persona);
  say(parts.name, persona.name);
  parts.name.className = code === "human" ? "by" : "unseen";
  if (plain) say(parts.words, text);
  const bare = plain ? empty : !parts.paint(text, !over);
  parts.words.classList.toggle("streams", !over && !bare);
  parts.dots.hidden = over || !bare;
  mention(parts.footer, (over ? empty && t("dropped") : slow && t("slow")) || footer || (state === "stopped" && !code && t("stopped")));
  parts.copy.hidden = !over || empty || Boolean(code);
  offer(parts.retry, parts.tools, over && mine && PASSING.has(code) && "ask_again");
  for (const button of parts.thumbs) {
    place(button, parts.tools, rateable);
    button.ariaPressed = button.classList.contains(feedback);
  }
  place(parts.again, parts.tools, again);
  parts.tools.hidden = over && parts.copy.hidden && !parts.tools.contains(parts.retry);
}

/** Shows the retry button in `parent` with the text `key`, or removes it from there if `key` is false. */
function offer(retry, parent, key) {
  if (key) say(retry.lastElementChild, t(key));
  place(retry, parent, key);
}

/** Puts a button into `parent`, or takes it out of there; one that stays there keeps the focus. */
function place(button, parent, wanted) {
  const isThere = button.parentElement === parent;
  if (wanted && !isThere) parent.append(button);
  if (!wanted && isThere) button.remove();
}
