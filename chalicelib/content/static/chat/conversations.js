/** The conversations of a reader who is known: a list in which they are opened, renamed and deleted, and new ones. */

import { aloud } from "./aloud.js";
import { byId, drawing, el, mention, reconcile, say } from "./dom.js";
import { dayOf, named, show, timeOfDay } from "./times.js";
import { ulid } from "./ulid.js";
import { storage } from "./visitor.js";
import { t, trouble } from "./words.js";

document.head.append(el("link", { rel: "stylesheet", href: new URL("conversations.css", import.meta.url).href }));

/** Begins the bot's name of a conversation that is not its reader's first one, which has no name. */
const SIGN = "~";

/** Shows when a conversation was used: the time if it was today, else the day. */
function showMoment(time, at) {
  const isToday = dayOf(at) === dayOf(Date.now());
  show(time, at, isToday ? timeOfDay(at) : named(new Date(dayOf(at)).getTime()), !isToday);
}

/**
 * Returns `{name, isKnown(), enter(), begin(), receive(frame)}`. `name` is that of the conversation which this tab had
 * opened last, or null. `isKnown()` says whether the reader may have several, `isReady()` whether the page can change to
 * another one without losing a message, which `change(name)` does; `send(frame)` sends one.
 */
export function conversations({ key, room, isKnown, isReady, change, send }) {
  const [dialog, list, news, button] = ["own", "own-list", "own-news", "own-open"].map(byId);
  const kept = storage(`parley.own.${key}`, "sessionStorage");
  const address = new URL(location.href);
  /** The name, and whose it is: another reader may have signed in here since. */
  let [stored, whose] = kept.read()?.split(" ") ?? [];
  let name = room ? null : (address.searchParams.get("own") ?? stored ?? null);
  let you = "";
  let items = [];
  let isWaiting = false;
  /** The item of which the title is changed (`rename`), or which may be deleted (`erase`). */
  let busy = { name: undefined, how: null };

  const ifReady = (does) => (isReady() ? does() : mention(news, t("waiting")));

  /** Changes to a conversation. Where the browser refuses storage, the address says which. */
  const open = (next, title) =>
    ifReady(() => {
      [name, stored, whose] = [next, next, you];
      kept.write(next && `${next} ${you}`);
      address.searchParams.delete("own");
      if (!isStored(next)) address.searchParams.set("own", next);
      history.replaceState(null, "", address);
      dialog.close();
      change(next);
      if (title) aloud(title);
    });
  const isStored = (next) => {
    try {
      return sessionStorage.getItem(`parley.own.${key}`) === (next && `${next} ${you}`);
    } catch {
      return next === null;
    }
  };
  const begin = () => open(`${SIGN}${ulid(Date.now())}`, t("new_conversation"));

  const ask = (action, item, more) =>
    ifReady(() => {
      isWaiting = true;
      mention(news, "");
      send({ action, ...more, ...(item?.name && { room: item.name }) });
    });

  function row(item) {
    const tool = (icon, how) => el("button", { class: "round", type: "button", "data-testid": how, title: t(how), onclick: () => work(item.name, how) }, drawing(icon));
    const way = el("button", { class: "own-way", type: "button", "data-testid": "own", onclick: () => open(item.name, way.firstElementChild.textContent) }, el("span", { dir: "auto" }), el("time"));
    const field = el("input", { maxlength: "80", dir: "auto", "aria-label": t("rename") });
    const form = el("form", {}, field);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (field.value.trim()) ask("rename", item, { title: field.value });
      rest();
    });
    const erase = () => rest(ask("erase", item));
    const question = el("p", { role: "group", "aria-label": t("erase_ask") }, el("span", {}, t("erase_ask")), el("button", { type: "button", "data-testid": "erase-yes", onclick: erase }, t("yes")), el("button", { type: "button", onclick: () => rest() }, t("no")));
    return el("li", {}, way, form, question, tool("icon-edit", "rename"), tool("icon-bin", "erase"));
  }

  function update(node, { name: own, title, at }) {
    const [way, form, question, ...tools] = node.children;
    const how = busy.name === own ? busy.how : null;
    say(way.firstElementChild, title);
    showMoment(way.lastElementChild, at);
    way.ariaCurrent = String(own === name);
    if (how === "rename" && form.hidden) form.firstElementChild.value = title;
    [way.hidden, form.hidden, question.hidden] = [how === "rename", how !== "rename", how !== "erase"];
    for (const tool of tools) Object.assign(tool, { hidden: how !== null, ariaLabel: `${tool.title}: ${title}` });
  }

  /** Draws the list; if what had the focus is gone, the first conversation gets it. */
  const draw = () => {
    const held = list.contains(document.activeElement);
    reconcile(list, items, { create: row, update });
    byId("own-none").hidden = items.length > 0;
    if (held && !list.contains(document.activeElement)) (list.querySelector("button") ?? byId("own-new")).focus();
  };

  /** Shows what changes an item, and gives it the focus; `rest` gives that back. */
  function work(own, how) {
    busy = { name: own, how };
    draw();
    list.querySelector(how === "rename" ? "form:not([hidden]) input" : "p:not([hidden]) button:last-child").focus();
  }
  function rest() {
    const at = items.findIndex((item) => item.name === busy.name);
    busy = { name: undefined, how: null };
    draw();
    list.children[at]?.firstElementChild.focus();
  }

  button.addEventListener("click", () => {
    busy = { name: undefined, how: null };
    dialog.showModal();
    draw(ask("list"));
  });
  /** The item of the menu that opened the list is gone by now; the field for writing may have the focus already. */
  dialog.addEventListener("close", () => document.activeElement === document.body && byId("menu-button").focus());
  byId("own-new").addEventListener("click", begin);
  byId("own-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  /** Escape ends what changes an item, else closes the list, and never the widget around the page as well. */
  dialog.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    if (!busy.how) return;
    event.preventDefault();
    rest();
  });

  return {
    get name() {
      return name;
    },
    isKnown,
    begin,
    /** Returns the name of the conversation to connect to; only now it is known whether the reader is known. */
    enter: () => (isKnown() ? name : null),
    receive({ type, code, conversations: found = [], you: reader }) {
      if (type === "ready") {
        you = reader;
        button.hidden = Boolean(room) || !isKnown();
        if (isKnown() && stored && whose !== you) return open(null);
      }
      if (type === "error" && isWaiting) mention(news, trouble(code));
      if (type === "error") isWaiting = false;
      if (type !== "conversations") return;
      const was = items.some((item) => item.name === name);
      items = found.map(({ room: own = null, ...item }) => ({ ...item, name: own, key: own ?? SIGN }));
      isWaiting = false;
      draw();
      if (was && !items.some((item) => item.name === name)) open(null);
    },
  };
}
