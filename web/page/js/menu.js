/** A button that opens a sheet of choices; Escape and moving on close it. */

import { element, icon } from "./dom.js";

/**
 * @param {string} label @param {string} picture @param {...Node} content of the sheet
 * @returns {{element: HTMLDetailsElement, close: () => void}}
 */
export function createMenu(label, picture, ...content) {
  const opener = element("summary", { class: "button" }, icon(picture), element("span", {}, label));
  const menu = /** @type {HTMLDetailsElement} */ (element("details", { class: "menu" }, opener, element("div", { class: "menu-sheet" }, ...content)));
  const close = () => {
    menu.open = false;
  };
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    event.stopPropagation();
    close();
    opener.focus();
  });
  menu.addEventListener("focusout", (event) => {
    const next = /** @type {Node | null} */ (event.relatedTarget);
    if (next && !menu.contains(next)) close();
  });
  return { element: menu, close };
}
