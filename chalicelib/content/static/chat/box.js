/** Closes the field for writing while no question can be answered, says why, and looks now and then whether that is over. */

import { aloud } from "./aloud.js";
import { byId, mention } from "./dom.js";
import { trouble } from "./words.js";

/** In nearly all time zones a day begins on one of these. */
const HALF_HOUR = 30 * 60_000;
/** Who comes back to the page may have been allowed more meanwhile; it does not look more often than this. */
const MINUTE = 60_000;

/** Returns `{show(isClosed, spent, now), check(now)}`; `spent` is why nothing is answered, or null; `renew()` connects again, so that the bot says what is left. */
export function box({ writing, renew }) {
  let [shown, since, away] = [null, 0, false];

  return {
    show(isClosed, spent, now) {
      const why = isClosed ? null : spent;
      if (why && why !== shown) aloud(trouble(why));
      if (why !== shown) since = now;
      shown = why;
      mention(byId("spent"), why && trouble(why));
      writing.allow(!isClosed && !why);
      document.documentElement.toggleAttribute("data-shut", isClosed || Boolean(why));
    },
    /** Call it each second; `now` in milliseconds since 1970. */
    check(now) {
      const isBack = away && now - since > MINUTE;
      const isDue = shown && (isBack || Math.floor(now / HALF_HOUR) > Math.floor(since / HALF_HOUR));
      away = document.hidden;
      if (!isDue || away) return;
      since = now;
      renew();
    },
  };
}
