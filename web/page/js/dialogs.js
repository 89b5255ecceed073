/** The page's dialogs: API key, keyboard shortcuts, confirmation of a removal. */

import { button, element, fill } from "./dom.js";
import { openSession } from "./service.js";

/**
 * @param {string} title
 * @param {(Node | null)[]} children
 * @returns {HTMLDialogElement} shown; gone once it is closed
 */
function openDialog(title, ...children) {
  const dialog = /** @type {HTMLDialogElement} */ (element("dialog", { "aria-label": title }, element("h2", {}, title), ...children));
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => {
    const box = dialog.getBoundingClientRect();
    const isInside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (event.target === dialog && !isInside) dialog.close();
  });
  dialog.showModal();
  return dialog;
}

/** @param {string} name @returns {Promise<boolean>} */
export function confirmRemoval(name) {
  return confirm("Remove video?", `“${name}” will be removed from the library. Its file is deleted only if it was uploaded here.`, "Remove video");
}

/** @param {string} title @param {string} text what a removal means @param {string} verb on the button @returns {Promise<boolean>} */
export function confirm(title, text, verb) {
  return new Promise((resolve) => {
    let isSure = false;
    const words = element("p", {}, text);
    const remove = button(verb, { class: "button button-main", on: () => ((isSure = true), dialog.close()) });
    const keep = button("Cancel", { autofocus: true, on: () => dialog.close() });
    const dialog = openDialog(title, words, element("div", { class: "dialog-actions" }, keep, remove));
    dialog.addEventListener("close", () => resolve(isSure));
  });
}

/** @type {Promise<boolean> | null} several requests may meet the missing key at once; one dialog answers them */
let asking = null;

/** @returns {Promise<boolean>} true once a key was accepted */
export function askForKey() {
  asking ??= keyDialog().finally(() => (asking = null));
  return asking;
}

/** @returns {Promise<boolean>} */
function keyDialog() {
  return new Promise((resolve) => {
    let isAccepted = false;
    const words = element("p", {}, "To create a key, run ", element("code", {}, "reelseek keys add"), " on the machine where Reelseek runs.");
    const key = /** @type {HTMLInputElement} */ (
      element("input", { type: "password", class: "field", "aria-label": "API key", autocomplete: "current-password", required: true, autofocus: true })
    );
    const wrong = element("p", { class: "form-error", role: "alert" });
    const form = element("form", { class: "key-form" }, key, element("button", { class: "button button-main" }, "Open"), wrong);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      fill(wrong);
      try {
        isAccepted = await openSession(key.value.trim());
        if (isAccepted) dialog.close();
        else fill(wrong, document.createTextNode("This key is not valid."));
      } catch (error) {
        fill(wrong, document.createTextNode(error instanceof Error ? error.message : "The key could not be checked."));
      }
      key.select();
    });
    const dialog = openDialog("API key required", words, form);
    dialog.addEventListener("close", () => resolve(isAccepted));
  });
}

const KEYS = [
  ["/", "Search"],
  ["← ↑ → ↓", "Move between results"],
  ["Enter", "Open"],
  ["Space", "Play or pause"],
  ["Esc", "Close"],
  ["[ and ]", "Skip back or forward 5 seconds"],
  ["m", "Mute or unmute"],
  ["f", "Full screen"],
  ["c", "Copy a link to this moment"],
  ["s", "Select this moment"],
  ["i and o", "Set the in or out point"],
  ["j k l", "Play backward, pause, play; press again to go faster"],
  [", and .", "Step one frame back or forward"],
  ["0 to 9", "Jump to 0% to 90% of the video"],
  ["n", "Add a note at this time"],
  ["l", "Open the library (with the player closed)"],
  ["?", "Keyboard shortcuts"],
];

/** @param {string} keys as in `KEYS` @returns {(Node | string)[]} a cap for each key */
function keyCaps(keys) {
  return keys.split(/( and | to | )/).map((part, at) => (at % 2 ? part : element("kbd", {}, part)));
}

export function showKeys() {
  const rows = KEYS.map(([key, does]) => element("div", {}, element("dt", {}, ...keyCaps(key)), element("dd", {}, does)));
  const close = button("Close", { autofocus: true, on: () => dialog.close() });
  const dialog = openDialog("Keyboard shortcuts", element("dl", { class: "keys" }, ...rows), element("div", { class: "dialog-actions" }, close));
}
