/** The start page: the most recent videos below the search box. */

import { element, fill, icon } from "./dom.js";
import { emptyLibrary } from "./empty_library.js";
import { notice } from "./notice.js";
import { savedSearches } from "./saved_searches.js";
import { getJson, withQuery } from "./service.js";
import { counted, longTime } from "./times.js";
import { videoCard } from "./video_card.js";

const NEWEST = 6;
const PICTURE_PIXELS = 208;

/**
 * @param {{linkTo: (video: import("./video_card.js").Video) => string, pickFiles: () => void, jobs: {isBusy: () => boolean}, activity: () => HTMLElement}} options
 */
export function createHomeView({ linkTo, pickFiles, jobs, activity }) {
  const about = element("div", { class: "summary" });
  const list = element("ol", { class: "grid grid-small", "aria-label": "Newest videos" });
  const root = element("div", { class: "view view-home" }, about, list);
  let turn = new AbortController();

  /** @param {number} total @param {any} health */
  function countLine(total, health) {
    const seconds = health?.library?.duration_seconds;
    const size = seconds > 0 ? ` · ${longTime(seconds)}` : "";
    return element(
      "div",
      { class: "view-head" },
      element("h2", {}, "Recently added"),
      element("p", { class: "summary-line faint" }, counted(total, "video") + size),
      element("span", { class: "spacer" }),
      element("a", { href: "/?view=library", class: "quiet-link", "data-go": true }, "All videos", icon("next")),
    );
  }

  return {
    root,
    list,
    knownOf: () => null,
    leave: () => turn.abort(),
    /** @returns {Promise<boolean>} */
    async show() {
      turn.abort();
      turn = new AbortController();
      const { signal } = turn;
      try {
        const path = withQuery("/api/v1/videos", { sort: "added", order: "desc", limit: NEWEST });
        const [answer, health] = await Promise.all([getJson(path, signal), getJson("/api/v1/health", signal).catch(() => null)]);
        if (signal.aborted) return false;
        const isIndexing = !answer.total && jobs.isBusy();
        const wait = { icon: "film", title: "The first videos are being indexed", text: "You can search each one as soon as its frames are indexed." };
        fill(about, answer.total ? countLine(answer.total, health) : isIndexing ? notice(wait) : emptyLibrary(pickFiles));
        about.prepend(...savedSearches());
        if (isIndexing) about.append(activity());
        // Small pictures, since the first sight should be there at once.
        const cards = answer.videos.map((/** @type {import("./video_card.js").Video} */ video) => {
          const thumbnail = video.thumbnail && `${video.thumbnail}${video.thumbnail.includes("?") ? "&" : "?"}width=${PICTURE_PIXELS}`;
          return videoCard({ ...video, thumbnail }, { href: linkTo(video) });
        });
        list.replaceChildren(...cards);
        return true;
      } catch (error) {
        if (signal.aborted) return false;
        list.replaceChildren();
        fill(about);
        throw error;
      }
    },
  };
}
