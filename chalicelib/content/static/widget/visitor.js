/** Who the visitor is: the page says so by a token of its server, in the script's tag or by a call. */

/** Whether a tag has named a visitor, so that the next page's tag without one means that they have left. */
let named = false;

/** What a token says about its visitor: the page may have got a newer one for the same. Null for an anonymous visitor. */
const subject = (token) => {
  try {
    return JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"))).sub ?? token;
  } catch {
    return token;
  }
};

/** The visitor of this token has come; without one, they have left. The frame of the last one is removed with all that it knows. */
const know = (token) => {
  const previous = visitor;
  visitor = token?.trim() || null;
  if (visitor) lend(null);
  if (subject(visitor) === subject(previous) && !(isRefused && visitor !== previous)) return;
  isRefused = waits = false;
  count(0);
  frame.remove();
  if (isOpen()) load();
  else restore();
};

const identify = (token) => {
  const isText = typeof token === "string" && token.trim();
  if (!isText) complain("identify() takes a token of your server; the visitor is anonymous now, as after logout().");
  know(isText ? token : null);
};

/** Takes over who the visitor is and how the bubble looks from a tag, now and whenever that changes. */
const follow = (tag) => {
  if (!tag) return;
  const take = () => {
    paint(tag);
    named ||= Boolean(tag.dataset.visitor);
    if (named) know(tag.dataset.visitor);
  };
  new MutationObserver(take).observe(tag, { attributeFilter: ["visitor", ...Object.keys(LOOK)].map((name) => `data-${name}`) });
  take();
};
