/** Draws one message of the thread. */

import { drawing, el, say } from "/page/dom.js";
import { clock, moment } from "/page/when.js";

const ATTACHMENTS = {
  image: () => drawing("art-photo", { className: "photo", label: "A photo" }),
  sticker: () => drawing("icon-thumb", { className: "sticker", label: "Thumbs up" }),
};

const attachment = (kind) => (ATTACHMENTS[kind] ?? (() => el("span", {}, `[${kind}]`)))();

/** A message's node; what can change later is left to `update`. `does` has `menu(button, message)` and `retry`. */
export function create(message, does) {
  const mine = message.from === "person";
  const node = el(
    "article",
    { class: "message", "data-testid": "message", "data-from": message.from, "aria-label": mine ? "You" : "The page" },
    el("p", { class: "date" }),
    el("div", { class: "line" }, mine ? null : avatar(), el("div", { class: "bubble" })),
    el("p", { class: "receipt" }, el("span")),
  );
  if (mine) offerMenu(node, does.menu);
  if (mine) offerRetry(node, does.retry);
  return node;
}

const avatar = () => el("span", { class: "avatar page-avatar", "aria-hidden": "true" }, drawing("icon-parley"));

function offerMenu(node, menu) {
  const button = el(
    "button",
    { class: "more", type: "button", "data-testid": "message-menu", "aria-haspopup": "menu", "aria-label": "More" },
    drawing("icon-more"),
  );
  button.addEventListener("click", () => menu(button, node.message));
  node.querySelector(".line").prepend(button);
}

function offerRetry(node, retry) {
  const click = () => retry(node.message);
  const button = el("button", { class: "retry", type: "button", "data-testid": "retry", onclick: click }, "Retry");
  button.prepend(drawing("icon-retry"));
  node.querySelector(".receipt").append(button);
}

/** Brings a node up to date with its message. */
export function update(node, message) {
  const { begins, ends, status } = message;
  node.message = message;
  Object.assign(node.dataset, { status, mid: message.mid ?? "", begins, ends, kind: kindOf(message) });
  say(node.querySelector(".date"), message.date ? moment(message.at) : "");
  fill(node.querySelector(".bubble"), message);
  tell(node.querySelector(".receipt"), message.receipt);
}

function kindOf({ status, text, attachments }) {
  if (status === "unsent") return "gone";
  return text || !attachments?.length ? "text" : attachments[0];
}

function fill(bubble, message) {
  const content = JSON.stringify([kindOf(message), message.text, message.attachments]);
  bubble.title = clock(message.at);
  if (bubble.content === content) return;
  bubble.content = content;
  bubble.replaceChildren(...contentOf(message));
}

function contentOf(message) {
  if (kindOf(message) === "gone") return [el("span", {}, "You unsent a message")];
  const words = message.text ? [el("span", { "data-testid": "message-text", dir: "auto" }, message.text)] : [];
  return [...words, ...(message.attachments ?? []).map(attachment)];
}

function tell(line, receipt) {
  say(line.firstElementChild, receipt ?? "");
  line.hidden = !receipt;
  if (receipt === "Seen") line.dataset.testid = "seen";
  else line.removeAttribute("data-testid");
}
