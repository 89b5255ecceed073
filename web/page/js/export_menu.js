/** The export menu of the results: tables, chapters, edit lists, clips, or one reel. */

import { announce } from "./announce.js";
import { element } from "./dom.js";
import { createMenu } from "./menu.js";
import { download, ServiceProblem } from "./service.js";

const FORMATS = [
  ["edl", "EDL", "Edit decision list, CMX 3600"],
  ["fcpxml", "FCPXML", "Final Cut Pro, DaVinci Resolve"],
  ["xmeml", "XML", "Premiere Pro, DaVinci Resolve"],
  ["otio", "OTIO", "OpenTimelineIO"],
  ["csv", "CSV", "For spreadsheets"],
  ["webvtt", "WebVTT", "Chapters for players"],
  ["clips", "Clips", "One MP4 per moment, in a ZIP file"],
  ["reel", "Reel", "One MP4, with chapters"],
];
const CUTTING = new Map([
  ["clips", "Cutting the clips…"],
  ["reel", "Cutting the reel…"],
]);
/** Clips of one ZIP or one reel, as the service bounds them; and moments of the other formats. */
const MOST_CLIPS = 50;
const MOST_MOMENTS = 200;
const MOST_TRIES = 40;

/**
 * @typedef {import("./moment_card.js").Moment} Moment
 * @param {{moments: () => Moment[], title: () => string, collection?: () => string}} options `collection`: its id, to export
 *   that with its handles and notes
 * @returns {HTMLElement}
 */
export function exportMenu({ moments, title, collection }) {
  const state = element("p", { class: "menu-state", role: "status", hidden: true });
  const items = FORMATS.map(([format, name, about]) =>
    element(
      "li",
      {},
      element(
        "button",
        { type: "button", class: "menu-item", on: { click: () => take(format, name) } },
        element("span", { class: "menu-name" }, name),
        element("span", { class: "faint" }, about),
      ),
    ),
  );
  const { element: menu, close } = createMenu("Export", "download", element("ul", {}, ...items), state);
  // Not by disabling the buttons: the one that was pressed would lose the focus.
  let isBusy = false;

  /** @param {string} words */
  function say(words) {
    state.hidden = !words;
    state.textContent = words;
  }

  /** @param {string} format @param {string} name */
  async function take(format, name) {
    if (isBusy) return;
    const most = CUTTING.has(format) ? MOST_CLIPS : MOST_MOMENTS;
    const chosen = moments().slice(0, most);
    const rows = chosen.map(({ video_id, start_seconds, stop_seconds, text, caption, why }) => {
      return { video_id, start_seconds, stop_seconds, text: text ?? "", caption: caption ?? "", why: why ?? "" };
    });
    isBusy = true;
    menu.classList.add("is-busy");
    say(CUTTING.get(format) ?? "Reading the files…");
    try {
      const what = collection ? { collection: collection() } : { moments: rows };
      const lacking = await patiently(() => download("/api/v1/export", { format, title: title(), ...what }));
      say(lacking ? lackingWords(lacking) : "");
      if (!lacking) close();
      announce(`${name} saved.`);
    } catch (error) {
      say(error instanceof Error ? error.message : "The export failed.");
    } finally {
      isBusy = false;
      menu.classList.remove("is-busy");
    }
  }

  return menu;
}

/** @param {{count: number, moments: {video: string, reason: string}[]}} lacking */
function lackingWords({ count, moments }) {
  const named = moments.slice(0, 3).map(({ video, reason }) => `${video}: ${reason}`);
  const more = count > named.length ? ` and ${count - named.length} more` : "";
  return `Saved without ${count === 1 ? "one moment" : `${count} moments`}. ${named.join("; ")}${more}.`;
}

/**
 * Asks again while the service says that it is still at work.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
async function patiently(work) {
  for (let turn = 0; ; turn++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ServiceProblem) || error.kind !== "preparing" || turn >= MOST_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, (error.retryAfterSeconds || 3) * 1000));
    }
  }
}
