/**
 * The waveform in the player's screen, in place of pictures: of the segment that is playing, with the position and the
 * moment's span. The service has one waveform a segment, as its thumbnail.
 *
 * @typedef {{start_seconds: number, stop_seconds: number}} Segment
 */

import { element } from "./dom.js";
import { clockSpan } from "./times.js";

/** Hidden until it is given the segments of a recording. */
export function createWaveform() {
  const image = /** @type {HTMLImageElement} */ (element("img", { alt: "", decoding: "async" }));
  const span = element("div", { class: "waveform-span", hidden: true });
  const head = element("div", { class: "waveform-head" });
  const root = element("div", { class: "waveform", role: "img", hidden: true }, span, image, head);
  let video = "";
  /** @type {Segment[]} */
  let segments = [];
  /** @type {Segment | undefined} */
  let shown;
  let moment = { start: 0, stop: 0 };

  const share = (/** @type {number} */ seconds) => {
    const { start_seconds: start, stop_seconds: stop } = /** @type {Segment} */ (shown);
    return Math.min(1, Math.max(0, (seconds - start) / (stop - start)));
  };

  function drawSpan() {
    const [left, right] = shown ? [share(moment.start), share(moment.stop)] : [0, 0];
    span.hidden = right <= left;
    span.style.setProperty("left", `${left * 100}%`);
    span.style.setProperty("width", `${(right - left) * 100}%`);
  }

  /** @param {number} seconds */
  function setPosition(seconds) {
    const now = segments.findLast((segment) => segment.start_seconds <= seconds) ?? segments[0];
    if (!now) return;
    if (now !== shown) {
      shown = now;
      image.src = `/api/v1/videos/${video}/thumbnail?t=${now.start_seconds}`;
      root.setAttribute("aria-label", `Waveform, ${clockSpan(now.start_seconds, now.stop_seconds)}`);
      drawSpan();
    }
    head.style.setProperty("left", `${share(seconds) * 100}%`);
  }

  return {
    element: root,
    setPosition,
    /** @param {string} id of the recording @param {Segment[]} all its segments in order of time; none: it has pictures */
    setSegments(id, all) {
      [video, segments, shown] = [id, all, undefined];
      root.hidden = !all.length;
      image.removeAttribute("src");
    },
    /** @param {number} start @param {number} stop of the moment; both 0: none */
    setSpan(start, stop) {
      moment = { start, stop };
      drawSpan();
    },
  };
}
