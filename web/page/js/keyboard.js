/** Keyboard shortcuts that work anywhere on the page, except in text fields. */

import { takesText } from "./dom.js";

const ARROWS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];
const SAME_ROW_PIXELS = 8;

/**
 * @param {{
 *   list: () => HTMLElement, isOpen: () => boolean, search: () => void, close: () => void, showKeys: () => void,
 *   library: () => void, copy: () => void, player: {toggle: () => void, mute: () => void, fullScreen: () => void,
 *   seekBy: (seconds: number) => void, edit: (key: string) => boolean, holds: (target: Node) => boolean},
 * }} does
 */
export function listenToKeys(does) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const target = event.target instanceof HTMLElement ? event.target : document.body;
    if (takesText(target)) {
      if (event.key === "Escape") target.blur();
      else if (event.key === "ArrowDown" && target.matches("#search input")) moveTo(links(does.list())[0], event);
      return;
    }
    if (target.matches("input[type=radio]") && ARROWS.includes(event.key)) return;
    if (handle(event, target)) event.preventDefault();
  });

  /** @param {KeyboardEvent} event @param {HTMLElement} target @returns {boolean} the key was ours */
  function handle(event, target) {
    const inPlayer = does.player.holds(target);
    switch (event.key) {
      case "/":
        does.search();
        return true;
      case "?":
        does.showKeys();
        return true;
      case "Escape":
        if (does.isOpen()) does.close();
        return does.isOpen();
      case " ":
        return space(target);
      case "s":
        return select(target);
    }
    if (ARROWS.includes(event.key)) {
      const isSideways = event.key === "ArrowLeft" || event.key === "ArrowRight";
      if (inPlayer && isSideways) does.player.seekBy(event.key === "ArrowLeft" ? -5 : 5);
      else return arrow(event.key, target);
      return true;
    }
    if (!does.isOpen()) {
      if (event.key === "l") does.library();
      return event.key === "l";
    }
    if (does.player.edit(event.key)) return true;
    const keys = {
      m: does.player.mute, f: does.player.fullScreen, c: does.copy,
      "[": () => does.player.seekBy(-5), "]": () => does.player.seekBy(5),
    };
    keys[event.key]?.();
    return event.key in keys;
  }

  /** Space presses a button, opens a card, and else plays and pauses. @param {HTMLElement} target */
  function space(target) {
    if (target.closest("button, input, summary, select")) return false;
    const link = target.closest("a");
    if (link && !link.closest(".card.is-open")) {
      if (!link.dataset.open) return false;
      link.click();
      return true;
    }
    if (!does.isOpen()) return false;
    does.player.toggle();
    return true;
  }

  /** Ticks the moment on whose card one is. @param {HTMLElement} target */
  function select(target) {
    const card = target.closest(".card") ?? target.closest(".stage")?.previousElementSibling;
    const tick = card?.querySelector(".card-tick");
    if (tick instanceof HTMLElement) tick.click();
    return tick !== null && tick !== undefined;
  }

  /** @param {string} key @param {HTMLElement} target */
  function arrow(key, target) {
    const all = links(does.list());
    const inCard = target.closest(".card");
    const inStage = target.closest(".stage");
    if (!inCard && !inStage && target !== document.body) return false;
    const now = inCard ? all.findIndex((link) => inCard.contains(link)) : -1;
    if (now < 0) {
      const after = inStage ? all.findIndex((link) => inStage.compareDocumentPosition(link) & Node.DOCUMENT_POSITION_FOLLOWING) : 0;
      const isBack = key === "ArrowUp" || key === "ArrowLeft";
      const place = isBack ? (after < 0 ? all.length : after) - 1 : after;
      return moveTo(all[place]);
    }
    if (key === "ArrowLeft") return moveTo(all[now - 1]);
    if (key === "ArrowRight") return moveTo(all[now + 1]);
    return moveTo(vertically(all, now, key === "ArrowDown" ? 1 : -1));
  }
}

/** @param {HTMLElement} list @returns {HTMLElement[]} what opens each card */
function links(list) {
  return [...list.querySelectorAll(":scope > .card a.frame")];
}

/** @param {HTMLElement | undefined} link @param {Event} [event] */
function moveTo(link, event) {
  if (!link) return false;
  event?.preventDefault();
  link.focus();
  link.scrollIntoView({ block: "nearest" });
  return true;
}

/** The nearest card in the next row. @param {HTMLElement[]} all @param {number} now @param {1 | -1} direction */
function vertically(all, now, direction) {
  const from = all[now].getBoundingClientRect();
  const rows = all
    .map((link) => ({ link, box: link.getBoundingClientRect() }))
    .filter(({ box }) => (box.top - from.top) * direction > SAME_ROW_PIXELS);
  const nearest = Math.min(...rows.map(({ box }) => Math.abs(box.top - from.top)));
  const row = rows.filter(({ box }) => Math.abs(Math.abs(box.top - from.top) - nearest) <= SAME_ROW_PIXELS);
  row.sort((a, b) => Math.abs(a.box.left - from.left) - Math.abs(b.box.left - from.left));
  return row[0]?.link;
}
