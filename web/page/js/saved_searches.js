/**
 * Searches that a person keeps. This browser keeps them, as it keeps recent ones: a library may serve many people, and reading
 * it needs no right to write.
 *
 * @typedef {{name: string, address: string}} SavedSearch
 */

import { writeAddress } from "./address.js";
import { toast } from "./announce.js";
import { button, element } from "./dom.js";
import { askedFor } from "./example.js";

const KEPT = "reelseek-saved";
const MOST_KEPT = 50;

/** Saves the search that is shown, or forgets it. @param {import("./address.js").PageState} state */
export function saveButton(state) {
  const address = writeAddress({ ...state, open: null, time: null });
  const isSaved = () => kept().some((one) => one.address === address);
  const save = button("", { class: "button-quiet", icon: "keep", on: toggle });
  show();

  function show() {
    save.lastChild.textContent = isSaved() ? "Saved" : "Save search";
    save.setAttribute("aria-pressed", String(isSaved()));
  }
  function toggle() {
    const others = kept().filter((one) => one.address !== address);
    const isKept = keep(isSaved() ? others : [{ name: askedFor(state), address }, ...others]);
    toast(!isKept ? "This browser cannot save searches." : isSaved() ? "Search saved. Find it on the start page in this browser." : "Saved search removed.");
    show();
  }
  return save;
}

/** The saved searches as links; nothing where there are none. @returns {HTMLElement[]} */
export function savedSearches() {
  const all = kept();
  if (!all.length) return [];
  const list = element("ul", { class: "saved", "aria-label": "Saved searches" });
  const title = element("h2", {}, "Saved searches");
  for (const one of all) {
    const forget = () => {
      keep(kept().filter(({ address }) => address !== one.address));
      item.remove();
      if (!list.children.length) [title, list].forEach((part) => part.remove());
    };
    const remove = button(`Remove saved search “${one.name}”`, { icon: "close", hidden_label: true, class: "button-bare", on: forget });
    const item = element("li", {}, element("a", { href: one.address, "data-go": true }, one.name), remove);
    list.append(item);
  }
  return [title, list];
}

/** @returns {SavedSearch[]} the last first */
function kept() {
  try {
    const all = JSON.parse(localStorage.getItem(KEPT) ?? "[]");
    return Array.isArray(all) ? all.filter((one) => typeof one?.name === "string" && /^\/\?/.test(one.address)) : [];
  } catch {
    return [];
  }
}

/** @param {SavedSearch[]} all @returns {boolean} false where the browser stores nothing */
function keep(all) {
  try {
    localStorage.setItem(KEPT, JSON.stringify(all.slice(0, MOST_KEPT)));
    return true;
  } catch {
    return false;
  }
}
