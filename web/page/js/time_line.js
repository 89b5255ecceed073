/**
 * The player's timeline: position, the moment's span, relevance over time as a heat map, and a preview frame under the
 * pointer.
 */

import { element } from "./dom.js";
import { spriteAt } from "./sprites.js";
import { clock, spokenTime } from "./times.js";

const STEP_SECONDS = 5;
const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 100;

/** @param {{onSeek: (seconds: number) => void}} options */
export function createTimeLine({ onSeek }) {
  const heat = document.createElementNS(SVG, "svg");
  heat.setAttribute("class", "heat");
  heat.setAttribute("aria-hidden", "true");
  heat.setAttribute("preserveAspectRatio", "none");
  const span = element("div", { class: "line-span" });
  const played = element("div", { class: "line-played" });
  const head = element("div", { class: "line-head" });
  const shot = element("div", { class: "peek-picture" });
  const when = element("div", { class: "time" });
  const peek = element("div", { class: "peek", hidden: true, "aria-hidden": "true" }, shot, when);
  const marks = element("div", { class: "line-marks", "aria-hidden": "true" });
  const track = element("div", { class: "line-track" }, span, played, marks);
  const line = element(
    "div",
    { class: "line", role: "slider", tabindex: "0", "aria-label": "Position", "aria-valuemin": "0" },
    heat, track, head, peek,
  );
  let duration = 0;
  let position = 0;
  /** @type {{mark: HTMLElement, start: number, stop: number}[]} */
  let parts = [];
  /** @type {import("./sprites.js").Sprite[]} */
  let sprites = [];
  /** @type {{start_seconds: number, title: string}[]} */
  let named = [];
  let onFirstPeek = () => {};

  const share = (/** @type {number} */ seconds) => `${duration ? (Math.min(seconds, duration) / duration) * 100 : 0}%`;
  const place = (/** @type {HTMLElement} */ mark, /** @type {number} */ start, /** @type {number} */ stop) => {
    mark.style.setProperty("left", share(start));
    mark.style.setProperty("width", `calc(${share(stop)} - ${share(start)})`);
  };
  const under = (/** @type {PointerEvent} */ event) => {
    const box = line.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * duration;
  };

  function showPeek(/** @type {PointerEvent} */ event) {
    if (!duration || event.pointerType === "touch") return;
    onFirstPeek();
    onFirstPeek = () => {};
    const time = under(event);
    const sprite = spriteAt(sprites, time);
    peek.hidden = false;
    const chapter = named.findLast((one) => one.start_seconds <= time);
    when.textContent = chapter ? `${clock(time)}  ${chapter.title}` : clock(time);
    shot.hidden = !sprite;
    if (sprite) {
      shot.style.setProperty("width", `${sprite.width}px`);
      shot.style.setProperty("height", `${sprite.height}px`);
      shot.style.setProperty("background-image", `url("${sprite.sheet}")`);
      shot.style.setProperty("background-position", `-${sprite.x}px -${sprite.y}px`);
    }
    const box = line.getBoundingClientRect();
    const half = peek.offsetWidth / 2;
    const middle = Math.min(box.width - half, Math.max(half, (time / duration) * box.width));
    peek.style.setProperty("left", `${middle}px`);
  }

  line.addEventListener("pointerdown", (event) => {
    if (!duration || event.button) return;
    line.setPointerCapture(event.pointerId);
    onSeek(under(event));
  });
  line.addEventListener("pointermove", (event) => {
    showPeek(event);
    if (line.hasPointerCapture(event.pointerId)) onSeek(under(event));
  });
  line.addEventListener("pointerleave", () => (peek.hidden = true));
  line.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: -STEP_SECONDS, ArrowRight: STEP_SECONDS, PageDown: -30, PageUp: 30 };
    const target = event.key === "Home" ? 0 : event.key === "End" ? duration : position + (steps[event.key] ?? Number.NaN);
    if (Number.isNaN(target)) return;
    event.preventDefault();
    event.stopPropagation();
    onSeek(Math.min(duration, Math.max(0, target)));
  });

  return {
    element: line,
    /** @param {number} seconds of the whole video */
    setDuration(seconds) {
      duration = Number.isFinite(seconds) ? seconds : 0;
      line.setAttribute("aria-valuemax", String(Math.round(duration)));
    },
    /** @param {number} seconds */
    setPosition(seconds) {
      position = seconds;
      played.style.setProperty("width", share(seconds));
      head.style.setProperty("left", share(seconds));
      line.setAttribute("aria-valuenow", String(Math.round(seconds)));
      line.setAttribute("aria-valuetext", `${spokenTime(seconds)} of ${spokenTime(duration)}`);
    },
    /** @param {number} start @param {number} stop both 0: none */
    setSpan(start, stop) {
      span.hidden = stop <= start;
      place(span, start, stop);
      parts.forEach((part) => place(part.mark, part.start, part.stop));
    },
    /** @param {{start_seconds: number, stop_seconds: number}[]} steps of a moment of several, each marked in its span */
    setParts(steps) {
      for (const part of parts) part.mark.remove();
      parts = steps.map((step) => {
        const mark = element("div", { class: "line-part", "aria-hidden": "true" });
        place(mark, step.start_seconds, step.stop_seconds);
        return { mark, start: step.start_seconds, stop: step.stop_seconds };
      });
      track.append(...parts.map(({ mark }) => mark));
    },
    /** @param {{start_seconds: number, title: string}[]} chapters each a notch where it begins; none: no notches */
    setChapters(chapters) {
      const notches = chapters.filter((chapter) => chapter.start_seconds > 0).map((chapter) => {
        const notch = element("span", { class: "line-mark" });
        notch.style.setProperty("left", share(chapter.start_seconds));
        return notch;
      });
      marks.replaceChildren(...notches);
      named = chapters;
    },
    /** @param {number[]} buckets 0 to 1, evenly spread over the video; none: no strip */
    setHeat(buckets) {
      line.classList.toggle("has-heat", buckets.length > 0);
      heat.replaceChildren();
      if (!buckets.length) return;
      heat.setAttribute("viewBox", `0 0 ${buckets.length} ${HEIGHT}`);
      const area = document.createElementNS(SVG, "path");
      const tops = buckets.map((value, place) => `L${place + 0.5} ${(HEIGHT * (1 - Math.min(1, Math.max(0, value)))).toFixed(1)}`);
      area.setAttribute("d", `M0 ${HEIGHT} ${tops.join("")} L${buckets.length} ${HEIGHT}Z`);
      heat.append(area);
    },
    /** @param {import("./sprites.js").Sprite[]} known */
    setSprites(known) {
      sprites = known;
    },
    /** @param {() => void} listener called at the first peek */
    whenPeeked(listener) {
      onFirstPeek = listener;
    },
  };
}
