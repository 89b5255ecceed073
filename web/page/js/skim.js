/** Skimming a moment: the pointer's way across a card's picture shows the moment from its start to its end. */

import { withQuery } from "./service.js";

const STEPS = 6;
const REST_MILLISECONDS = 120;

/**
 * @param {HTMLElement} frame holds the picture
 * @param {{video_id: string, start_seconds: number, stop_seconds: number, kind?: string}} moment
 */
export function skimmable(frame, moment) {
  if (moment.kind === "sound") return;
  /** @type {HTMLImageElement | null} */
  let shown = null;
  let step = -1;
  let timer = 0;

  frame.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "mouse") return;
    const box = frame.getBoundingClientRect();
    const now = Math.min(STEPS - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * STEPS)));
    if (now === step) return;
    step = now;
    clearTimeout(timer);
    timer = setTimeout(show, REST_MILLISECONDS);
  });
  frame.addEventListener("pointerleave", () => {
    clearTimeout(timer);
    shown?.remove();
    shown = null;
    step = -1;
  });

  function show() {
    const seconds = moment.start_seconds + ((step + 0.5) / STEPS) * (moment.stop_seconds - moment.start_seconds);
    const image = new Image();
    image.className = "skim";
    image.alt = "";
    image.src = withQuery(`/api/v1/videos/${moment.video_id}/thumbnail`, { t: seconds.toFixed(2) });
    const mine = step;
    image.addEventListener("load", () => {
      if (mine !== step) return;
      shown?.remove();
      shown = image;
      frame.querySelector(".picture")?.after(image);
    });
  }
}
