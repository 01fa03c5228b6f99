/** The list of test people: the chosen one, the last message and the number of unread ones. */

import { byId, el, reconcile, say } from "/page/dom.js";
import { clock } from "/page/when.js";

const HUES = 6;
const STEP = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

const initials = (name) => name.trim().split(/\s+/).slice(0, 2).map((word) => [...word][0].toUpperCase()).join("");
const hueOf = (psid) => [...psid].reduce((sum, letter) => sum * 31 + letter.codePointAt(0), 7) % HUES;

const AS_WORDS = { image: "Photo", sticker: "👍" };

function preview(message) {
  if (!message) return "No messages yet";
  if (message.status === "unsent") return "You unsent a message";
  const words = message.text || AS_WORDS[message.attachments?.[0]] || "Attachment";
  return message.from === "person" ? `You: ${words}` : words;
}

function create({ psid, name }, choose) {
  const parts = ["name", "time", "preview", "badge"].map((part) => el("span", { class: part }));
  const face = el("span", { class: "avatar", "data-hue": hueOf(psid), "aria-hidden": "true" }, initials(name));
  const button = el("button", { type: "button", "data-testid": `person-${psid}`, onclick: () => choose(psid) }, face, ...parts);
  return el("li", {}, button);
}

function update(node, { name, last, unread, chosen }) {
  const button = node.firstElementChild;
  const badge = button.querySelector(".badge");
  say(button.querySelector(".name"), name);
  say(button.querySelector(".time"), last ? clock(last.at) : "");
  say(button.querySelector(".preview"), preview(last));
  badge.hidden = !unread;
  badge.setAttribute("aria-label", `${unread} unread`);
  say(badge, String(unread));
  if (chosen && button.ariaCurrent !== "true") node.scrollIntoView({ block: "nearest", inline: "nearest" });
  button.ariaCurrent = String(chosen);
}

function onKey(event) {
  const buttons = [...event.currentTarget.querySelectorAll("button")];
  const at = buttons.indexOf(document.activeElement);
  if (at < 0 || !(event.key in STEP)) return;
  event.preventDefault();
  buttons[(at + STEP[event.key] + buttons.length) % buttons.length].focus();
}

/** Returns `show(people)`; each person has `{psid, name, last, unread, chosen}`. */
export function peopleList({ choose, add }) {
  const list = byId("people");
  list.addEventListener("keydown", onKey);
  offerNewPerson(add);
  return (people) => {
    const items = people.map((person) => ({ ...person, key: person.psid }));
    reconcile(list, items, { create: (person) => create(person, choose), update });
  };
}

function offerNewPerson(add) {
  const [dialog, name] = [byId("new-person-dialog"), byId("new-person-name")];
  byId("new-person").addEventListener("click", () => dialog.showModal());
  byId("new-person-cancel").addEventListener("click", () => dialog.close());
  byId("new-person-form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (!name.value.trim()) return;
    dialog.close();
    add(name.value.trim());
    name.value = "";
  });
}
