/** Draws one message of the thread. */

import { drawing, el, say } from "/page/dom.js";
import { clock, moment } from "/page/when.js";

const ATTACHMENTS = {
  image: () => drawing("art-photo", { className: "photo", label: "A photo" }),
  sticker: () => drawing("icon-thumb", { className: "sticker", label: "Thumbs up" }),
};

const attachment = (kind) => (ATTACHMENTS[kind] ?? (() => el("span", {}, `[${kind}]`)))();

/** Creates a message's node; `update` fills in what can change later. `does` has `menu(button, message)` and `retry`. */
export function create(message, does) {
  const mine = message.from === "person";
  const node = el(
    "article",
    { class: "message", "data-testid": "message", "data-from": message.from },
    el("p", { class: "date" }),
    el("div", { class: "line" }, mine ? null : avatar(), el("div", { class: "bubble" })),
    el("p", { class: "receipt" }, el("span")),
  );
  if (mine) offerMenu(node, does.menu);
  if (mine) node.retry = retryButton(() => does.retry(node.message));
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

const retryButton = (onclick) =>
  el("button", { class: "retry", type: "button", "data-testid": "retry", onclick }, drawing("icon-retry"), "Retry");

/** Updates a node from its message. */
export function update(node, message) {
  const { begins, ends, status } = message;
  node.message = message;
  node.ariaLabel = `${message.from === "person" ? "You" : "The page"}, ${clock(message.at)}`;
  Object.assign(node.dataset, { status, mid: message.mid ?? "", begins, ends, kind: kindOf(message) });
  say(node.querySelector(".date"), message.date ? moment(message.at) : "");
  fill(node.querySelector(".bubble"), message);
  tell(node.querySelector(".receipt"), message.receipt);
  if (status !== "failed") node.retry?.remove();
  else if (!node.retry.isConnected) node.querySelector(".receipt").append(node.retry);
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

const spoken = (words) => el("span", { "data-testid": "message-text", dir: "auto" }, words);

function contentOf(message) {
  if (kindOf(message) === "gone") return [spoken("You unsent a message")];
  return [...(message.text ? [spoken(message.text)] : []), ...(message.attachments ?? []).map(attachment)];
}

function tell(line, receipt) {
  say(line.firstElementChild, receipt ?? "");
  line.hidden = !receipt;
  if (receipt === "Seen") line.dataset.testid = "seen";
  else line.removeAttribute("data-testid");
}
