/** The image or moment that is searched by, shown above the results with a button to clear it. */

import { button, element } from "./dom.js";
import { heldImage } from "./images.js";
import { picture } from "./picture.js";
import { clock } from "./times.js";

/**
 * @typedef {import("./address.js").PageState} PageState
 * @param {PageState} state @param {{onLeave: () => void}} options
 * @returns {HTMLElement | null} null without an example
 */
export function exampleOf(state, { onLeave }) {
  if (!hasExample(state)) return null;
  const image = state.image ? heldImage(state.image) : null;
  const place = readLike(state.like);
  const shown = image
    ? element("img", { src: image.url, alt: "" })
    : place && picture(`/api/v1/videos/${place.video}/thumbnail?t=${(place.start + place.stop) / 2}`);
  const what = state.image ? "Similar to your image" : `More like the moment at ${clock(place?.start ?? 0)}`;
  return element(
    "div",
    { class: "example" },
    element("div", { class: "example-picture" }, shown),
    element(
      "div",
      {},
      element("p", { class: "example-title" }, state.query ? `${what}, but: ${state.query}` : what),
      element("p", { class: "faint" }, "Add words to describe what should be different."),
    ),
    button("Clear example", { icon: "close", hidden_label: true, class: "button-bare", on: onLeave }),
  );
}

/** @param {PageState} state */
export function hasExample(state) {
  return state.image !== "" || state.like !== "";
}

/** What a list shows, in words. @param {PageState} state */
export function askedFor(state) {
  if (!hasExample(state)) return state.query;
  return [state.image ? "Similar to an image" : "More like a moment", state.query].filter(Boolean).join(", ");
}

/** `ID@START-STOP` of a moment. @param {{video_id: string, start_seconds: number, stop_seconds: number}} moment */
export function likeOf(moment) {
  return `${moment.video_id}@${moment.start_seconds}-${moment.stop_seconds}`;
}

/** @param {string} like @returns {{video: string, start: number, stop: number} | null} */
function readLike(like) {
  const [video, times] = like.split("@");
  const [start, stop] = (times ?? "").split("-").map(Number);
  return video && Number.isFinite(start) ? { video, start, stop: Number.isFinite(stop) ? stop : start } : null;
}
