/** What this tab remembers from page to page, in the storage of the site; nothing where that is refused. */

const TAB = `parley.widget.${config}`;

const remembered = (() => {
  try {
    return { ...JSON.parse(sessionStorage.getItem(TAB)) };
  } catch {
    return {};
  }
})();

const remember = (changes) => {
  Object.assign(remembered, changes);
  try {
    sessionStorage.setItem(TAB, JSON.stringify(remembered));
  } catch {
    /* Then it is known until the page is left. */
  }
};
