/** Connects the page's modules: polls the simulator, keeps the chosen person, and draws everything. */

import * as api from "/page/api.js";
import { mention, reached } from "/page/banner.js";
import { followCalls } from "/page/calls.js";
import { composer } from "/page/composer.js";
import { followMails } from "/page/mails.js";
import { Outbox } from "/page/outbox.js";
import { foldingPanel, showModel } from "/page/panel.js";
import { peopleList } from "/page/people.js";
import { poll } from "/page/poll.js";
import { followQuota } from "/page/quota.js";
import { thread } from "/page/thread.js";
import { Unread } from "/page/unread.js";

const EVERY = 300;
const FAILURES_TO_STOP = 2;

let state = null;
let chosen = decodeURIComponent(location.hash.slice(1));

const { promise: ready, resolve: isReady } = Promise.withResolvers();
const unread = new Unread();
const outbox = new Outbox({ send: api.send, changed: render, refresh: () => refresh() });
const writing = composer({ send: (action) => outbox.send(current(), action), answer });
const showPeople = peopleList({ choose, add });
const showThread = thread({
  start: () => thenWrite(outbox.send(current(), { postback: "GET_STARTED", title: "Get started" })),
  choose: ({ title, payload }) => thenWrite(outbox.send(current(), { text: title, payload })),
  retry: (message) => thenWrite(outbox.retry(current(), message)),
  unsend: (message) => thenWrite(unsend(message)),
});

/** Moves the focus to the field for writing, because the button that was pressed may have been removed. */
const thenWrite = () => writing.focus();
const current = () => state.people.find((person) => person.psid === chosen) ?? state.people[0];
const nameOf = (psid) => state.people.find((person) => person.psid === psid)?.name ?? psid;

function choose(psid) {
  chosen = psid;
  history.replaceState(null, "", `#${encodeURIComponent(psid)}`);
  render();
  refreshQuota();
}

async function add(name) {
  const person = await api.addPerson(name).catch(() => null);
  if (!person) return mention(`${name} could not be added.`);
  await refresh();
  choose(person.psid);
  writing.focus();
}

/** A human of the page answers the person in the page's inbox. */
async function answer(text) {
  const { status } = await api.answer(current().psid, text).catch(() => ({ status: null }));
  if (status !== 200) mention("The webhook did not accept what the human wrote.");
  await refresh();
}

async function unsend({ mid }) {
  const { status } = await api.send(current().psid, { unsend: mid }).catch(() => ({ status: null }));
  if (status !== 200) mention("The webhook did not accept that the message was unsent.");
  await refresh();
}

function render() {
  if (!state) return;
  const person = current();
  unread.look(state.people, { at: document.hidden ? null : person.psid });
  showPeople(state.people.map((each) => summary(each, person)));
  showThread({ ...person, messages: outbox.messagesOf(person), seenAt: person.seen_at, pageName: state.page.name });
  showModel(state.model);
  writing.show(person.psid);
}

const summary = (each, person) => ({
  psid: each.psid,
  name: each.name,
  last: outbox.messagesOf(each).at(-1),
  unread: unread.count(each),
  chosen: each === person,
});

function onResponse(answer) {
  state = answer;
  isReady();
  render();
}

function failed(failures) {
  if (failures === 0 || failures >= FAILURES_TO_STOP) reached(failures === 0);
}

/** Opens the conversation by a link of the page, such as that of an invite. */
async function openLink(ref) {
  await ready;
  history.replaceState(null, "", location.pathname + location.hash);
  await api.send(current().psid, { ref });
}

foldingPanel();
const refresh = poll({ ask: api.messenger, onResponse, failed, every: EVERY });
const refreshQuota = followQuota({ current, ready });
followCalls({ nameOf, ready, began: () => state.began_at });
followMails({ ready, began: () => state.began_at });
const ref = new URLSearchParams(location.search).get("ref");
if (ref) openLink(ref);
