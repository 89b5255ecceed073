/** The one box: a query or a question. The switch follows the words until somebody sets it. */

import { isQuestion } from "./question.js";

/** @param {{onSubmit: (query: string, mode: "search" | "ask") => void}} options */
export function createSearchBox({ onSubmit }) {
  const form = /** @type {HTMLFormElement} */ (document.getElementById("search"));
  const input = /** @type {HTMLInputElement} */ (form.elements.namedItem("q"));
  const switches = /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll("input[name=mode]")]);
  const clear = /** @type {HTMLButtonElement} */ (form.querySelector(".box-clear"));
  let isChosen = false;

  const mode = () => (switches.find((one) => one.checked)?.value === "ask" ? "ask" : "search");
  const setMode = (/** @type {string} */ wanted) => switches.forEach((one) => (one.checked = one.value === wanted));
  const reflect = () => {
    clear.hidden = !input.value;
  };

  input.addEventListener("input", () => {
    reflect();
    if (!input.value.trim()) isChosen = false;
    if (!isChosen) setMode(isQuestion(input.value) ? "ask" : "search");
  });
  for (const one of switches) {
    one.addEventListener("change", () => {
      isChosen = true;
      if (input.value.trim()) onSubmit(input.value.trim(), mode());
    });
  }
  clear.addEventListener("click", () => {
    input.value = "";
    isChosen = false;
    reflect();
    input.focus();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const query = input.value.trim();
    if (query) onSubmit(query, mode());
    else input.focus();
  });

  return {
    focus() {
      input.focus();
      input.select();
    },
    blur: () => input.blur(),
    /** @param {string} query @param {"search" | "ask"} wanted */
    set(query, wanted) {
      if (input.value.trim() !== query) input.value = query;
      // A mode that the words would not have given was chosen by somebody.
      isChosen = query !== "" && (isQuestion(query) ? "ask" : "search") !== wanted;
      setMode(wanted);
      reflect();
    },
  };
}
