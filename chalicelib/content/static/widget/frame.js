/** The chat's frame: it is loaded when the chat is opened, and says what happens in it without a word of the conversation. */

const ASK_AGAIN = 60_000;

/** The token of the visitor; null for an anonymous one. */
let visitor = null;
/** The answers that came while the chat was closed. */
let unread = 0;
/** What had the focus of the page before the chat was opened. */
let before = null;
let isRefused = false;
let askedAt = -Infinity;

const address = new URL("chat", src);
const chat = () => {
  address.search = new URLSearchParams({ config, ...(room && { room }), widget: visitor ? "signed" : "", ...(look.colour && { colour: look.colour }) });
  return address.href;
};

/** Raises an event on `window`. No event has a word of what was written. */
const raise = (name, detail) => dispatchEvent(new CustomEvent(`parley:${name}`, { detail }));
const tell = (said) => frame.contentWindow.postMessage(said, address.origin);

const load = () => {
  isAlive = false;
  label();
  panel.append(Object.assign(frame, { src: chat() }));
};

const show = () => {
  panel.hidden = false;
  greeted = true;
  if (!frame.isConnected) load();
  label();
};

/** A chat that opens by itself, without a press or key, leaves the focus where it is. */
const open = () => {
  if (isOpen()) return;
  isBegun = true;
  const isLoaded = frame.isConnected;
  show();
  count(0);
  if (navigator.userActivation?.isActive ?? true) {
    if (!hasFocus()) before = document.activeElement;
    frame.focus();
    if (isLoaded) tell({ parley: "opened" });
  }
  raise("opened");
};

const close = () => {
  if (!isOpen()) return;
  const focused = hasFocus();
  panel.hidden = true;
  label();
  if (focused) (before?.isConnected && before !== document.body ? before : bubble).focus();
  before = null;
  raise("closed");
};

const count = (answers) => {
  const changed = answers !== unread;
  unread = answers;
  label();
  if (changed) raise("unread", { unread });
};

/** The bot accepts the token no longer: the page may set a new one. The event is raised once a minute at most. */
const refused = () => {
  isRefused = true;
  if (performance.now() - askedAt < ASK_AGAIN) return;
  askedAt = performance.now();
  raise("refused");
};

const waiting = (said) => {
  waits = said.waits === true;
  remember();
};

const answered = () => {
  if (!isOpen()) count(unread + 1);
  raise("answered");
};

/** What the frame says, and what is done about it. */
const HEARD = {
  close,
  there: () => {
    isAlive = true;
    label();
  },
  /** The focus goes to the field for writing, unless it has left the chat since. */
  started: () => hasFocus() && tell({ parley: "opened" }),
  visitor: () => visitor && tell({ parley: "visitor", token: visitor }),
  refused: () => visitor && refused(),
  asked: (said) => {
    waiting(said);
    raise("asked");
  },
  answered: (said) => {
    waiting(said);
    answered();
  },
  /** The answer for which a question waited may have come while no frame was there. */
  ready: (said) => {
    const came = waits && !said.waits;
    waiting(said);
    if (came) answered();
  },
  kept: () => visitor || tell({ parley: "kept", ticket: lent() }),
  keep: ({ ticket }) => visitor || lend(typeof ticket === "string" && ticket.length <= LONGEST_TICKET && ticket),
};

bubble.addEventListener("click", () => (isOpen() ? close() : open()));
words.addEventListener("click", open);
dismiss.addEventListener("click", () => {
  greeted = isBegun = true;
  label();
  bubble.focus();
});
root.addEventListener("keydown", (event) => event.key === "Escape" && close());
addEventListener("message", ({ source, origin, data }) => {
  if (!frame.isConnected || source !== frame.contentWindow || origin !== address.origin) return;
  if (Object.hasOwn(HEARD, data?.parley)) HEARD[data.parley](data);
});
