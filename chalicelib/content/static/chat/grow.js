/** Turns nodes into others, and keeps those that stay: with them selected text, the focus, and how far code is scrolled. */

/** Makes the children of `place` from `first` on the same as those of `fresh`, which is used up. `gone(node)` is called before one is removed. */
export function become(place, fresh, gone, first = 0) {
  const had = [...place.childNodes].slice(first);
  const wanted = [...fresh.childNodes];
  const drop = (node) => {
    gone(node);
    node.remove();
  };
  wanted.forEach((node, index) => {
    if (!had[index]) return place.append(node);
    if (adapts(had[index], node, gone)) return;
    had[index].before(node);
    drop(had[index]);
  });
  had.slice(wanted.length).forEach(drop);
}

/** Makes a node like a fresh one, if both are of a kind. A button keeps what it says at the moment. */
function adapts(node, fresh, gone) {
  if (node.nodeName !== fresh.nodeName) return false;
  if (node.nodeName === "BUTTON" || node.isEqualNode(fresh)) return true;
  if (node.nodeType === Node.TEXT_NODE) return retell(node, fresh.data);
  if (!(node instanceof HTMLElement) || node.style.length || fresh.style.length) return false;
  for (const name of node.getAttributeNames()) if (!fresh.hasAttribute(name)) node.removeAttribute(name);
  for (const name of fresh.getAttributeNames()) node.setAttribute(name, fresh.getAttribute(name));
  become(node, fresh, gone);
  return true;
}

/** Changes only the end that differs: a selection before it stays. */
function retell(node, words) {
  let same = 0;
  while (same < words.length && node.data[same] === words[same]) same += 1;
  node.replaceData(same, node.length - same, words.slice(same));
  return true;
}
