/** The menu that adds the chosen moments to a collection, one that there is or a new one. */

import { toast } from "../announce.js";
import { collect, collectedAs, createCollection, FIRST_NAME, listCollections, openCollection } from "../collections/store.js";
import { button, element, fill } from "../dom.js";
import { createMenu } from "../menu.js";
import { counted } from "../times.js";

/** @param {{moments: () => import("./chosen.js").Chosen[], onAdded: () => void}} options */
export function collectionMenu({ moments, onAdded }) {
  const list = element("ul", {});
  const name = /** @type {HTMLInputElement} */ (element("input", { class: "field", maxlength: "100", "aria-label": "Name of the new collection", placeholder: "New collection" }));
  const form = element("form", { class: "menu-form" }, name, element("button", { class: "button" }, "Create"));
  const wrong = element("p", { class: "form-error", role: "alert" });
  const menu = createMenu("Add to collection", "add", list, form, wrong);

  menu.element.addEventListener("toggle", async () => {
    if (!menu.element.open) return;
    fill(wrong);
    const all = await listCollections().catch(say);
    if (!all) return;
    fill(list, ...all.map(itemOf));
    name.value = all.length ? "" : FIRST_NAME;
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const words = name.value.trim();
    if (words) add(() => createCollection(words));
    else name.focus();
  });

  /** @param {import("../collections/store.js").Summary} one */
  function itemOf({ collection_id: id, name: label, moments: count }) {
    return element("li", {}, button(`${label} (${count})`, { class: "menu-item is-plain", on: () => add(() => openCollection(id)) }));
  }

  /** @param {() => Promise<void>} open makes a collection the current one */
  async function add(open) {
    try {
      await open();
      const fresh = moments().filter((moment) => !collectedAs(moment));
      const into = fresh.length ? await collect(fresh) : null;
      menu.close();
      toast(into ? `${counted(fresh.length, "moment")} added to “${into.name}”.` : "These moments are already in the collection.");
      onAdded();
    } catch (error) {
      say(error);
    }
  }

  /** @param {unknown} error */
  function say(error) {
    wrong.textContent = error instanceof Error ? error.message : "The collection could not be changed.";
  }

  return menu.element;
}
