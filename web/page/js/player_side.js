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
  const span = element("p", { class: "stage-span time" });
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

  /** @param {number} start @param {number} stop */
  function setSpan(start, stop) {
    const isMoment = stop > start;
    replay.hidden = download.hidden = span.hidden = !isMoment;
    span.textContent = isMoment ? clockSpan(start, stop) : "";
    download.setAttribute("href", `/api/v1/videos/${video}/clip?start=${start}&stop=${stop}`);
  }

  return {
    element: side,
    setSpan,
    /** @param {OpenMoment} moment @param {Moment | null} known */
    setMoment(moment, known) {
      video = moment.video;
      setSpan(moment.start, moment.stop);
      if (known) name.textContent = known.video;
      else name.textContent = "";
      const words = known?.text ? markedText(known.text, known.matched ?? []) : null;
      fill(
        about,
        span,
        known?.why ? element("p", {}, known.why) : null,
        words ? element("p", { class: "words" }, ...words) : null,
        known?.parts?.length ? partList(known.parts, onSeek) : null,
        known?.caption && known.caption !== known.text ? element("p", { class: "faint" }, known.caption) : null,
        known ? signalLabels(known) : null,
      );
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
