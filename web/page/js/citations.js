/** Citations inside an answer: small numbered links, previewed by pointer or focus, and played by a click. */

import { placeCitations } from "./citation_places.js";
import { element } from "./dom.js";
import { picture } from "./picture.js";
import { clockSpan, spokenTime } from "./times.js";

/**
 * @typedef {import("./moment_card.js").Moment} Moment
 * @param {string} answer @param {Moment[]} moments @param {(moment: Moment) => string} linkTo
 * @returns {HTMLElement} the answer with its citations
 */
export function citedAnswer(answer, moments, linkTo) {
  const text = element("p", { class: "answer-text" });
  for (const { text: sentence, cited } of placeCitations(answer, moments.map(({ why }) => why ?? ""))) {
    const words = sentence.trimEnd();
    text.append(words, ...cited.map((place) => citation(moments[place], place + 1, linkTo(moments[place]))), sentence.slice(words.length));
  }
  return text;
}

/** @param {Moment} moment @param {number} number @param {string} href */
function citation(moment, number, href) {
  const name = `${number}: ${moment.video}, ${spokenTime(moment.start_seconds)}${moment.why ? `. ${moment.why}` : ""}`;
  const link = element("a", { class: "citation", href, "aria-label": name, "data-open": "moment" }, String(number));
  /** @type {HTMLElement | null} */
  let preview = null;

  function show() {
    if (preview) return;
    preview = previewOf(moment);
    link.append(preview);
    // Beside the number, but inside the answer's width.
    const frame = /** @type {HTMLElement} */ (link.closest(".answer-text"));
    const left = Math.min(link.offsetLeft, frame.clientWidth - preview.offsetWidth);
    preview.style.left = `${Math.max(0, left)}px`;
    preview.style.top = `${link.offsetTop + link.offsetHeight}px`;
  }
  function hide() {
    preview?.remove();
    preview = null;
  }
  link.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && show());
  link.addEventListener("pointerleave", hide);
  link.addEventListener("focus", () => link.matches(":focus-visible") && show());
  link.addEventListener("blur", hide);
  link.addEventListener("click", hide);
  link.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !preview) return;
    event.stopPropagation();
    hide();
  });
  return link;
}

/** The link's label says the same. @param {Moment} moment */
function previewOf(moment) {
  return element(
    "span",
    { class: "citation-preview", "aria-hidden": "true" },
    element("span", { class: "frame" }, picture(moment.thumbnail), element("span", { class: "badge time" }, clockSpan(moment.start_seconds, moment.stop_seconds))),
    element("span", { class: "name" }, moment.video),
    moment.why && element("span", { class: "fine" }, moment.why),
  );
}
