/** Small form fields. */

import { element } from "./dom.js";

/**
 * @param {string} label
 * @param {Record<string, string>} choices label by value
 * @param {(value: string) => void} onChoice
 */
export function labelledSelect(label, choices, onChoice) {
  const options = Object.entries(choices).map(([value, words]) => element("option", { value }, words));
  const select = /** @type {HTMLSelectElement} */ (element("select", { class: "field", "aria-label": label }, ...options));
  select.addEventListener("change", () => onChoice(select.value));
  return {
    element: element("label", { class: "labelled" }, element("span", { class: "faint" }, label), select),
    select,
    /** @param {string} value */
    set(value) {
      select.value = value;
    },
  };
}
