/** What the tests of `shown.py` do in the page. */
(() => {
  const KEPT = new Set(["href", "align", "start", "class"]);
  const BLOCK = /^(BR|P|[UO]L|PRE|BLOCKQUOTE|H[2-6]|TABLE|HR)$/;
  const AROUND_BLOCKS = / ?(<\/?(?:p|h[2-6]|[uo]l|li|pre|blockquote|hr|table|t[rhd]|thead|tbody|br)\b[^>]*>) ?/g;

  const kept = (node) => {
    const names = node.getAttributeNames().filter((name) => KEPT.has(name));
    return names.map((name) => ` ${name}="${node.getAttribute(name)}"`).join("");
  };
  const inside = (node) => [...node.childNodes].map(described).join("");
  const described = (node) => {
    const within = node.parentNode.localName;
    if (node.nodeType === Node.TEXT_NODE) return /^(table|thead|tbody|tr)$/.test(within) ? node.data.trim() : node.data;
    if (node.matches(".copy-code")) return "";
    if (node.role === "img") return `<${node.ariaLabel}>`;
    const name = node.localName;
    if (node.matches("div")) return inside(node);
    if (node.matches(".line")) return inside(node) + (node.nextSibling ? "<br>" : "");
    if (name === "br" || name === "hr") return `<${name}>`;
    return `<${name}${kept(node)}>${inside(node).trim() === "" ? "" : inside(node)}</${name}>`;
  };

  const drawing = async (address) => {
    await import(`${address}/source/footnotes.js`);
    return import(`${address}/source/markdown.js`);
  };

  async function shown([address, texts, grows]) {
    const { painter } = await drawing(address);
    return texts.map((text) => {
      const place = document.createElement("div");
      painter(place)(text, grows);
      return [...place.children].map((block) => inside(block).trim()).join("\n");
    });
  }

  async function seen([address, text]) {
    const { painter } = await drawing(address);
    const place = document.createElement("div");
    const paint = painter(place);
    const letters = [...text];
    let finished = [];
    return [...letters, ""].map((_, index) => {
      paint(letters.slice(0, index + 1).join(""), index < letters.length);
      const drawnAnew = finished.filter((node) => !place.contains(node)).length;
      finished = [...place.children].slice(0, -1);
      return [place.innerText ?? place.textContent, drawnAnew];
    });
  }

  /** Makes the ends of lines in the text of a node line breaks. */
  function breakLines(place) {
    const inline = (node) => node && !BLOCK.test(node.nodeName);
    for (const node of [...place.childNodes].filter((each) => each.nodeType === Node.TEXT_NODE)) {
      const lines = node.data.split("\n");
      const begun = (index) => index > 1 || lines[0].trim() || inline(node.previousSibling);
      const goesOn = (index) => index < lines.length - 1 || lines[index].trim() || inline(node.nextSibling);
      const isBroken = (index) => index && begun(index) && goesOn(index);
      node.replaceWith(...lines.flatMap((line, index) => (isBroken(index) ? [document.createElement("br"), line] : [line])));
    }
  }

  const PICTURE = /<img src="([^"]*)" alt="([^"]*)"[^>]*>/g;

  /** Returns an example's HTML as the page would describe it. */
  function meant(html, breaks, purify) {
    const nodes = purify.sanitize(html.replace(PICTURE, (_, src, alt) => `<a href="${src}">${alt || src}</a>`), { RETURN_DOM_FRAGMENT: true });
    const each = (selector, change) => nodes.querySelectorAll(selector).forEach(change);
    const become = (node, name) => {
      const other = document.createElement(name);
      other.append(...node.childNodes);
      node.replaceWith(other);
      return other;
    };
    each("input", (box) => Object.assign(become(box, "i"), { role: "img", ariaLabel: box.checked ? "Done" : "Not done" }));
    each("a", (link) => /^(https?:\/\/|mailto:)/i.test(link.getAttribute("href")) || link.removeAttribute("href"));
    for (const depth of [5, 4, 3, 2, 1]) each(`h${depth}`, (heading) => become(heading, `h${depth + 1}`));
    if (breaks) each("p, li, h2, h3, h4, h5, h6, em, strong, del, a, td", breakLines);
    each("[class]", (node) => node.removeAttribute("class"));
    each("li:has(> [role=img])", (item) => (item.className = "task"));
    return even(inside(nodes));
  }

  const even = (html) => html.replace(/\s+/g, " ").replace(AROUND_BLOCKS, "$1").trim();

  async function differing([address, examples, breaks]) {
    const { OPTIONS, painter } = await drawing(address);
    const { default: purify } = await import(`${address}/chat/purify.es.mjs`);
    OPTIONS.breaks = breaks;
    const found = examples.filter(({ markdown, html }) => {
      const place = document.createElement("div");
      painter(place)(markdown);
      return even(inside(place)) !== meant(html, breaks, purify);
    });
    OPTIONS.breaks = true;
    return found.map(({ example }) => example);
  }

  return { shown, seen, differing };
})()
