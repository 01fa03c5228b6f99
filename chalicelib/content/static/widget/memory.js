/** What the site's storage keeps for the chat: how it was on the page before, and the ticket of a frame that may store nothing. */

const TAB = `parley.widget.${config}`;
const TICKET = `parley.lent.${config}`;
const LONGEST_TICKET = 4_000;

/** Reads or writes, and returns null where the site may store nothing either: then each page is the first one. */
const stored = (does) => {
  try {
    return does();
  } catch {
    return null;
  }
};

/** How this tab's page before had it: `{who, open, unread, waits, greeted}`, of which nothing is certain. */
const last = { ...stored(() => JSON.parse(sessionStorage.getItem(TAB))) };

/** Whether the greeting has been seen in this tab. */
let greeted = last.greeted === true;
/** Whether a question waits for its answer. */
let waits = false;
/** Whether this page has taken over from the page before, or the visitor has begun something else here. */
let isBegun = false;

const remember = () => {
  const state = { who: subject(visitor), open: isOpen(), unread, waits, greeted };
  if (isBegun) stored(() => sessionStorage.setItem(TAB, JSON.stringify(state)));
};

/**
 * Shows the chat as it was on the page before, if its visitor is the same one: a page may say late who that is. For an
 * anonymous visitor who has signed in since, it is open again.
 */
const restore = () => {
  const isSame = (last.who ?? null) === subject(visitor);
  if (isBegun || !(isSame || last.who == null)) return;
  isBegun = true;
  waits = isSame && last.waits === true;
  if (last.open === true) show();
  else if (waits) load();
  count(isSame && !isOpen() && Number.isSafeInteger(last.unread) && last.unread > 0 ? last.unread : 0);
};

const lent = () => stored(() => localStorage.getItem(TICKET));
const lend = (ticket) => stored(() => (ticket ? localStorage.setItem(TICKET, ticket) : localStorage.removeItem(TICKET)));
