/** Puts the page together: frames change the conversation, and the conversation is shown once for each picture the screen draws. */

import { composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { byId, say } from "./dom.js";
import { answered, embed } from "./embed.js";
import { Link } from "./link.js";
import { Outbox } from "./outbox.js";
import { connectionState, showPresence, showTerms, stopButton } from "./state.js";
import { greet, thread } from "./thread.js";
import { Visitor } from "./visitor.js";
import { translatePage } from "./words.js";

const CHECK_EVERY = 1_000;
const ACCEPTED_WITHIN = 15_000;
/** Drawing may take a fifth of the time; the longer it takes, the rarer it happens. */
const REST = 4;

translatePage();

const asked = new URLSearchParams(location.search);
const conversation = new Conversation();
const outbox = new Outbox();
const visitor = new Visitor(asked.get("config") ?? "", { met: ({ persona }) => greet(persona) });
const link = new Link({ visitor, room: asked.get("room"), told, changed });
const showConnection = connectionState({ retry: () => link.wake() });
const showThread = thread({ retry, choose: ({ command }) => thenWrite(write(command)) });
const showStop = stopButton({ stop: (turn) => thenWrite(post(conversation.stop(turn))) });
const writing = composer({ send: write });

let ahead = 0;
let sentAt = Infinity;
let due = false;
let notBefore = 0;
const unread = new Set();

/** The button that was used may be gone by now, so the focus goes to where the next words are written. */
const thenWrite = () => writing.focus();

function write(text) {
  outbox.add(text);
  post();
}

function retry(entry) {
  if (entry.item) outbox.retry(entry.item);
  else outbox.add(entry.question);
  thenWrite(post());
}

/** Sends what waits, as soon as somebody is there to take it. */
function post() {
  const frames = link.state === "open" ? outbox.take(Date.now() + ahead) : [];
  if (frames.length) sentAt = performance.now();
  frames.forEach((frame) => link.send(frame));
  wish();
  soon();
}

function wish() {
  if (link.state === "open") conversation.wishes(performance.now()).forEach((frame) => link.send(frame));
}

function told(frame) {
  if (frame.type === "ready") ahead = frame.now - Date.now();
  conversation.take(frame);
  outbox.hear(frame);
  recognise();
  if (frame.type === "completed") over(frame.turn);
  post();
}

/** A message that was written here and is a turn by now stays the same on the screen. */
function recognise() {
  for (const turn of conversation.turns) {
    const item = turn.from === conversation.you && turn.key === turn.turn && outbox.show(turn);
    if (item && !conversation.turns.some((other) => other.key === item.key)) turn.key = item.key;
  }
  outbox.tidy();
}

function over(turn) {
  unread.add(turn);
  answered();
}

function changed(state, code) {
  if (state !== "open") outbox.broke();
  if (state === "closed") writing.close();
  showConnection(state, code);
  soon();
}

function soon() {
  if (!due) requestAnimationFrame(draw);
  due = true;
}

function draw() {
  const began = performance.now();
  if (began < notBefore) return requestAnimationFrame(draw);
  due = false;
  showThread(conversation, outbox);
  showPresence(link.state, conversation.open);
  showTerms(conversation);
  showStop(conversation.turns.find((turn) => turn.state === "open" && turn.from === conversation.you));
  readOut();
  notBefore = performance.now() + REST * (performance.now() - began);
}

/** What has been answered is read out once it is whole. */
function readOut() {
  for (const id of unread) {
    const words = document.querySelector(`[data-turn="${CSS.escape(id)}"] .words`);
    say(byId("read-out"), `${document.title}: ${words?.textContent ?? ""}`);
  }
  unread.clear();
}

setInterval(() => {
  wish();
  if (outbox.unanswered && performance.now() - sentAt > ACCEPTED_WITHIN) link.drop();
}, CHECK_EVERY);

embed({ opened: writing.focus });
link.open().then(writing.focus);
