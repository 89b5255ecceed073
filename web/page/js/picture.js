/** A thumbnail in its frame; a placeholder if it is missing. */

import { element, icon } from "./dom.js";
import { wordBoxes } from "./word_boxes.js";

const WIDE = 1.55;

/**
 * @param {string | undefined} source
 * @param {{boxes: import("./word_boxes.js").WordBox[], seconds: number}} [words] frames drawn around words, at that time
 * @returns {HTMLElement}
 */
export function picture(source, words) {
  const frame = element("span", { class: "picture" }, icon("film"));
  if (!source) return frame;
  const image = /** @type {HTMLImageElement} */ (element("img", { src: source, alt: "", loading: "lazy", decoding: "async" }));
  image.addEventListener("load", () => {
    frame.classList.add("is-loaded");
    // Pictures of nearly the frame's shape fill it; others keep all of theirs.
    const isWhole = image.naturalWidth / image.naturalHeight < WIDE;
    frame.classList.toggle("is-whole", isWhole);
    if (!words?.boxes.length) return;
    const layer = wordBoxes();
    layer.setPicture(image.naturalWidth, image.naturalHeight, isWhole ? "meet" : "slice");
    layer.show(words.boxes, words.seconds);
    image.after(layer.element);
  });
  image.addEventListener("error", () => image.remove());
  frame.append(image);
  return frame;
}
