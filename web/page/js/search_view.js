/** Moments for a query; where nothing stands out, it says so and offers the closest as such. */

import { announce } from "./announce.js";
import { SIGNAL_GROUPS } from "./address.js";
import { button, element, fill } from "./dom.js";
import { exportMenu } from "./export_menu.js";
import { momentCard } from "./moment_card.js";
import { loading, notice } from "./notice.js";
import { getJson, withQuery } from "./service.js";
import { counted } from "./times.js";

const PAGE = 24;
const KEPT = 20;

/**
 * @typedef {import("./address.js").PageState} PageState
 * @typedef {import("./moment_card.js").Moment} Moment
 * @param {{linkTo: (moment: Moment) => string, jobs: {isBusy: () => boolean}}} options
 */
export function createSearchView({ linkTo, jobs }) {
  const title = element("h1", { class: "unseen" });
  const status = element("div", { class: "summary" });
  const list = element("ol", { class: "grid", "aria-label": "Moments" });
  const rest = element("div", { class: "more" });
  const root = element("div", { class: "view" }, title, status, list, rest);
  /** @type {WeakMap<Element, Moment>} */
  const known = new WeakMap();
  /** @type {Map<string, any>} the last answers, so that going back is instant */
  const kept = new Map();
  let turn = new AbortController();

  /** @param {PageState} state @param {number} offset */
  function pathOf(state, offset) {
    const signals = state.signals.flatMap((name) => SIGNAL_GROUPS[name].signals).join(",");
    return withQuery("/api/search", { q: state.query, video: state.video, signals, limit: PAGE, offset: offset || "" });
  }

  /** @param {Moment[]} moments */
  function append(moments) {
    for (const moment of moments) {
      const card = momentCard(moment, { href: linkTo(moment) });
      known.set(card, moment);
      list.append(card);
    }
  }

  /** In the order of the list. @returns {Moment[]} */
  function shownMoments() {
    return [...list.querySelectorAll(".card")].flatMap((card) => known.get(card) ?? []);
  }

  /** @param {PageState} state @param {number} offset @param {AbortSignal} signal */
  async function fetchPage(state, offset, signal) {
    const path = pathOf(state, offset);
    const result = kept.get(path) ?? (await getJson(path, signal));
    kept.set(path, result);
    if (kept.size > KEPT) kept.delete(kept.keys().next().value);
    return result;
  }

  /** @param {PageState} state @param {any} result @param {number} shown */
  function showMore(state, result, shown) {
    fill(rest);
    if (!result.more) return;
    const more = button("Show more moments", {
      on: async () => {
        more.disabled = true;
        const next = await fetchPage(state, shown, turn.signal).catch(() => null);
        more.disabled = false;
        if (!next) return announce("More could not be loaded.");
        const before = list.querySelectorAll(".card").length;
        append(next.moments);
        showMore(state, next, shown + next.moments.length);
        /** @type {HTMLElement | undefined} */ (list.querySelectorAll(".card a")[before])?.focus();
      },
    });
    fill(rest, more);
  }

  /** @param {PageState} state @param {any} result */
  function showNothing(state, result) {
    const narrowed = state.video || state.signals.length;
    const hints = [
      "Other words may describe it better: say what is seen, said or written on the screen.",
      narrowed ? "The filters above narrow the search." : "",
      jobs.isBusy() ? "Videos are still being indexed; what is ready so far was searched." : "",
    ];
    const closest = result.closest ?? [];
    fill(
      status,
      notice({ icon: "nothing", title: `Nothing stands out for “${state.query}”`, text: hints.filter(Boolean).join(" ") }),
      closest.length > 0 && element("h2", { class: "closest-title" }, "Closest, though none of these matches well"),
    );
    list.classList.add("is-closest");
    append(closest);
    announce(`Nothing found. ${closest.length ? `${counted(closest.length, "closest moment")} shown.` : ""}`);
  }

  return {
    root,
    list,
    knownOf: (/** @type {Element} */ card) => known.get(card) ?? null,
    forget: () => kept.clear(),
    leave: () => turn.abort(),
    /** @param {PageState} state @returns {Promise<boolean>} false: another query came in between */
    async show(state) {
      turn.abort();
      turn = new AbortController();
      const { signal } = turn;
      title.textContent = state.query ? `Moments for “${state.query}”` : "A moment";
      list.replaceChildren();
      list.classList.remove("is-closest");
      fill(rest);
      fill(status);
      if (!state.query) return true;
      const late = setTimeout(() => fill(status, loading("Searching")), 250);
      try {
        const result = await fetchPage(state, 0, signal);
        if (signal.aborted) return false;
        fill(status);
        if (!result.found) showNothing(state, result);
        else {
          const count = `${counted(result.moments.length, "moment")}${result.more ? " and more" : ""}`;
          const menu = exportMenu({ moments: shownMoments, title: () => state.query });
          fill(status, element("div", { class: "summary-head" }, element("p", {}, `${count} in ${result.seconds.total.toFixed(2)} s`), menu));
          if (jobs.isBusy()) status.append(element("p", { class: "aside" }, "Videos are still being indexed; what is ready was searched."));
          append(result.moments);
          showMore(state, result, result.moments.length);
          announce(`${count} found.`);
        }
        return true;
      } catch (error) {
        if (signal.aborted) return false;
        fill(status);
        throw error;
      } finally {
        clearTimeout(late);
      }
    },
  };
}
