/** The chapters or segments of a video, as a list that seeks the player. */

import { element } from "./dom.js";
import { clock, spokenTime } from "./times.js";

/**
 * @param {{start_seconds: number, stop_seconds: number, caption?: string}[]} segments in order of time
 * @param {(seconds: number) => void} jump
 * @returns {HTMLElement | null}
 */
export function chapterList(segments, jump) {
  if (!segments.length) return null;
  const items = segments.map((segment) => {
    const caption = segment.caption ? element("span", { class: "chapter-caption" }, segment.caption) : null;
    const chapter = element(
      "button",
      { type: "button", class: "chapter", on: { click: () => jump(segment.start_seconds) } },
      element("span", { class: "time", "aria-hidden": "true" }, clock(segment.start_seconds)),
      element("span", { class: "unseen" }, spokenTime(segment.start_seconds)),
      caption,
    );
    chapter.dataset.start = String(segment.start_seconds);
    chapter.dataset.stop = String(segment.stop_seconds);
    return element("li", {}, chapter);
  });
  const isBare = segments.every((segment) => !segment.caption);
  return element("ol", { class: isBare ? "chapters chapters-bare" : "chapters" }, ...items);
}

/** Scrolls the list alone; the page stays where it is. @param {HTMLElement} link */
export function showInList(link) {
  const list = link.closest("ol");
  if (!list || list.contains(document.activeElement)) return;
  const below = link.offsetTop + link.offsetHeight - (list.scrollTop + list.clientHeight);
  if (below > 0 || link.offsetTop < list.scrollTop) list.scrollTop = link.offsetTop - list.clientHeight / 3;
}
