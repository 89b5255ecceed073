/** Text with highlighted matches. */

import { element } from "./dom.js";

/**
 * @param {string} text
 * @param {[number, number][]} spans half-open, in Unicode code points, as the service counts
 * @returns {(Node | string)[]}
 */
export function markedText(text, spans) {
  const letters = Array.from(text);
  const parts = [];
  let told = 0;
  for (const [begin, end] of [...spans].sort((a, b) => a[0] - b[0])) {
    if (begin < told || end <= begin || end > letters.length) continue;
    parts.push(letters.slice(told, begin).join(""), element("mark", {}, letters.slice(begin, end).join("")));
    told = end;
  }
  parts.push(letters.slice(told).join(""));
  return parts.filter((part) => part !== "");
}
