/** The other libraries of the person who runs the service, at the foot of the page. */

import { copyText } from "./clipboard.js";
import { button, element } from "./dom.js";
import { getJson } from "./service.js";

/**
 * @typedef {{name: string, is_this: boolean, url: string | null, command: string}} LibraryLink
 * @param {HTMLElement} foot
 * @param {(words: string) => void} tell
 */
export async function showLibraries(foot, tell) {
  const { libraries } = await getJson("/api/v1/libraries").catch(() => ({ libraries: [] }));
  const others = libraries.filter((/** @type {LibraryLink} */ one) => !one.is_this);
  if (!others.length) return;
  const items = others.map((/** @type {LibraryLink} */ one) => element("li", {}, one.url ? element("a", { href: one.url }, one.name) : idle(one, tell)));
  foot.append(element("nav", { class: "foot-libraries", "aria-label": "Other libraries" }, element("span", {}, "Other libraries"), element("ul", {}, ...items)));
}

/** A library that no service serves now: its command is copied. @param {LibraryLink} library @param {(words: string) => void} tell */
function idle({ name, command }, tell) {
  const copy = async () => {
    const isCopied = await copyText(command);
    tell(`${isCopied ? "Copied" : "Run"}: ${command}`);
  };
  return button(`${name} (not running)`, { class: "button-bare", title: "Copy the command to start it", on: copy });
}
