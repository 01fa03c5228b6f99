/** Puts the page together: asks the world, remembers who is chosen and shows it all. */

import * as api from "/page/api.js";
import { mention, reached } from "/page/banner.js";
import { callsPanel } from "/page/calls.js";
import { composer } from "/page/composer.js";
import { Outbox } from "/page/outbox.js";
import { foldingPanel, showModel } from "/page/panel.js";
import { peopleList } from "/page/people.js";
import { poll } from "/page/poll.js";
import { quotaPanel } from "/page/quota.js";
import { thread } from "/page/thread.js";
import { Unread } from "/page/unread.js";

const FAILURES_TO_STOP = 2;

let world = null;
let chosen = decodeURIComponent(location.hash.slice(1));

const unread = new Unread();
const outbox = new Outbox({ send: api.send, changed: render, refresh: () => refresh() });
const calls = callsPanel();
const showQuota = quotaPanel();
const writing = composer({ send: (action) => outbox.send(current(), action) });
const showPeople = peopleList({ choose, add });
const showThread = thread({
  retry: (message) => focusAfter(outbox.retry(current(), message)),
  choose: ({ title, payload }) => focusAfter(outbox.send(current(), { text: title, payload })),
  start: () => focusAfter(outbox.send(current(), { postback: "GET_STARTED", title: "Get started" })),
  unsend,
});

/** The button that was used is gone by now, so the focus goes to where the next words are written. */
const focusAfter = () => writing.focus();
const current = () => world.people.find((person) => person.psid === chosen) ?? world.people[0];
const nameOf = (psid) => world?.people.find((person) => person.psid === psid)?.name ?? psid;

function choose(psid) {
  chosen = psid;
  history.replaceState(null, "", `#${encodeURIComponent(psid)}`);
  render();
  refreshQuota();
}

async function add(name) {
  try {
    const { psid } = await api.addPerson(name);
    await refresh();
    choose(psid);
    writing.focus();
  } catch {
    mention(`${name} could not be added.`);
  }
}

async function unsend({ mid }) {
  writing.focus();
  const { status } = await api.send(current().psid, { unsend: mid }).catch(() => ({ status: 0 }));
  if (status !== 200) mention("The webhook did not accept that the message was unsent.");
  await refresh();
}

function render() {
  if (!world) return;
  const person = current();
  const messages = outbox.messagesOf(person);
  unread.look(world.people, { at: document.hidden ? null : person.psid });
  showPeople(world.people.map((each) => summary(each, person)));
  showThread({ ...person, messages, seenAt: person.seen_at, pageName: world.page.name });
  showModel(world.model);
  writing.show(person.psid);
}

const summary = (each, person) => ({
  psid: each.psid,
  name: each.name,
  last: outbox.messagesOf(each).at(-1),
  unread: unread.count(each),
  chosen: each === person,
});

let lastCall = 0;

function showCalls(answer) {
  const startedAnew = answer.next < lastCall;
  if (startedAnew) calls.clear();
  lastCall = startedAnew ? 0 : Math.max(lastCall, ...answer.calls.map((call) => call.n));
  if (!startedAnew) calls.show(answer.calls, nameOf);
}

async function askQuota() {
  if (!world) return null;
  const { psid, name } = current();
  return { psid, name, quota: await api.quota(psid) };
}

foldingPanel();
const refresh = poll({
  ask: api.messenger,
  told(answer) {
    world = answer;
    render();
  },
  failed: (failures) => (failures === 0 || failures >= FAILURES_TO_STOP) && reached(failures === 0),
  every: 300,
});
const refreshQuota = poll({
  ask: askQuota,
  told: (answer) => answer && answer.psid === current().psid && showQuota(answer),
  every: 1_000,
});
poll({ ask: () => api.calls(lastCall), told: showCalls, every: 500 });
