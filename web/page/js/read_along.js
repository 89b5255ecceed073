/** What is read beside the video, in tabs: the transcript, the text on the screen, captions and chapters. */

import { chapterList, showInList } from "./chapters.js";
import { element, fill } from "./dom.js";
import { getJson, withQuery } from "./service.js";
import { createTabs } from "./tabs.js";
import { createTextList } from "./text_list.js";
import { createTranscript } from "./transcript.js";

/**
 * @typedef {{start_seconds: number, stop_seconds: number, caption?: string}} Part a segment, or a chapter with its title
 * @param {{onSeek: (seconds: number) => void}} options
 */
export function createReadAlong({ onSeek }) {
  const transcript = createTranscript({ onSeek });
  const screen = createTextList({ name: "on-screen text", onSeek });
  const captions = createTextList({ name: "captions", onSeek });
  const chapters = element("div", { class: "stage-chapters" });
  const panels = {
    transcript: { label: "Transcript", list: transcript, sources: ["subtitle", "speech"], load: transcript.load },
    screen: { label: "On screen", list: screen, sources: ["screen_text"], load: loadInto(screen, "screen", "screen_text") },
    captions: { label: "Captions", list: captions, sources: ["caption"], load: loadInto(captions, "captions", "caption") },
  };
  const tabs = createTabs("Texts of this video", { onShow: load });
  const root = element("div", { class: "read-along" }, tabs.element, transcript.element, screen.element, captions.element, chapters);
  root.hidden = true;
  /** Those that wait until they are first shown. @type {Set<string>} */
  let waiting = new Set();
  let video = "";
  let now = 0;
  /** @type {AbortSignal | undefined} */
  let cancelled;
  /** @type {Part[]} */
  let segments = [];

  /** @param {ReturnType<typeof createTextList>} list @param {string} name of the tab @param {string} source */
  function loadInto(list, name, source) {
    return async (/** @type {string} */ id, /** @type {AbortSignal | undefined} */ signal) => {
      const texts = await getJson(withQuery(`/api/v1/videos/${id}/texts`, { source }), signal).catch(() => null);
      if (signal?.aborted) return;
      if (!texts) waiting.add(name);
      list.set((texts?.sources[0]?.lines ?? []).filter((/** @type {any} */ line) => !line.is_scenery));
    };
  }

  /** @param {string} id */
  async function load(id) {
    if (!waiting.delete(id)) return;
    await panels[id].load(video, cancelled);
    panels[id].list.setPosition(now);
  }

  /** @param {Part[]} named chapters with their titles; where there are none, the segments stand in their place */
  function showChapters(named) {
    fill(chapters, chapterList(named.length ? named : segments, onSeek));
  }

  return {
    element: root,
    transcript,
    clear() {
      waiting = new Set();
      for (const { list } of Object.values(panels)) {
        list.set([]);
        list.element.hidden = true;
      }
      fill(chapters);
      tabs.set([]);
      root.hidden = true;
    },
    /** @param {string} id @param {Record<string, number>} counts of its texts by source @param {Part[]} given its segments @param {AbortSignal} signal */
    set(id, counts, given, signal) {
      const before = tabs.shown;
      [video, segments, cancelled] = [id, given, signal];
      const there = Object.entries(panels).filter(([, { sources }]) => sources.some((source) => (counts[source] ?? 0) > 0));
      waiting = new Set(there.map(([name]) => name));
      const offered = there.map(([name, { label, list }]) => ({ id: name, label, panel: list.element }));
      if (given.length) offered.push({ id: "chapters", label: "Chapters", panel: chapters });
      tabs.set(offered);
      root.hidden = !offered.length;
      const first = offered.find((one) => one.id === before) ?? offered[0];
      if (first) tabs.show(first.id);
    },
    showChapters,
    /** @param {number} seconds */
    setPosition(seconds) {
      now = seconds;
      for (const { list } of Object.values(panels)) if (!list.element.hidden) list.setPosition(seconds);
      for (const link of chapters.querySelectorAll("button")) {
        const isNow = seconds >= Number(link.dataset.start) && seconds < Number(link.dataset.stop);
        if (isNow === link.hasAttribute("aria-current")) continue;
        if (isNow) {
          link.setAttribute("aria-current", "true");
          showInList(link);
        } else link.removeAttribute("aria-current");
      }
    },
  };
}
