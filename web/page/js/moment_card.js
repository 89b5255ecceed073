/**
 * The card of a moment: thumbnail, time code, why it matched, and the matching text.
 *
 * @typedef {object} Moment as the service gives it
 * @property {string} video_id
 * @property {string} video
 * @property {"video" | "sound"} [kind] `sound` has no pictures; its thumbnail is a waveform
 * @property {number} start_seconds
 * @property {number} stop_seconds
 * @property {number} [best_frame_seconds]
 * @property {Record<string, number>} [signals]
 * @property {number} [relevance] 0 to 1
 * @property {"good" | "weak"} [grade] weak ones come last
 * @property {string} [text]
 * @property {string} [caption]
 * @property {[number, number][]} [matched]
 * @property {string} [thumbnail]
 * @property {string} [clip]
 * @property {number} [alike] near-duplicates that it stands for
 * @property {number} [in_video] further moments of its video that it stands for
 * @property {string} [why] of a citation
 * @property {{start_seconds: number, stop_seconds: number, text: string}[]} [parts] of a query of several steps
 * @property {import("./word_boxes.js").WordBox[]} [boxes] where the words on the screen stand
 */

import { element, icon } from "./dom.js";
import { markedText } from "./marked_text.js";
import { picture } from "./picture.js";
import { tickOf } from "./selection/tick.js";
import { SIGNAL_GROUPS } from "./signal_groups.js";
import { skimmable } from "./skim.js";
import { clockSpan, spokenTime } from "./times.js";

/**
 * @param {Moment} moment
 * @param {{href: string, number?: number, likeHref?: string}} options the address that opens it; its number among citations;
 *   the address of what is like it
 * @returns {HTMLLIElement}
 */
export function momentCard(moment, { href, number, likeHref }) {
  const name = `Play ${moment.video} from ${spokenTime(moment.start_seconds)}`;
  const times = element("span", { class: "badge time" }, clockSpan(moment.start_seconds, moment.stop_seconds));
  const link = element(
    "a",
    { class: "frame", href, "aria-label": name, "data-open": "moment" },
    picture(moment.thumbnail, { boxes: moment.boxes ?? [], seconds: moment.best_frame_seconds ?? moment.start_seconds }),
    number !== undefined && element("span", { class: "badge number" }, String(number)),
    times,
  );
  skimmable(link, moment);
  const words = wordsOf(moment);
  const about = element(
    "div",
    { class: "about" },
    element("p", { class: "name", title: moment.video }, moment.video),
    words && element("p", { class: "words" }, ...words),
    moment.parts?.length ? element("p", { class: "faint time" }, moment.parts.map((part) => clockSpan(part.start_seconds, part.stop_seconds)).join(", then ")) : null,
    element("div", { class: "card-foot" }, signalLabels(moment), likeHref && moment.kind !== "sound" && likeLink(moment, likeHref)),
    relevanceMeter(moment),
  );
  const card = /** @type {HTMLLIElement} */ (element("li", { class: "card" }, link, tickOf(moment), about));
  card.dataset.video = moment.video_id;
  card.dataset.start = String(moment.start_seconds);
  card.dataset.stop = String(moment.stop_seconds);
  return card;
}

/** @param {Moment} moment @param {string} href */
function likeLink(moment, href) {
  const label = `More like this: ${moment.video} at ${spokenTime(moment.start_seconds)}`;
  return element("a", { class: "card-like", href, "aria-label": label, title: "More like this", "data-go": true }, icon("like"));
}

/** What a moment stands for: "12 more like this, 3 more in this video". @param {Moment} moment */
export function foldedWords({ alike = 0, in_video: inVideo = 0 }) {
  return [alike && `${alike} more like this`, inVideo && `${inVideo} more in this video`].filter(Boolean).join(", ");
}

/** A thin line, as long as the moment is likely to be right. @param {Moment} moment */
function relevanceMeter({ relevance }) {
  if (relevance === undefined) return null;
  const text = `Relevance ${relevance.toFixed(2)}`;
  return element("meter", { class: "relevance", min: "0", max: "1", value: String(relevance), title: text, "aria-label": text });
}

/** The ways in which a moment matched, best rank first. @param {Moment} moment */
export function signalLabels(moment) {
  const ranked = Object.entries(moment.signals ?? {}).sort((a, b) => a[1] - b[1]);
  const groups = new Map();
  for (const [signal, rank] of ranked) {
    const group = Object.values(SIGNAL_GROUPS).find(({ signals }) => signals.includes(signal));
    const label = group?.label ?? signal.replaceAll("_", " ");
    if (!groups.has(label)) groups.set(label, rank);
  }
  if (!groups.size) return null;
  const labels = [...groups].map(([label, rank]) => element("li", { title: `${label}: rank ${rank}` }, label));
  return element("ul", { class: "signals", "aria-label": "Matched by" }, ...labels);
}

/** @param {Moment} moment */
function wordsOf(moment) {
  if (moment.why) return [moment.why];
  if (moment.text) return markedText(moment.text, moment.matched ?? []);
  return moment.caption ? [moment.caption] : null;
}
