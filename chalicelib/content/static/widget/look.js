/** How the page wants the bubble to look: attributes of the tag, or of the script's address. A wrong value is said, and the usual one is used. */

const text = (longest) => (value) => value.trim().length <= longest && value.trim().replace(/\s+/g, " ");
const oneOf = (values) => (value) => Object.hasOwn(values, value.trim().toLowerCase()) && values[value.trim().toLowerCase()];

/** Returns an emoji, or the address of an image, which the page's own policy may still refuse. */
const faceOf = (value) => {
  const face = value.trim();
  if (/^[^\x00-\x7f]{1,12}$/.test(face)) return { emoji: face };
  try {
    const { href, protocol } = new URL(face, document.baseURI);
    return /[/.]/.test(face) && (/^https?:$/.test(protocol) || href.startsWith("data:image/")) && { src: href };
  } catch {
    return false;
  }
};

/** What each attribute may be: `[in words, a function that returns its meaning, or false]`. */
const LOOK = {
  position: ["left or right", oneOf({ left: "left", right: "right" })],
  colour: ["a colour such as #5443d6", (value) => /^#[0-9a-f]{6}$/i.test(value.trim()) && value.trim().toLowerCase()],
  title: ["a text of at most 40 characters", text(40)],
  face: ["an emoji or the address of an image", faceOf],
  greeting: ["a text of at most 200 characters", text(200)],
  hidden: ["true or false", oneOf({ "": { yes: true }, true: { yes: true }, hidden: { yes: true }, false: { yes: false } })],
};

/** Returns the look that a tag asks for; what is missing, empty or wrong is not in it. */
const lookOf = (tag) => {
  const query = new URL(tag?.src || src).searchParams;
  const asked = (name) => tag?.dataset[name] ?? query.get(name);
  if (asked("color")) complain("data-color is written data-colour.");
  const look = {};
  for (const [name, [what, read]] of Object.entries(LOOK)) {
    const value = asked(name);
    if (value == null || (value === "" && name !== "hidden")) continue;
    const meaning = read(value);
    if (meaning) look[name] = meaning;
    else complain(`data-${name}="${value.slice(0, 60)}" is not ${what}, so it is left out.`);
  }
  return look;
};

/** Returns black or white, whichever can be read on a colour: its contrast, as WCAG 2 defines it, is 4.5 at least. */
const inkOn = (colour) => {
  const light = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2] <= 0.183 ? "#fff" : "#000";
};

let look = {};

/** The sheet's first rule has the values that change: no element has a `style` attribute, which policies may forbid. */
const set = (name, value) => {
  const { style: values } = style.cssRules[0];
  if (value) values.setProperty(name, value);
  else values.removeProperty(name);
};

const paintFace = ({ emoji, src: address } = {}) => {
  const image = address && make("img", { src: address, alt: "" });
  image?.addEventListener("error", () => {
    if (!image.isConnected) return;
    complain(`the image of data-face was not loaded: ${address.slice(0, 200)}`);
    paintFace();
  });
  face.replaceChildren(image || emoji || drawing("talk", TALK));
};

/** Shows the bubble as a tag asks for it. */
const paint = (tag) => {
  const { face: shown } = look;
  look = lookOf(tag);
  set("--colour", look.colour);
  set("--ink", look.colour && inkOn(look.colour));
  set("--foot", look.hidden?.yes && "20px");
  title.textContent = look.title ?? "";
  title.hidden = !look.title;
  frame.title = look.title ?? "Chat";
  words.textContent = look.greeting ?? "";
  if (JSON.stringify(look.face) !== JSON.stringify(shown) || !face.firstChild) paintFace(look.face);
  place();
  label();
};

/** Puts the bubble where the page says, else where its lines end. */
const place = () => {
  if (!document.body) return;
  const { direction } = getComputedStyle(document.body);
  const side = look.position ?? (direction === "rtl" ? "left" : "right");
  host.dir = direction;
  set("--left", side === "left" && "20px");
  set("--right", side === "left" && "auto");
};
