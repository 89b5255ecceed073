/** A list of timed texts beside the player: follows it, seeks on a click, is searched and copied. */

import { announce } from "./announce.js";
import { copyText } from "./clipboard.js";
import { button, element, fill } from "./dom.js";
import { placeOf } from "./folding.js";
import { markedText } from "./marked_text.js";
import { clock, counted, spokenTime } from "./times.js";

/**
 * @typedef {{start_seconds: number, stop_seconds: number, text: string, speaker?: string}} TimedLine
 * @typedef {object} TextListOptions
 * @property {string} name what the list is, in the middle of a sentence: "transcript"
 * @property {(seconds: number) => void} onSeek
 * @property {(line: any, wanted: string) => HTMLElement} [itemOf] the item of a line, with what is searched for; by default the line alone
 * @property {(line: any, before: any) => HTMLElement | null} [headOf] what stands above a line, given the one before
 * @param {TextListOptions} options
 */
export function createTextList({ name, onSeek, itemOf = (line, wanted) => element("li", {}, jumpTo(line, wanted, onSeek)), headOf = () => null }) {
  const find = /** @type {HTMLInputElement} */ (
    element("input", { class: "field", type: "search", placeholder: "Find", "aria-label": `Find in ${name}`, on: { input: () => show() } })
  );
  const found = element("p", { class: "faint", role: "status" });
  const about = element("p", { class: "faint transcript-about" });
  const copy = button("Copy with times", { icon: "link", class: "button-quiet", on: copyShown });
  const list = element("ol", { class: "transcript-lines", tabindex: "-1" });
  const root = element("div", { class: "transcript" }, element("div", { class: "transcript-head" }, find, copy), about, found, list);
  /** @type {TimedLine[]} */
  let lines = [];
  /** The lines that can be read at the player's time. @type {HTMLElement[]} */
  let current = [];

  const wanted = () => find.value.trim();
  const shown = () => lines.filter((line) => !wanted() || placeOf(line.text, wanted()));

  function show() {
    const chosen = shown();
    const items = chosen.flatMap((line, place) => {
      const head = headOf(line, chosen[place - 1]);
      return head ? [head, itemOf(line, wanted())] : [itemOf(line, wanted())];
    });
    fill(list, ...items);
    found.hidden = !wanted();
    found.textContent = wanted() ? counted(chosen.length, "line") : "";
    current = [];
  }

  async function copyShown() {
    const texts = shown().map((line) => `${clock(line.start_seconds)}  ${line.speaker ? `${line.speaker}: ` : ""}${line.text.replaceAll("\n", " / ")}`);
    announce((await copyText(texts.join("\n"))) ? `${counted(texts.length, "line")} copied.` : `The ${name} could not be copied.`);
  }

  return {
    element: root,
    wanted,
    /** @param {TimedLine[]} given in order of time @param {string} [words] about all of them */
    set(given, words = "") {
      lines = given;
      find.value = "";
      about.textContent = words;
      about.hidden = !words;
      show();
    },
    /** Marks what is said or seen, and keeps it in sight unless somebody reads or writes there. @param {number} seconds */
    setPosition(seconds) {
      const jumps = [.../** @type {NodeListOf<HTMLElement>} */ (list.querySelectorAll(".chapter"))];
      const now = jumps.filter((jump) => seconds >= Number(jump.dataset.start) && seconds < Number(jump.dataset.stop));
      if (now.length === current.length && now.every((jump, place) => jump === current[place])) return;
      for (const jump of current) jump.removeAttribute("aria-current");
      for (const jump of now) jump.setAttribute("aria-current", "true");
      current = now;
      const last = now.at(-1);
      const isRead = root.contains(document.activeElement) && !jumps.includes(/** @type {HTMLElement} */ (document.activeElement));
      if (last && !isRead && !find.value) list.scrollTop = last.offsetTop - list.clientHeight / 3;
    },
  };
}

/** A line that seeks the player. @param {TimedLine} line @param {string} wanted words to mark @param {(seconds: number) => void} onSeek */
export function jumpTo(line, wanted, onSeek) {
  const place = placeOf(line.text, wanted);
  const words = place ? markedText(line.text, [place]) : [line.text];
  const jump = element(
    "button",
    { type: "button", class: "chapter", on: { click: () => onSeek(line.start_seconds) } },
    element("span", { class: "time", "aria-hidden": "true" }, clock(line.start_seconds)),
    element("span", { class: "unseen" }, spokenTime(line.start_seconds)),
    element("span", { class: "line-words" }, ...words),
  );
  jump.dataset.start = String(line.start_seconds);
  jump.dataset.stop = String(line.stop_seconds);
  return jump;
}
