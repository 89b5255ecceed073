/** The box under an answer, for a question that follows it, and the questions that came before. */

import { element } from "./dom.js";

/** @param {{onAsk: (words: string) => void}} options */
export function createFollowUp({ onAsk }) {
  const input = /** @type {HTMLInputElement} */ (
    element("input", { class: "field", type: "text", name: "follow-up", autocomplete: "off", maxlength: "4000", "aria-label": "Follow-up question", placeholder: "Ask a follow-up question" })
  );
  const earlier = element("ol", { class: "earlier", "aria-label": "Earlier questions" });
  const form = /** @type {HTMLFormElement} */ (element("form", { class: "follow-up" }, input));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const words = input.value.trim();
    if (words) onAsk(words);
  });
  form.hidden = true;
  return {
    form,
    earlier,
    /** Ready for a question after an answer. */
    open() {
      input.value = "";
      form.hidden = false;
    },
    /** While an answer is awaited, and in a new conversation. @param {{forget?: boolean}} [options] */
    close({ forget = false } = {}) {
      form.hidden = true;
      if (forget) earlier.replaceChildren();
    },
    /** @param {string} question @param {string} answer */
    remember: (question, answer) => earlier.append(element("li", {}, element("span", {}, question), element("span", { class: "faint" }, answer))),
  };
}
