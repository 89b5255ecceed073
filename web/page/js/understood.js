/** How a query was parsed, as chips: steps, exclusions, filters. Empty for plain words. */

import { element } from "./dom.js";

const FIELDS = { looks: "seen", said: "said", text: "on screen", caption: "caption", speaker: "spoken by" };

/**
 * @typedef {{text: string, field: string | null, exact: boolean}} Term
 * @typedef {{text: string, terms: Term[], excluded: Term[], within_seconds: number | null}} Step
 * @typedef {{name: string, value: string, excluded: boolean}} Filter
 * @param {{steps: Step[], filters: Filter[]} | undefined} understood as the service gives it
 * @param {string} query
 * @returns {HTMLElement | null}
 */
export function understoodChips(understood, query) {
  const { steps = [], filters = [] } = understood ?? {};
  const isPlain = steps.length === 1 && steps[0].text === query && !steps[0].terms.length && !steps[0].excluded.length;
  if (!steps.length || (isPlain && !filters.length)) return null;
  const chips = steps.flatMap((step, place) => stepChips(step, place, steps.length));
  for (const filter of filters) chips.push(chip(filter.excluded ? "not" : "only", `${filter.name} ${filter.value}`, filter.excluded ? "without" : "only"));
  return element("ul", { class: "understood", "aria-label": "How the query was understood" }, ...chips);
}

/** @param {Step} step @param {number} place @param {number} count @returns {HTMLElement[]} */
function stepChips(step, place, count) {
  const chips = [];
  const gap = step.within_seconds === null ? "" : ` within ${step.within_seconds} s`;
  if (step.text) chips.push(chip(count > 1 ? (place ? `then${gap}` : "first") : "find", step.text, count > 1 ? "step" : ""));
  for (const term of step.terms) {
    if (term.field || term.exact) chips.push(chip(term.field ? FIELDS[term.field] : "words", term.exact ? `“${term.text}”` : term.text, "term"));
  }
  for (const term of step.excluded) chips.push(chip(term.field ? `without ${FIELDS[term.field]}` : "without", term.text, "without"));
  return chips;
}

/** @param {string} label @param {string} text @param {string} kind */
function chip(label, text, kind) {
  return element("li", { class: `understood-chip ${kind}`, dir: "auto" }, element("span", { class: "faint" }, label), " ", element("bdi", {}, text));
}
