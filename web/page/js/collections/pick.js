/** The tick on the card of a moment, which adds it to the current collection or takes it out again. */

import { toast } from "../announce.js";
import { element, icon } from "../dom.js";
import { collect, collectedAs, currentCollection, dropMoment, loadCurrent, onCollections } from "./store.js";

/** @type {WeakMap<Element, {video_id: string, start_seconds: number, stop_seconds: number}>} */
const momentOf = new WeakMap();

onCollections(() => document.querySelectorAll(".card-pick").forEach((pick) => show(/** @type {HTMLElement} */ (pick))));

/** @param {{video_id: string, video: string, start_seconds: number, stop_seconds: number}} moment */
export function pickButton(moment) {
  const pick = element("button", { type: "button", class: "card-pick", on: { click: () => toggle(pick) } }, icon("tick"));
  momentOf.set(pick, moment);
  show(pick);
  loadCurrent();
  return pick;
}

/** @param {HTMLElement} pick */
function show(pick) {
  const moment = momentOf.get(pick);
  if (!moment) return;
  const isPicked = collectedAs(moment) !== null;
  const name = currentCollection()?.name ?? "Selects";
  pick.setAttribute("aria-pressed", String(isPicked));
  pick.setAttribute("aria-label", `Select for “${name}”`);
  pick.title = isPicked ? `In “${name}”: take it out` : `Add to “${name}”`;
}

/** @param {HTMLElement} pick */
async function toggle(pick) {
  const moment = momentOf.get(pick);
  if (!moment) return;
  try {
    await loadCurrent();
    const known = collectedAs(moment);
    const name = (known ? await dropMoment(known.moment_id) : await collect([moment])).name;
    toast(known ? `Taken out of “${name}”.` : `Added to “${name}”.`);
  } catch (error) {
    toast(error instanceof Error ? error.message : "The collection could not be changed.");
  }
}
