/** Search results; if nothing is found, the closest moments. */

import { ORDERS } from "./address.js";
import { announce } from "./announce.js";
import { button, element, fill } from "./dom.js";
import { askedFor, exampleOf, hasExample, likeOf } from "./example.js";
import { exportMenu } from "./export_menu.js";
import { labelledSelect } from "./fields.js";
import { findImage, heldImage } from "./images.js";
import { foldedWords, momentCard } from "./moment_card.js";
import { loading, notice } from "./notice.js";
import { saveButton } from "./saved_searches.js";
import { getJson, request, withQuery } from "./service.js";
import { SIGNAL_GROUPS } from "./signal_groups.js";
import { counted, took } from "./times.js";
import { understoodChips } from "./understood.js";

const PAGE = 24;
const MOST_FOLDED = 200;
const KEPT = 20;

/**
 * @typedef {import("./address.js").PageState} PageState
 * @typedef {import("./moment_card.js").Moment} Moment
 * @param {{linkTo: (moment: Moment) => string, likeTo: (like: string) => string, jobs: {isBusy: () => boolean},
 *   leaveExample: () => void, narrow: (change: Partial<PageState>) => void}} options
 */
export function createSearchView({ linkTo, likeTo, jobs, leaveExample, narrow }) {
  const title = element("h1", { class: "unseen" });
  const status = element("div", { class: "summary" });
  const list = element("ol", { class: "grid", "aria-label": "Moments" });
  const rest = element("div", { class: "more" });
  const example = element("div", {});
  const understood = element("div", {});
  const root = element("div", { class: "view" }, title, example, understood, status, list, rest);
  /** @type {WeakMap<Element, Moment>} */
  const known = new WeakMap();
  /** @type {Map<string, any>} the last answers, so that going back is instant */
  const kept = new Map();
  const order = labelledSelect("Sort", ORDERS, (value) => narrow({ order: value }));
  let turn = new AbortController();

  /**
   * What is asked of the service. `expand`: what is folded into the moment of that rank, 0 for the list itself.
   * @typedef {{offset: number, expand: number}} Part
   * @param {PageState} state @param {Part} part
   */
  function asked(state, { offset, expand }) {
    const signals = state.signals.flatMap((name) => SIGNAL_GROUPS[name].signals);
    return { query: state.query, like: state.like, video: state.video, signals, sort: state.order, limit: expand ? MOST_FOLDED : PAGE, offset, expand };
  }

  /** The card at the end of the list; none where a title stands there. */
  function lastCard() {
    const last = list.lastElementChild;
    return last instanceof HTMLElement && last.classList.contains("card") ? last : null;
  }

  /** In the order of the list. @returns {Moment[]} */
  function shownMoments() {
    return [...list.querySelectorAll(".card")].flatMap((card) => known.get(card) ?? []);
  }

  /** @param {PageState} state @param {Part} part @param {AbortSignal} signal */
  async function fetchPart(state, part, signal) {
    const { query, signals, offset, expand, ...rest } = asked(state, part);
    const path = withQuery("/api/v1/search", { query, signals: signals.join(","), offset: offset || "", expand: expand || "", ...rest });
    const key = `${state.image} ${path}`;
    const result = kept.get(key) ?? (state.image ? await postImage(state, part, signal) : await getJson(path, signal));
    kept.set(key, result);
    if (kept.size > KEPT) kept.delete(kept.keys().next().value);
    return result;
  }

  /** @param {PageState} state @param {Part} part @param {AbortSignal} signal */
  async function postImage(state, part, signal) {
    const { query, video, signals, sort, limit, offset, expand } = asked(state, part);
    const body = { query, image: heldImage(state.image)?.base64, video: video || null, signals, sort, limit, offset, expand: expand || null };
    return (await request("/api/v1/search", { method: "POST", body, signal })).json();
  }

  /** @param {PageState} state @param {Moment} moment @param {number} [rank] where something may be folded into it */
  function cardOf(state, moment, rank) {
    const card = momentCard(moment, { href: linkTo(moment), likeHref: likeTo(likeOf(moment)) });
    const words = foldedWords(moment);
    if (rank && words) card.querySelector(".about")?.append(unfoldButton(state, card, words, rank));
    known.set(card, moment);
    return card;
  }

  /** @param {PageState} state @param {HTMLElement} card @param {string} words @param {number} rank */
  function unfoldButton(state, card, words, rank) {
    const opener = button(words, {
      class: "card-unfold",
      on: async () => {
        opener.disabled = true;
        const folded = await fetchPart(state, { offset: 0, expand: rank }, turn.signal).catch(() => null);
        opener.disabled = false;
        if (!folded) return announce("The other moments could not be loaded.");
        const cards = folded.moments.map((/** @type {Moment} */ moment) => cardOf(state, moment));
        for (const one of cards) one.classList.add("is-folded");
        card.after(...cards);
        opener.remove();
        cards[0]?.querySelector("a")?.focus();
        announce(`${counted(cards.length, "moment")} shown.`);
      },
    });
    return opener;
  }

  /** @param {PageState} state @param {Moment[]} moments @param {number} first rank of the first of them */
  function append(state, moments, first) {
    moments.forEach((moment, place) => {
      if (moment.grade === "weak" && !list.querySelector(".weak-title")) list.append(element("li", { class: "weak-title" }, "Weaker matches"));
      if (state.order === "video" && lastCard()?.dataset.video !== moment.video_id) list.append(element("li", { class: "video-title" }, element("h2", {}, moment.video)));
      list.append(cardOf(state, moment, first + place));
    });
  }

  /** @param {PageState} state @param {any} result @param {number} shown */
  function showMore(state, result, shown) {
    fill(rest);
    if (!result.more) return;
    const more = button("Show more moments", {
      on: async () => {
        more.disabled = true;
        const next = await fetchPart(state, { offset: shown, expand: 0 }, turn.signal).catch(() => null);
        more.disabled = false;
        if (!next) return announce("More results could not be loaded.");
        const before = list.querySelectorAll(".card").length;
        append(state, next.moments, shown + 1);
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
      hasExample(state) ? "" : "Try other words: describe what is seen, said or written on screen.",
      narrowed ? "Removing filters may help." : "",
      jobs.isBusy() ? "Some videos are still being indexed, so results may be incomplete." : "",
    ];
    const closest = result.closest ?? [];
    fill(
      status,
      notice({ icon: "nothing", title: hasExample(state) ? "No similar moments" : `No results for “${state.query}”`, text: hints.filter(Boolean).join(" ") }),
      closest.length > 0 && element("h2", { class: "closest-title" }, "Closest moments"),
    );
    list.classList.add("is-closest");
    list.append(...closest.map((/** @type {Moment} */ moment) => cardOf(state, moment)));
    announce(`No results. ${closest.length ? `${counted(closest.length, "closest moment")} shown.` : ""}`);
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
      title.textContent = askedFor(state) ? `Moments for “${askedFor(state)}”` : "Moment";
      list.replaceChildren();
      list.classList.remove("is-closest");
      fill(rest);
      fill(status);
      fill(understood);
      fill(example);
      const isFound = !state.image || (await findImage(state.image));
      if (signal.aborted) return false;
      fill(example, exampleOf(state, { onLeave: leaveExample }));
      if (!askedFor(state)) return true;
      if (!isFound) {
        const text = "Images are kept for a week, and only until Reelseek restarts. Drop or paste the image again.";
        fill(status, notice({ icon: "image", title: "The image is no longer available", text }));
        return true;
      }
      const late = setTimeout(() => fill(status, loading("Searching")), 250);
      try {
        const result = await fetchPart(state, { offset: 0, expand: 0 }, signal);
        if (signal.aborted) return false;
        fill(status);
        const corrected = result.corrected && element("p", { class: "corrected" }, "Showing results for ", element("strong", {}, result.corrected), ".");
        fill(understood, corrected, understoodChips(result.understood, result.corrected || result.query));
        if (!result.found) showNothing(state, result);
        else {
          const good = result.moments.filter((/** @type {Moment} */ moment) => moment.grade !== "weak").length;
          const count = `${counted(good, "moment")}${result.more ? " and more" : ""}`;
          const menu = exportMenu({ moments: () => shownMoments().filter((moment) => moment.grade !== "weak"), title: () => state.query });
          fill(status, element("div", { class: "summary-head" }, element("p", {}, `${count} in ${took(result.seconds.total)}`), element("span", { class: "spacer" }), saveButton(state), order.element, menu));
          if (jobs.isBusy()) status.append(element("p", { class: "aside" }, "Some videos are still being indexed, so results may be incomplete."));
          order.set(state.order);
          append(state, result.moments, 1);
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
