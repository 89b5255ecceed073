/** The library: find, filter, sort, play, add and remove videos. */

import { announce, toast } from "./announce.js";
import { SORTS, STATES } from "./address.js";
import { confirmRemoval } from "./dialogs.js";
import { button, element, fill } from "./dom.js";
import { emptyLibrary } from "./empty_library.js";
import { labelledSelect } from "./fields.js";
import { loading, notice } from "./notice.js";
import { getJson, request, withQuery } from "./service.js";
import { counted } from "./times.js";
import { videoCard } from "./video_card.js";

const PAGE = 48;
const TYPING_MILLISECONDS = 250;

/**
 * @typedef {import("./address.js").PageState} PageState
 * @typedef {import("./video_card.js").Video} Video
 * @param {{linkTo: (video: Video) => string, linkToTag: (tag: string) => string, narrow: (change: Partial<PageState>) => void, pickFiles: () => void, activity: HTMLElement}} options
 */
export function createLibraryView({ linkTo, linkToTag, narrow, pickFiles, activity }) {
  const count = element("p", { class: "summary-line faint" });
  const find = /** @type {HTMLInputElement} */ (element("input", { type: "search", placeholder: "Find by name", "aria-label": "Find videos by name", class: "field" }));
  const state = labelledSelect("State", STATES, (value) => narrow({ state: value }));
  const tag = labelledSelect("Tag", { "": "All" }, (value) => narrow({ tag: value }));
  const sort = labelledSelect("Sort", SORTS, (value) => narrow({ sort: value }));
  const add = button("Add videos", { icon: "add", class: "button button-main", on: pickFiles });
  const head = element("div", { class: "view-head" }, element("h1", {}, "Library"), count, element("span", { class: "spacer" }), add);
  const tools = element("div", { class: "tools" }, find, state.element, tag.element, sort.element);
  const status = element("div", { class: "summary" });
  const list = element("ol", { class: "grid", "aria-label": "Videos" });
  const rest = element("div", { class: "more" });
  const root = element("div", { class: "view" }, head, activity, tools, status, list, rest);
  let turn = new AbortController();
  let typing = 0;
  let shown = 0;

  find.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => narrow({ find: find.value.trim() }), TYPING_MILLISECONDS);
  });

  /** @param {PageState} page @param {number} offset */
  function pathOf(page, offset) {
    const [by, order] = page.sort.split("-");
    return withQuery("/api/v1/videos", { name: page.find, state: page.state, tag: page.tag, sort: by, order, limit: PAGE, offset: offset || "" });
  }

  /** Offers the tags that there are; the field is hidden while there is none. @param {PageState} page */
  async function offerTags(page) {
    const known = /** @type {{tag: string, videos: number}[]} */ (await getJson("/api/v1/tags", turn.signal).catch(() => []));
    const names = known.map((one) => one.tag);
    if (page.tag && !names.some((name) => name.toLowerCase() === page.tag.toLowerCase())) names.push(page.tag);
    fill(tag.select, element("option", { value: "" }, "All"), ...names.map((name) => element("option", { value: name }, name)));
    tag.set(names.find((name) => name.toLowerCase() === page.tag.toLowerCase()) ?? "");
    tag.element.hidden = !names.length;
  }

  /** @param {Video} video */
  async function remove(video) {
    if (!(await confirmRemoval(video.video))) return;
    try {
      await request(`/api/v1/videos/${video.video_id}`, { method: "DELETE" });
      list.querySelector(`[data-video="${video.video_id}"]`)?.remove();
      toast("Video removed.");
    } catch (error) {
      toast(error instanceof Error ? error.message : "The video could not be removed.");
    }
  }

  /** @param {PageState} page @param {{total: number, videos: Video[]}} answer */
  function append(page, answer) {
    const tags = { linkTo: linkToTag, onChange: () => offerTags(page) };
    for (const video of answer.videos) list.append(videoCard(video, { href: linkTo(video), onRemove: remove, tags }));
    shown += answer.videos.length;
    fill(rest);
    if (shown >= answer.total || !answer.videos.length) return;
    const more = button(`Show more of ${counted(answer.total, "video")}`, {
      on: async () => {
        more.disabled = true;
        const next = await getJson(pathOf(page, shown), turn.signal).catch(() => null);
        more.disabled = false;
        if (next) append(page, next);
        else announce("More videos could not be loaded.");
      },
    });
    fill(rest, more);
  }

  /** @param {PageState} page */
  function emptyNotice(page) {
    if (page.find || page.state || page.tag) {
      const clear = button("Show all", { on: () => narrow({ find: "", state: "", tag: "" }) });
      return notice({ icon: "nothing", title: "No videos match these filters", actions: [clear] });
    }
    return emptyLibrary(pickFiles);
  }

  return {
    root,
    list,
    knownOf: () => null,
    leave: () => turn.abort(),
    /** @param {PageState} page @returns {Promise<boolean>} */
    async show(page) {
      turn.abort();
      turn = new AbortController();
      const { signal } = turn;
      if (document.activeElement !== find) find.value = page.find;
      state.set(page.state);
      sort.set(page.sort);
      offerTags(page);
      const late = setTimeout(() => fill(status, loading("Loading library")), 250);
      try {
        const answer = await getJson(pathOf(page, 0), signal);
        if (signal.aborted) return false;
        list.replaceChildren();
        shown = 0;
        count.textContent = answer.total ? counted(answer.total, "video") : "";
        tools.hidden = !answer.total && !page.find && !page.state && !page.tag;
        fill(status, answer.total === 0 && emptyNotice(page));
        append(page, answer);
        announce(`Library: ${counted(answer.total, "video")}.`);
        return true;
      } catch (error) {
        if (signal.aborted) return false;
        list.replaceChildren();
        fill(status);
        throw error;
      } finally {
        clearTimeout(late);
      }
    },
  };
}
