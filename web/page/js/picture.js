/** A thumbnail in its frame; a missing one leaves a quiet drawing in its place. */

import { element, icon } from "./dom.js";

const WIDE = 1.55;

/** @param {string | undefined} source @returns {HTMLElement} */
export function picture(source) {
  const frame = element("span", { class: "picture" }, icon("film"));
  if (!source) return frame;
  const image = /** @type {HTMLImageElement} */ (element("img", { src: source, alt: "", loading: "lazy", decoding: "async" }));
  image.addEventListener("load", () => {
    frame.classList.add("is-loaded");
    // Pictures of nearly the frame's shape fill it; others keep all of theirs.
    frame.classList.toggle("is-whole", image.naturalWidth / image.naturalHeight < WIDE);
  });
  image.addEventListener("error", () => image.remove());
  frame.append(image);
  return frame;
}
