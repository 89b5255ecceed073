/** The search box, for queries and questions. The switch follows the input until the user sets it. */

import { element, fill } from "./dom.js";
import { isImage } from "./images.js";
import { isQuestion } from "./question.js";
import { createSuggestions } from "./suggestions.js";

/** @typedef {{start: number, stop: number, query: string, reason: string, example: string}} Fault in characters of the query */
/**
 * @param {{onSubmit: (query: string, mode: "search" | "ask") => void, onImage: (file: File) => void, hasExample: () => boolean}} options
 *   hasExample: whether words may be missing, since an image or a moment is looked for
 */
export function createSearchBox({ onSubmit, onImage, hasExample }) {
  const form = /** @type {HTMLFormElement} */ (document.getElementById("search"));
  const input = /** @type {HTMLInputElement} */ (form.elements.namedItem("q"));
  const switches = /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll("input[name=mode]")]);
  const clear = /** @type {HTMLButtonElement} */ (form.querySelector(".box-clear"));
  const picker = /** @type {HTMLInputElement} */ (document.getElementById("image-picker"));
  const fault = /** @type {HTMLElement} */ (form.querySelector(".box-fault"));
  const suggestions = createSuggestions(input);
  let isChosen = false;
  let canAsk = true;

  const mode = () => (switches.find((one) => one.checked)?.value === "ask" ? "ask" : "search");
  const setMode = (/** @type {string} */ wanted) => switches.forEach((one) => (one.checked = one.value === wanted));
  const reflect = () => {
    clear.hidden = !input.value;
  };

  input.addEventListener("input", () => {
    reflect();
    showFault(null);
    if (!input.value.trim()) isChosen = false;
    if (!isChosen) setMode(canAsk && isQuestion(input.value) ? "ask" : "search");
  });
  for (const one of switches) {
    one.addEventListener("change", () => {
      isChosen = true;
      if (input.value.trim()) onSubmit(input.value.trim(), mode());
    });
  }
  /** Under the box: what is wrong with the words, the piece itself marked, and how it is right. @param {Fault | null} found */
  function showFault(found) {
    fault.hidden = !found;
    input.toggleAttribute("aria-invalid", found !== null);
    if (!found) return;
    const [before, piece, after] = [found.query.slice(0, found.start), found.query.slice(found.start, found.stop), found.query.slice(found.stop)];
    fill(
      fault,
      element("span", {}, `${found.reason.charAt(0).toUpperCase()}${found.reason.slice(1)}`),
      element("bdi", {}, before, element("mark", {}, piece), after),
      element("span", { class: "faint" }, ` Example: ${found.example}`),
    );
  }

  clear.addEventListener("click", () => {
    input.value = "";
    showFault(null);
    isChosen = false;
    reflect();
    input.focus();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const query = input.value.trim();
    suggestions.remember(query);
    if (query || hasExample()) onSubmit(query, hasExample() ? "search" : mode());
    else input.focus();
  });
  form.querySelector(".box-image")?.addEventListener("click", () => picker.click());
  picker.addEventListener("change", () => {
    if (picker.files?.[0]) onImage(picker.files[0]);
    picker.value = "";
  });
  input.addEventListener("paste", (event) => {
    const image = [...(event.clipboardData?.files ?? [])].find(isImage);
    if (!image) return;
    event.preventDefault();
    onImage(image);
  });

  return {
    focus() {
      input.focus();
      input.select();
    },
    blur: () => input.blur(),
    /** Questions are offered only where a model can answer them. @param {{models?: {ask?: boolean}}} health */
    know(health) {
      canAsk = health.models?.ask !== false;
      const choice = /** @type {HTMLElement} */ (form.querySelector(".switch"));
      choice.hidden = !canAsk;
      input.placeholder = canAsk ? "Search or ask" : "Search";
      if (!canAsk && !input.value) setMode("search");
    },
    showFault,
    /** @param {string} query @param {"search" | "ask"} wanted */
    set(query, wanted) {
      if (input.value.trim() !== query) input.value = query;
      // A mode that the words would not have given was chosen by somebody.
      isChosen = query !== "" && (isQuestion(query) ? "ask" : "search") !== wanted;
      setMode(wanted);
      reflect();
      showFault(null);
    },
  };
}
