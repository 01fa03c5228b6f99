/** What the page can call: `Parley`, and what it has put there before this script ran. */

const call = (...calls) => {
  for (const each of calls) {
    if (typeof each !== "function") complain("push() takes a function, as in Parley.push((chat) => chat.open()).");
    else {
      try {
        each(api);
      } catch (error) {
        reportError(error);
      }
    }
  }
};

const api = Object.freeze({
  open,
  close,
  identify,
  logout: () => know(null),
  push: call,
  get isOpen() {
    return isOpen();
  },
  get unread() {
    return unread;
  },
});

const early = window.Parley;
window[RUNS] = (tag, key) => key === config && follow(tag);
window.Parley = api;
/** For pages that were written for the first version of this script. */
window.parley = { visitor: know, logout: api.logout };

if (ownTag) follow(ownTag);
else paint();
if (document.body) appear();
else addEventListener("DOMContentLoaded", appear);
if (Array.isArray(early)) call(...early);
restore();
