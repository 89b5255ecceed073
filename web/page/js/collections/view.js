/** A collection: its moments in their order, to be played, trimmed, arranged, exported and removed. */

import { announce, toast } from "../announce.js";
import { confirm } from "../dialogs.js";
import { button, element, fill } from "../dom.js";
import { exportMenu } from "../export_menu.js";
import { labelledSelect } from "../fields.js";
import { momentCard } from "../moment_card.js";
import { loading, notice } from "../notice.js";
import { counted, longTime } from "../times.js";
import {
  changeCollection, createCollection, currentCollection, dropMoment, listCollections, loadCurrent, onCollections, openCollection, removeCollection,
} from "./store.js";

/**
 * @typedef {import("../address.js").PageState} PageState
 * @typedef {import("./store.js").CollectedMoment} CollectedMoment
 * @param {{linkTo: (moment: CollectedMoment) => string, narrow: (change: Partial<PageState>) => void}} options
 */
export function createCollectionsView({ linkTo, narrow }) {
  const count = element("p", { class: "summary-line faint" });
  const choose = labelledSelect("Collection", {}, (id) => narrow({ collection: id }));
  const form = element("div", {});
  const begin = button("New collection", { icon: "add", on: () => askName("", begun) });
  const rename = button("Rename", { class: "button-quiet", on: () => askName(currentCollection()?.name ?? "", (name) => changeCollection({ name })) });
  const remove = button("Remove collection", { class: "button-quiet", on: removeAll });
  const menu = exportMenu({
    moments: () => currentCollection()?.moments ?? [],
    title: () => currentCollection()?.name ?? "",
    collection: () => currentCollection()?.collection_id ?? "",
  });
  const head = element("div", { class: "view-head" }, element("h1", {}, "Collections"), count, element("span", { class: "spacer" }), begin);
  const tools = element("div", { class: "tools" }, choose.element, rename, remove, element("span", { class: "spacer" }), menu);
  const status = element("div", { class: "summary" });
  const list = element("ol", { class: "grid collection", "aria-label": "Moments in order" });
  const root = element("div", { class: "view" }, head, form, tools, status, list);
  /** @type {Map<string, HTMLElement>} */
  let cards = new Map();
  /** @type {WeakMap<Element, CollectedMoment>} */
  const known = new WeakMap();
  /** @type {HTMLElement | null} */
  let dragged = null;
  let isShown = false;

  // A browser ends a drag whose element moves in the page, so a change that arrives meanwhile is shown after it.
  onCollections(() => isShown && !dragged && show());

  async function begun(/** @type {string} */ name) {
    await createCollection(name);
    narrow({ collection: currentCollection()?.collection_id ?? "" });
  }

  /** @param {string} before @param {(name: string) => Promise<unknown>} work */
  function askName(before, work) {
    const input = /** @type {HTMLInputElement} */ (element("input", { class: "field", maxlength: "100", "aria-label": "Name of the collection", placeholder: "Name", value: before }));
    const wrong = element("p", { class: "form-error", role: "alert" });
    const leave = () => fill(form);
    const sheet = element("form", { class: "trim-form" }, input, element("button", { class: "button" }, "Save"), button("Cancel", { class: "button-quiet", on: leave }), wrong);
    sheet.addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        await work(input.value.trim());
        leave();
      } catch (error) {
        fill(wrong, document.createTextNode(error instanceof Error ? error.message : "The name could not be saved."));
      }
    });
    fill(form, sheet);
    input.select();
  }

  async function removeAll() {
    const name = currentCollection()?.name ?? "";
    if (!(await confirm("Remove collection?", `“${name}” and its trims and notes will be deleted. The videos stay in the library.`, "Remove collection"))) return;
    await removeCollection().catch(tell);
    narrow({ collection: currentCollection()?.collection_id ?? "" });
  }

  function show() {
    const collection = currentCollection();
    const moments = collection?.moments ?? [];
    const seconds = moments.reduce((sum, one) => sum + one.stop_seconds - one.start_seconds, 0);
    count.textContent = collection ? `${counted(moments.length, "moment")}, ${longTime(seconds)}` : "";
    tools.hidden = !collection;
    menu.hidden = !moments.length;
    const empty = "Select moments in your search results and choose “Add to collection”, or open a moment, set its in and out points, and add it.";
    fill(status, !moments.length && notice({ icon: "film", title: collection ? "This collection is empty" : "No collections yet", text: empty }));
    arrange(moments);
    listCollections().then((all) => {
      fill(choose.select, ...all.map((one) => element("option", { value: one.collection_id }, `${one.name} (${one.moments})`)));
      choose.set(currentCollection()?.collection_id ?? "");
    }, tell);
  }

  /** Cards that are there stay, so that an open player stays beside its card. @param {CollectedMoment[]} moments */
  function arrange(moments) {
    const open = list.querySelector(".stage");
    const before = open?.previousElementSibling;
    const next = new Map(moments.map((moment, place) => [moment.moment_id, cardOf(moment, place, moments.length)]));
    for (const [id, card] of cards) if (!next.has(id)) card.remove();
    for (const card of next.values()) list.append(card);
    cards = next;
    if (open && before?.isConnected) before.after(open);
  }

  /** @param {CollectedMoment} moment @param {number} place @param {number} total */
  function cardOf(moment, place, total) {
    const old = cards.get(moment.moment_id);
    const card = momentCard(moment, { href: linkTo(moment), number: place + 1 });
    if (old) fill(old, ...card.childNodes);
    const made = old ?? card;
    made.dataset.start = String(moment.start_seconds);
    made.dataset.stop = String(moment.stop_seconds);
    made.classList.toggle("is-gone", !moment.is_there);
    known.set(made, moment);
    const at = (/** @type {number} */ to) => () => moveTo(moment.moment_id, to);
    made.querySelector(".about")?.append(
      ...moment.notes.map((note) => element("p", { class: "faint fine" }, note.text)),
      moment.is_there ? "" : element("p", { class: "state state-failed" }, "No longer in the library"),
      element(
        "div",
        { class: "card-order" },
        button("Earlier", { class: "button-quiet", "aria-label": `Move ${place + 1} earlier`, disabled: place === 0, on: at(place - 1) }),
        button("Later", { class: "button-quiet", "aria-label": `Move ${place + 1} later`, disabled: place === total - 1, on: at(place + 1) }),
        button("Remove", { class: "button-quiet", "aria-label": `Remove moment ${place + 1} from the collection`, on: () => dropMoment(moment.moment_id).catch(tell) }),
      ),
    );
    if (!old) takeDrags(made, moment.moment_id);
    return made;
  }

  /** @param {HTMLElement} card @param {string} id */
  function takeDrags(card, id) {
    card.draggable = true;
    card.addEventListener("dragstart", (event) => {
      dragged = card;
      event.dataTransfer?.setData("text/plain", id);
      card.classList.add("is-dragged");
    });
    card.addEventListener("dragend", () => {
      card.classList.remove("is-dragged");
      dragged = null;
      if (isShown) show();
    });
    card.addEventListener("dragover", (event) => dragged && event.preventDefault());
    card.addEventListener("drop", (event) => {
      if (!dragged) return;
      event.preventDefault();
      event.stopPropagation();
      const moved = known.get(dragged)?.moment_id;
      const to = currentCollection()?.moments.findIndex((one) => one.moment_id === id) ?? -1;
      if (moved && moved !== id && to >= 0) moveTo(moved, to);
    });
  }

  /** @param {string} id @param {number} place */
  async function moveTo(id, place) {
    const order = (currentCollection()?.moments ?? []).map((one) => one.moment_id).filter((one) => one !== id);
    order.splice(place, 0, id);
    await changeCollection({ order }).catch(tell);
    announce(`Moved to position ${place + 1}.`);
    cards.get(id)?.querySelector("a")?.focus();
  }

  return {
    root,
    list,
    knownOf: (/** @type {Element} */ card) => known.get(card) ?? null,
    leave: () => {
      isShown = false;
    },
    /** @param {PageState} page */
    async show(page) {
      isShown = false;
      fill(form);
      fill(status, loading("Loading collection"));
      await loadCurrent();
      if (page.collection && page.collection !== currentCollection()?.collection_id) await openCollection(page.collection);
      isShown = true;
      show();
      return true;
    },
  };
}

/** @param {unknown} error */
function tell(error) {
  toast(error instanceof Error ? error.message : "The collection could not be changed.");
}
