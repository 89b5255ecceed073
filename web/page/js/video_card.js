/**
 * The card of a video: thumbnail, duration and state.
 *
 * @typedef {object} Video as the service gives it
 * @property {string} video_id
 * @property {string} video
 * @property {"video" | "sound"} [kind] `sound` has no pictures; its thumbnail is a cover or a waveform
 * @property {string} folder
 * @property {number} duration_seconds
 * @property {number} size_bytes
 * @property {number} width
 * @property {number} height
 * @property {"ready" | "partial" | "failed"} state
 * @property {string[]} stages
 * @property {string[]} tags the person's own
 * @property {{kind: string, reason: string} | null} failure
 * @property {{stage: string, reason: string}[]} stage_failures
 * @property {number} segments
 * @property {string} [thumbnail]
 */

import { button, element } from "./dom.js";
import { picture } from "./picture.js";
import { stageName } from "./stage_name.js";
import { tagEditor } from "./tag_editor.js";
import { clock, counted, size, spokenTime } from "./times.js";

/**
 * @param {Video} video
 * @param {{href: string, onRemove?: (video: Video) => void, tags?: {linkTo: (tag: string) => string, onChange: () => void}}} options
 *   the address that opens it; with `tags` these are shown and can be changed
 * @returns {HTMLLIElement}
 */
export function videoCard(video, { href, onRemove, tags }) {
  const isFailed = video.state === "failed";
  const badge = video.duration_seconds > 0 && element("span", { class: "badge time" }, clock(video.duration_seconds));
  const shot = picture(isFailed ? undefined : video.thumbnail);
  const label = `Open ${video.video}, ${spokenTime(video.duration_seconds)}`;
  const frame = isFailed
    ? element("div", { class: "frame" }, shot)
    : element("a", { class: "frame", href, "aria-label": label, "data-open": "video" }, shot, badge);
  const facts = [video.folder, video.height > 0 && `${video.width}×${video.height}`, video.kind === "sound" && "sound", video.size_bytes > 0 && size(video.size_bytes)];
  const remove = onRemove && button(`Remove video ${video.video}`, {
    icon: "remove", hidden_label: true, class: "button-bare card-remove", on: () => onRemove(video),
  });
  const about = element(
    "div",
    { class: "about" },
    element("div", { class: "name-row" }, element("p", { class: "name", title: video.video }, video.video), remove),
    element("p", { class: "faint fine" }, facts.filter(Boolean).join(" · ")),
    stateLine(video),
    tags && tagEditor(video, tags),
  );
  const card = /** @type {HTMLLIElement} */ (element("li", { class: `card card-video is-${video.state}` }, frame, about));
  card.dataset.video = video.video_id;
  return card;
}

/** @param {Video} video */
function stateLine(video) {
  if (video.state === "failed") {
    const why = video.failure?.reason ?? "the file could not be read";
    return element("p", { class: "state state-failed", title: why }, `Not indexed: ${why}`);
  }
  if (video.state === "partial") {
    const done = video.stages.length ? `ready: ${video.stages.map(stageName).join(", ")}` : "nothing ready yet";
    const failed = video.stage_failures.map((one) => stageName(one.stage));
    const lost = failed.length ? `; failed: ${failed.join(", ")}` : "";
    const why = video.stage_failures.map((one) => one.reason).join("\n");
    return element("p", { class: "state state-partial", title: why }, `Partly indexed; ${done}${lost}`);
  }
  return element("p", { class: "faint fine" }, counted(video.segments, "segment"));
}
