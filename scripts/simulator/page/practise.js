/** Asks for one line after the other, so that each is seen at once, and nothing goes on once the page is closed. */

import { personas, practise } from "./api.js";

const element = (id) => document.getElementById(id);
let running = false;

function show({ name }, text, place, cut) {
  const line = document.createElement("li");
  line.className = place % 2 ? "second" : "first";
  line.lang = /[가-힣]/.test(text) ? "ko" : "";
  const who = document.createElement("b");
  who.textContent = name;
  line.append(who, text, cut ? " […]" : "");
  element("lines").append(line);
  line.scrollIntoView({ block: "nearest" });
}

async function hold(pair, turns) {
  const lines = [pair[0].opening || "Hello!"];
  const sum = { spent: 0, cut: 0 };
  element("lines").replaceChildren();
  element("end").textContent = "";
  show(pair[0], lines[0], 0, false);
  while (running && lines.length < 2 * turns) {
    const next = await practise({ first: pair[0].id, second: pair[1].id, lines, spent: sum.spent });
    if (next.stopped) return `Stopped. ${next.stopped} ${summary(lines, sum)}`;
    show(pair[lines.length % 2], next.text, lines.length, next.cut);
    lines.push(next.text);
    sum.spent += next.cost;
    sum.cut += next.cut ? 1 : 0;
  }
  return summary(lines, sum);
}

const summary = (lines, { spent, cut }) =>
  `The length limit cut ${cut} of ${lines.length - 1} answers. They cost ${spent / 1e6} USD.`;

function options(select, known, chosen) {
  select.replaceChildren(
    ...known.map(({ id, name }) => new Option(name === id ? name : `${name} (${id})`, id, false, id === chosen)),
  );
}

const { personas: known, turns, usd } = await personas();
options(element("first"), known, "buyer");
options(element("second"), known, "seller");
element("limits").textContent = `Each speaks ${turns} times, for at most ${usd} USD together.`;
element("begin").disabled = false;
element("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  if (running) {
    running = false;
    return;
  }
  running = true;
  element("begin").textContent = "Stop";
  const pair = ["first", "second"].map((place) => known.find(({ id }) => id === element(place).value));
  try {
    element("end").textContent = await hold(pair, turns);
  } catch {
    element("end").textContent = "The demo does not answer: is it still running?";
  }
  running = false;
  element("begin").textContent = "Begin";
});
