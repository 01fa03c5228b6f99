/** Keeps a scrolling conversation at its end, unless the reader has scrolled up. */

const NEAR = 60;

/** Returns a function that scrolls to the end; `jump` is the button for it, shown while the reader has scrolled up. */
export function stickToEnd(scroller, jump) {
  let pinned = true;

  const distance = () => scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop;
  const follow = () => {
    if (pinned) scroller.scrollTop = scroller.scrollHeight;
    jump.hidden = pinned;
  };
  const toEnd = () => {
    pinned = true;
    follow();
  };

  scroller.addEventListener("scroll", () => {
    pinned = distance() < NEAR;
    jump.hidden = pinned;
  });
  jump.addEventListener("click", () => {
    toEnd();
    scroller.focus();
  });
  const observer = new ResizeObserver(follow);
  observer.observe(scroller);
  observer.observe(scroller.firstElementChild);
  return toEnd;
}
