/** Reaches back: shows the turns before the last reset, and asks for those that are not here before the reader is at the top. */

import { aloud } from "./aloud.js";
import { byId, say } from "./dom.js";
import { t } from "./words.js";

/** So many heights of the window before the top, earlier turns are asked for. */
const AHEAD = 1.5;
/** A reader within so many pixels of the end is not scrolling back. */
const NEAR = 60;

/**
 * Returns `{turnsOf(conversation), hold()}`. `does` has `reachBack()`, which asks for earlier turns, and `redraw()`.
 * `turnsOf` returns the turns to show. `hold` is called before drawing, and what it returns afterwards: then what is read
 * stays in its place when turns were added above, since not all browsers see to that.
 */
export function earlier({ reachBack, redraw }) {
  const [scroller, button, log] = [byId("scroller"), byId("earlier"), byId("log")];
  let [revealed, reset, hides, top, told] = [false, undefined, false, 0, null];
  let shown = { turns: [], current: [] };

  const more = () => {
    if (!hides) return reachBack();
    revealed = true;
    redraw();
  };
  button.addEventListener("click", () => {
    told = shown.turns.length;
    more();
  });
  scroller.addEventListener("scroll", () => {
    const isBack = scroller.scrollTop < top && scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop > NEAR;
    top = scroller.scrollTop;
    if (isBack && top < AHEAD * scroller.clientHeight) more();
  });

  /** Says, after a press of the button, how many came. */
  const tell = ({ turns, reaches }) => {
    if (told === null || reaches) return;
    if (turns.length > told) aloud(t("earlier_came", { n: turns.length - told }));
    told = null;
  };

  const turnsOf = (conversation) => {
    const { turns, current } = (shown = conversation);
    const last = turns[turns.length - current.length - 1];
    if (last?.turn !== reset) [revealed, reset] = [Boolean(last?.past), last?.turn];
    hides = Boolean(last) && !revealed;
    const isMore = hides || Boolean(conversation.earlier);
    if (!isMore && document.activeElement === button) scroller.focus({ preventScroll: true });
    button.hidden = !isMore;
    document.querySelector(".intro").hidden = isMore && !hides;
    say(button, t(conversation.reaches ? "fetching" : "earlier"));
    tell(conversation);
    return hides ? current : turns;
  };

  const hold = () => {
    const first = log.querySelector(".turn");
    const before = first?.getBoundingClientRect().top;
    return () => {
      if (first?.isConnected && first !== log.querySelector(".turn")) scroller.scrollTop += first.getBoundingClientRect().top - before;
    };
  };
  return { turnsOf, hold };
}
