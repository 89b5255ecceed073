/** Placement of the player in the list, right after the card of the open moment. */

import { HOME } from "./address.js";

const NEAR_SECONDS = 0.05;

/**
 * @typedef {import("./address.js").PageState} PageState
 * @param {ReturnType<typeof import("./player.js").createPlayer>} player
 */
export function createStage(player) {
  /** @type {Element | null} */
  let card = null;

  /** @param {Element} list @param {import("./address.js").OpenMoment} open */
  function cardOf(list, open) {
    return [...list.querySelectorAll(":scope > .card")].find((one) => {
      if (one.dataset.video !== open.video) return false;
      return one.dataset.start === undefined || Math.abs(Number(one.dataset.start) - open.start) < NEAR_SECONDS;
    });
  }

  return {
    /**
     * @param {PageState} state
     * @param {HTMLElement} list
     * @param {(card: Element) => import("./moment_card.js").Moment | null} knownOf what the list knows of a card
     * @param {{isFresh: boolean}} options the moment was not open before: it is sought and the panel takes the focus
     */
    show(state, list, knownOf, { isFresh }) {
      card?.classList.remove("is-open");
      card = null;
      if (!state.open) return this.close();
      card = cardOf(list, state.open) ?? null;
      card?.classList.add("is-open");
      const isInPlace = player.element.parentElement === list && player.element.previousElementSibling === card;
      if (!isInPlace && card) card.after(player.element);
      else if (!isInPlace) list.prepend(player.element);
      if (isFresh || !player.open) {
        const known = card ? knownOf(card) : null;
        player.show(state.open, { known, query: (state ?? HOME).query, time: state.time });
        player.panel.focus({ preventScroll: true });
        requestAnimationFrame(() => player.panel.scrollIntoView({ block: "nearest" }));
      }
    },
    close() {
      if (!player.open) return;
      const hadFocus = player.element.contains(document.activeElement) || document.activeElement === document.body;
      const before = card ?? player.element.previousElementSibling;
      player.close();
      const link = before?.querySelector("a");
      if (hadFocus && link instanceof HTMLElement) link.focus();
    },
  };
}
