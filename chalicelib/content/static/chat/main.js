/** Connects the page's modules: frames change the conversation, which is drawn at most once per animation frame. */

import { aloud, wordsOf } from "./aloud.js";
import { box } from "./box.js";
import { composer } from "./composer.js";
import { Conversation, FORGET, HELP, isAwaited, RESET } from "./conversation.js";
import { byId } from "./dom.js";
import { draftOf } from "./draft.js";
import { editing } from "./editing.js";
import { embed, lent, refused, report, signed, started } from "./embed.js";
import { Link } from "./link.js";
import { outboxNews } from "./news.js";
import { WITHOUT_SIGN_IN } from "./no_sign_in.js";
import { Outbox } from "./outbox.js";
import { connectionState, newConversation, showPresence, showEntitlements, stopButton } from "./state.js";
import { authorOf, greet, thread } from "./thread.js";
import { Visitor } from "./visitor.js";
import { chooseLanguage, LANGUAGES, t, translatePage } from "./words.js";

const CHECK_EVERY = 1_000;
/** Pause after drawing, as a multiple of the time it took: so drawing takes at most a fifth of the time. */
const REST = 4;

/** Where no reader can be known; its module is then not loaded. */
const ONE_CONVERSATION = { name: null, isKnown: () => false, enter: () => null, receive() {} };

translatePage();

const asked = new URLSearchParams(location.search);
const conversation = new Conversation();
const outbox = new Outbox();
const [key, room] = [asked.get("config") ?? "", asked.get("room")];
const offers = "signIn" in document.documentElement.dataset;
const { SignIn, account, along, person } = offers ? (await import("./with_sign_in.js")).WITH_SIGN_IN : WITHOUT_SIGN_IN;
const signIn = new SignIn({ key, room, changed: () => showAccount() });
const { conversations } = signed || offers ? await import("./conversations.js") : { conversations: () => ONE_CONVERSATION };
const own = conversations({ key, room, isKnown: () => Boolean(signed) || signIn.isSignedIn, isReady: () => link.state === "open" && !outbox.items.some((item) => item.status !== "failed"), change, send: (frame) => link.send(frame) });
const draft = draftOf(key, signed);
outbox.restore(draft.open(room ?? own.name));
/** A site that says who its visitor is signs people in itself. */
if (signed) signIn.offered = false;
const visitor = new Visitor(key, { met: ({ persona }) => greet(persona), signed, kept: lent() });
const reader = signed ? visitor : person({ key, visitor, signIn, greet });
const link = new Link({ visitor: reader, room, onFrame, changed });
const showConnection = connectionState({ retry: () => link.wake() });
const showThread = thread({ retry, regenerate, rate, edit: (entry) => edit.begin(entry), choose: ({ command, title }) => thenWrite(write(command, title)), reachBack: () => post(conversation.reachBack()), redraw: soon });
const showStop = stopButton({ stop: (turn) => thenWrite(post(conversation.stop(turn))) });
const tellOfMessages = outboxNews();
const showNew = newConversation({ begin });
const inMenu = { begin, help: () => thenWrite(write(HELP, t("help"))), forget: () => leave(FORGET, t("forget")), languages: LANGUAGES, speak: (code) => chooseLanguage(code).then(spoken) };
const writing = composer({ send: ask, draft });
const theBox = box({ writing, renew: () => link.restart() });
const edit = editing(writing.swap);
const takeAlong = along({ signIn, visitor, send: (frame) => link.send(frame), decided: writing.focus });
const showAccount = account(signIn, { became: () => link.restart().then(writing.focus) });

let ahead = 0;
let due = false;
let notBefore = 0;
const unread = new Set();

/** Moves the focus to the field for writing, because the button that was pressed may have been removed. */
const thenWrite = () => writing.focus();

function write(text, title) {
  outbox.add(text, title);
  post();
}

/** Sends what was written; returns what the field has next. */
function ask(text) {
  const [turn, next] = edit.take();
  outbox.add(text, text, turn, turn !== null);
  post();
  return next;
}

/** Asks the question of a turn again. */
function regenerate({ turn, question, asked }) {
  outbox.add(question, asked, turn);
  thenWrite(post());
}

function rate({ turn }, value) {
  post(conversation.rate(turn, value));
}

/** Begins a new conversation. Who is known keeps both. */
function begin() {
  if (own.isKnown() && !room && link.state === "open") return own.begin();
  leave(RESET, t("new_conversation"));
}

/** Changes to another conversation of a reader who has several. */
function change(name) {
  edit.end();
  outbox.clear();
  outbox.restore(draft.open(name));
  writing.swap(draft.words);
  link.enter(name);
  link.restart();
  thenWrite();
}

/** Sends a command that ends the conversation; an answer that is still being written belongs to it. */
function leave(command, title) {
  edit.end();
  const open = conversation.open;
  if (open?.from === conversation.you) conversation.stop(open);
  thenWrite(write(command, title));
}

byId("menu").addEventListener("toggle", async ({ newState }) => {
  if (newState === "open") (await import("./menu.js")).prepare(inMenu, conversation, link.state !== "closed");
});
byId("menu").addEventListener("click", async ({ target }) => (await import("./menu.js")).choose(inMenu, target));

/** Says everything again, in another language. */
function spoken() {
  greet();
  showAccount();
  showConnection(link.state, byId("trouble").dataset.code || undefined);
  byId("log").replaceChildren();
  soon();
}

function retry(entry) {
  if (!entry.item) return regenerate(entry);
  outbox.retry(entry.item);
  thenWrite(post());
}

function post() {
  send();
  wish();
  soon();
}

/** Sends the next waiting message, if the connection is open; the draft keeps its id before, so that it is answered once also after a reload. */
function send() {
  const frame = link.state === "open" && outbox.take(Date.now() + ahead, performance.now());
  draft.hold(outbox.items);
  if (frame) link.ask(frame);
}

function wish() {
  if (link.state === "open") conversation.wishes(performance.now()).forEach((frame) => link.send(frame));
}

function onFrame(frame) {
  if (frame.type === "ready") ahead = frame.now - Date.now();
  conversation.take(frame);
  takeAlong.receive(frame, conversation);
  outbox.receive(frame, performance.now());
  own.receive(frame);
  recognise();
  if (conversation.spent) outbox.giveUp({ questions: true });
  report(frame, conversation);
  if (frame.type === "completed" && !conversation.find(frame.turn).past) {
    unread.add(frame.turn);
    outbox.hasRoom(performance.now());
  }
  post();
}

/** Gives a turn the key of the message it was made from, so that the message keeps its node on the page. */
function recognise() {
  for (const turn of conversation.turns) {
    const item = turn.from === conversation.you && turn.key === turn.turn && outbox.show(turn);
    if (item && !conversation.turns.some((other) => other.key === item.key)) turn.key = item.key;
  }
  outbox.tidy();
}

function changed(state, code) {
  if (state !== "open") {
    outbox.broke();
    takeAlong.broke();
  }
  if (state === "closed") {
    outbox.giveUp();
    if (code === "auth_failed") refused();
    if (code === "blocked") import("./forgetting.js").then(({ offer }) => offer(reader));
  }
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
  showEntitlements(conversation);
  showNew(conversation);
  showStop(link.state !== "closed" && conversation.turns.find((turn) => isAwaited(turn) && turn.from === conversation.you));
  tellOfMessages(outbox);
  readOut();
  theBox.show(link.state === "closed", conversation.spent, Date.now() + ahead);
  notBefore = performance.now() + REST * (performance.now() - began);
}

/** Puts each finished answer into the live region, with its choices, so that screen readers read it once, as a whole. */
function readOut() {
  for (const id of unread) {
    const words = document.querySelector(`[data-turn="${CSS.escape(id)}"] .words`);
    const turn = conversation.find(id) ?? {};
    const { text = "", choices = [] } = turn;
    const offered = choices.length ? ` ${t("suggestions")}: ${choices.map((choice) => choice.title).join(", ")}` : "";
    aloud(`${authorOf(turn, conversation.persona).name}: ${words ? wordsOf(words) : text}${offered}`);
  }
  unread.clear();
}

/** Says once, also to screen readers, that an answer takes longer. */
function askForPatience() {
  if (link.state !== "open") return;
  const [now, isBusy] = [performance.now(), Boolean(conversation.open)];
  if (!conversation.slows(now) && !outbox.slows(now, isBusy)) return;
  aloud(t("slow"));
  soon();
}

setInterval(() => {
  send();
  wish();
  askForPatience();
  theBox.check(Date.now() + ahead);
  if (conversation.open || outbox.isWaiting) link.watch();
  if (outbox.isStuck(performance.now())) link.drop();
}, CHECK_EVERY);

/** The link of an invite has its code behind the `#`, which browsers send to no server. */
const [here, invite] = location.href.split("#invite=");
if (invite) {
  history.replaceState(null, "", here);
  write(`/invite ${invite}`, "/invite");
}

writing.allow(true);
embed({ opened: writing.focus });
showAccount();
signIn.prepare().then(showAccount).then(() => link.enter(room ?? own.enter())).then(() => link.open()).then(() => started(writing.focus));
