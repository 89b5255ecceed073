/** The bar at the foot of the page: how many moments are chosen, and what can be done with them. */

import { button, element, fill } from "../dom.js";
import { exportMenu } from "../export_menu.js";
import { counted } from "../times.js";
import { chosenMoments, clipOf, nameOf, onChosen, setChosen, toggleChosen } from "./chosen.js";
import { collectionMenu } from "./collection_menu.js";

/** As many as the service answers about at once. */
const MOST_ASKED = 12;

/** @param {{onAsk: (question: string, clips: string[]) => void, canAsk: () => boolean}} options */
export function createSelectionBar({ onAsk, canAsk }) {
  const count = element("summary", {});
  const list = element("ul", { class: "bar-moments", "aria-label": "Selected moments" });
  const question = /** @type {HTMLInputElement} */ (
    element("input", { class: "field", maxlength: "1000", "aria-label": "Question about the selected moments", placeholder: "What do they have in common?" })
  );
  const send = /** @type {HTMLButtonElement} */ (element("button", { class: "button" }, "Ask"));
  const tooMany = element("p", { class: "faint fine" }, `You can ask about up to ${MOST_ASKED} moments at a time.`);
  const form = element("form", { class: "bar-question", hidden: true }, question, send, tooMany);
  const ask = button("Ask about these", { icon: "search", "aria-expanded": "false", on: () => openQuestion(form.hidden) });
  const clear = button("Clear", { class: "button-quiet", on: () => setChosen([]) });
  const add = collectionMenu({ moments: chosenMoments, onAdded: () => setChosen([]) });
  const take = exportMenu({ moments: chosenMoments, title: () => "Selected moments" });
  const bar = element(
    "section", { class: "bar", "aria-label": "Selected moments" },
    element("details", { class: "bar-count" }, count, list), clear, element("span", { class: "spacer" }), add, ask, take, form,
  );

  function show() {
    const moments = chosenMoments();
    bar.hidden = moments.length === 0;
    document.body.classList.toggle("has-bar", !bar.hidden);
    count.textContent = `${counted(moments.length, "moment")} selected`;
    fill(list, ...moments.map((moment) => element("li", {}, chip(moment))));
    ask.hidden = !canAsk();
    tooMany.hidden = moments.length <= MOST_ASKED;
    send.disabled = !tooMany.hidden;
    if (bar.hidden) openQuestion(false);
  }

  /** @param {import("./chosen.js").Chosen} moment */
  function chip(moment) {
    return button(nameOf(moment), { icon: "close", class: "bar-moment", "aria-label": `Deselect ${nameOf(moment)}`, on: () => toggleChosen(moment) });
  }

  /** @param {boolean} isOpen */
  function openQuestion(isOpen) {
    form.hidden = !isOpen;
    ask.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) question.focus();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const words = question.value.trim();
    if (words) onAsk(words, chosenMoments().map(clipOf));
    else question.focus();
  });
  document.head.append(element("link", { rel: "stylesheet", href: "/static/css/selection.css" }));
  document.body.append(bar);
  onChosen(show);
  show();

  /** The question of the address about these moments. @param {string} words */
  return (words) => {
    question.value = words;
    form.hidden = false;
    ask.setAttribute("aria-expanded", "true");
  };
}
