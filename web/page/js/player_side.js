/** The panel beside the video: the moment, why it matched, actions, and what is read along. */

import { button, element, fill, icon } from "./dom.js";
import { markedText } from "./marked_text.js";
import { signalLabels } from "./moment_card.js";
import { createReadAlong } from "./read_along.js";
import { clockSpan } from "./times.js";

/**
 * @typedef {import("./address.js").OpenMoment} OpenMoment
 * @typedef {import("./moment_card.js").Moment} Moment
 * @param {{onClose: () => void, onSeek: (seconds: number) => void, onReplay: () => void, onCopy: () => void, onSearchWithin: (video: string) => void}} options
 */
export function createPlayerSide({ onClose, onSeek, onReplay, onCopy, onSearchWithin }) {
  const name = element("h2", { class: "stage-name" }, "");
  const about = element("div", { class: "stage-about" });
  const facts = element("div", { class: "stage-facts" });
  const readAlong = createReadAlong({ onSeek });
  const replay = button("Play moment", { icon: "replay", on: onReplay });
  const copy = button("Copy link", { icon: "link", on: onCopy });
  const download = element("a", { class: "button", download: true }, icon("download"), element("span", {}, "Download clip"));
  let video = "";
  const within = button("Search in this video", { icon: "search", on: () => onSearchWithin(video) });
  const close = button("Close player", { icon: "close", hidden_label: true, class: "button-bare", on: onClose });
  const side = element(
    "div",
    { class: "stage-side" },
    element("header", { class: "stage-head" }, name, close),
    about,
    element("div", { class: "actions" }, replay, copy, download, within),
    facts,
    readAlong.element,
  );

  return {
    element: side,
    /** @param {OpenMoment} moment @param {Moment | null} known */
    setMoment(moment, known) {
      const isMoment = moment.stop > moment.start;
      video = moment.video;
      if (known) name.textContent = known.video;
      else name.textContent = "";
      const words = known?.text ? markedText(known.text, known.matched ?? []) : null;
      fill(
        about,
        isMoment ? element("p", { class: "stage-span time" }, clockSpan(moment.start, moment.stop)) : null,
        known?.why ? element("p", {}, known.why) : null,
        words ? element("p", { class: "words" }, ...words) : null,
        known?.parts?.length ? partList(known.parts, onSeek) : null,
        known?.caption && known.caption !== known.text ? element("p", { class: "faint" }, known.caption) : null,
        known ? signalLabels(known) : null,
      );
      replay.hidden = !isMoment;
      download.hidden = !isMoment;
      const clip = `/api/v1/videos/${moment.video}/clip?start=${moment.start}&stop=${moment.stop}`;
      download.setAttribute("href", clip);
    },
    readAlong,
    /** @param {string} text */
    setName(text) {
      name.textContent = text;
    },
    /** @param {HTMLElement | null} list what the container says */
    setFacts(list) {
      fill(facts, list);
    },
  };
}

/** The steps of a moment of several, each to be played. @param {NonNullable<Moment["parts"]>} parts @param {(seconds: number) => void} onSeek */
function partList(parts, onSeek) {
  const links = parts.map((part) =>
    element("li", {}, button(clockSpan(part.start_seconds, part.stop_seconds), { class: "button-bare time", on: () => onSeek(part.start_seconds) })),
  );
  return element("ol", { class: "parts", "aria-label": "Steps" }, ...links);
}
