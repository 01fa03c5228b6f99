/** The chat with one person: messages, typing dots, quick replies and the first button of an empty thread. */

import * as bubble from "/page/bubble.js";
import { byId, el, reconcile, say } from "/page/dom.js";
import { openMenu } from "/page/menu.js";
import { stickToEnd } from "./chat/scroll.js";
import { suggestions, timeline } from "/page/timeline.js";

const STEP = { ArrowDown: 1, ArrowUp: -1 };

/** Returns `show({psid, name, messages, typing, seenAt, pageName})`; `does` has retry, unsend, choose and start. */
export function thread(does) {
  const log = byId("log");
  const toEnd = stickToEnd(byId("scroller"), byId("jump"));
  const menu = (button, message) =>
    openMenu(button, [{ label: "Unsend", icon: "icon-undo", testid: "unsend", run: () => does.unsend(message) }]);
  let shown = null;

  byId("get-started").addEventListener("click", does.start);
  log.addEventListener("keydown", (event) => moveBetweenMenus(event, log));

  return (chat) => {
    const switched = shown?.psid !== chat.psid;
    const wroteMore = !switched && lastOfMine(chat) !== lastOfMine(shown);
    log.setAttribute("aria-live", switched ? "off" : "polite");
    showMessages(log, chat, { menu, retry: does.retry, animated: !switched });
    showAround(chat, does.choose);
    if (switched || wroteMore) toEnd();
    shown = chat;
  };
}

const lastOfMine = (chat) => chat.messages.findLast((message) => message.from === "person")?.key;

function showMessages(log, chat, { animated, ...does }) {
  const create = (message) => {
    const node = bubble.create(message, does);
    node.classList.toggle("arrives", animated);
    return node;
  };
  reconcile(log, timeline(chat.messages, chat), { create, update: bubble.update });
  log.querySelectorAll(".more").forEach((button, index, all) => (button.tabIndex = index === all.length - 1 ? 0 : -1));
}

function showAround({ messages, typing, pageName, name }, choose) {
  say(byId("page-name"), pageName);
  say(byId("intro-name"), pageName);
  say(byId("me"), `You are ${name}`);
  byId("typing").hidden = !typing;
  byId("get-started").hidden = messages.length > 0;
  showSuggestions(typing ? [] : suggestions(messages), choose);
}

function showSuggestions(replies, choose) {
  const group = byId("quick-replies");
  const items = replies.map((reply, index) => ({ ...reply, key: `${index} ${reply.title} ${reply.payload}` }));
  const create = (reply) =>
    el("button", { type: "button", "data-testid": "quick-reply", onclick: () => choose(reply) }, reply.title);
  reconcile(group, items, { create });
  group.hidden = items.length === 0;
}

/** Makes only the newest message's menu a tab stop; the arrow keys reach the others. */
function moveBetweenMenus(event, log) {
  const buttons = [...log.querySelectorAll(".more")];
  const at = buttons.indexOf(event.target);
  if (at < 0 || !(event.key in STEP)) return;
  event.preventDefault();
  buttons[at + STEP[event.key]]?.focus();
}
