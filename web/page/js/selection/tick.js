/** The tick on the card of a moment, which chooses it. */

import { toast } from "../announce.js";
import { element, icon } from "../dom.js";
import { spokenTime } from "../times.js";
import { isChosen, onChosen, toggleChosen } from "./chosen.js";

/** @type {WeakMap<Element, import("./chosen.js").Chosen>} */
const momentOf = new WeakMap();

onChosen(() => document.querySelectorAll(".card-tick").forEach(show));

/** @param {import("./chosen.js").Chosen} moment */
export function tickOf(moment) {
  const label = `Select ${moment.video} at ${spokenTime(moment.start_seconds)}`;
  const press = () => {
    if (!toggleChosen(moment)) toast("No more moments can be selected.");
  };
  const tick = element("button", { type: "button", class: "card-tick", "aria-label": label, title: "Select this moment (S)", on: { click: press } }, icon("tick"));
  momentOf.set(tick, moment);
  show(tick);
  return tick;
}

/** @param {Element} tick */
function show(tick) {
  const moment = momentOf.get(tick);
  tick.setAttribute("aria-pressed", String(moment !== undefined && isChosen(moment)));
}
