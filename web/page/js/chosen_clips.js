/** The moments that a person has chosen to ask about, wherever they are shown. */

import { button } from "./dom.js";

export const MOST_CLIPS = 12;

/** @type {Map<string, string>} clip as the service takes it, "ID@START-STOP", and the name of its video */
const chosen = new Map();
/** @type {Set<() => void>} */
const listeners = new Set();

/** @param {import("./moment_card.js").Moment} moment */
export function clipOf(moment) {
  return `${moment.video_id}@${moment.start_seconds}-${moment.stop_seconds}`;
}

/** In the order of choice. @returns {[string, string][]} */
export function chosenClips() {
  return [...chosen];
}

/** @param {string[]} clips in place of those chosen so far; names that are known stay */
export function setChosen(clips) {
  const names = new Map(chosen);
  chosen.clear();
  for (const clip of clips) chosen.set(clip, names.get(clip) ?? "");
  tell();
}

/** @param {() => void} listener called after every change */
export function onChosen(listener) {
  listeners.add(listener);
}

/** The button of a card that chooses its moment, or no longer. @param {import("./moment_card.js").Moment} moment */
export function chooseButton(moment) {
  const clip = clipOf(moment);
  const control = button("Ask about this moment", {
    icon: "add",
    hidden_label: true,
    class: "card-like card-choose",
    on: () => {
      if (chosen.has(clip)) chosen.delete(clip);
      else if (chosen.size < MOST_CLIPS) chosen.set(clip, moment.video);
      tell();
    },
  });
  control.dataset.clip = clip;
  reflect(control);
  return control;
}

/** @param {Element} control */
function reflect(control) {
  control.setAttribute("aria-pressed", String(chosen.has(control.dataset.clip)));
}

function tell() {
  for (const control of document.querySelectorAll(".card-choose")) reflect(control);
  for (const listener of listeners) listener();
}
