/** The filters of a search: one video, and the signals. */

import { element, fill } from "./dom.js";
import { createFacets } from "./facets.js";
import { labelledSelect } from "./fields.js";
import { getJson, withQuery } from "./service.js";
import { SIGNAL_GROUPS } from "./signal_groups.js";

const LISTED = 200;
/** Stages that make what each group of signals looks at. */
const STAGES = { picture: ["picture"], caption: ["captions"], said: ["subtitles", "speech"], written: ["screen_text"] };

/**
 * @typedef {import("./address.js").PageState} PageState
 * @param {{narrow: (change: Partial<PageState>) => void}} options
 */
export function createFilters({ narrow }) {
  const within = labelledSelect("In", { "": "All videos" }, (value) => narrow({ video: value }));
  const boxes = Object.entries(SIGNAL_GROUPS).map(([name, { label }]) => {
    const box = /** @type {HTMLInputElement} */ (element("input", { type: "checkbox", value: name }));
    box.addEventListener("change", chosen);
    return { box, label: element("label", { class: "chip" }, box, element("span", {}, label)) };
  });
  const group = element("fieldset", { class: "chips" }, element("legend", { class: "faint" }, "Match by"), ...boxes.map(({ label }) => label));
  const facets = createFacets({ narrow });
  const missing = element("p", { class: "faint fine", hidden: true });
  const root = element("div", { class: "tools", role: "group", "aria-label": "Filters" }, within.element, group, facets.element, missing);
  let isListed = false;

  function chosen() {
    const names = boxes.filter(({ box }) => box.checked).map(({ box }) => box.value);
    narrow({ signals: names.length === boxes.length ? [] : names });
  }

  /** The names are fetched when somebody reaches for them. */
  async function list() {
    if (isListed) return;
    isListed = true;
    const answer = await getJson(withQuery("/api/v1/videos", { sort: "name", limit: LISTED })).catch(() => null);
    isListed = answer !== null;
    const now = within.select.value;
    const known = (answer?.videos ?? []).filter((/** @type {any} */ video) => video.state !== "failed");
    const options = known.map((/** @type {any} */ video) => element("option", { value: video.video_id }, video.video));
    const others = [...within.select.options].filter((one) => one.value && !known.some((/** @type {any} */ video) => video.video_id === one.value));
    fill(within.select, element("option", { value: "" }, "All videos"), ...others, ...options);
    within.set(now);
  }
  for (const event of ["pointerdown", "focus", "pointerenter"]) within.select.addEventListener(event, list);

  /** @param {string} video */
  async function nameOf(video) {
    const about = await getJson(`/api/v1/videos/${video}`).catch(() => null);
    const option = [...within.select.options].find((one) => one.value === video);
    if (about && option) option.textContent = about.video;
  }

  return {
    element: root,
    /** Names a removed or added video anew. */
    /** Offers only what is indexed, and says how to add the rest. @param {{signals?: {stage: string, state: string, videos: number, how: string}[]}} health */
    know({ signals = [] }) {
      const absent = boxes.filter(({ box }) => {
        const own = signals.filter(({ stage }) => STAGES[box.value]?.includes(stage));
        return own.length > 0 && own.every(({ state, videos }) => state !== "ready" && !videos);
      });
      for (const { label, box } of boxes) label.hidden = absent.some((one) => one.box === box) && !box.checked;
      const lines = absent.map(({ box }) => {
        const how = signals.find(({ stage, how: way }) => way && STAGES[box.value].includes(stage))?.how ?? "";
        return `${SIGNAL_GROUPS[box.value].label} cannot be searched here${how ? `: ${how}` : ""}.`;
      });
      missing.textContent = lines.join(" ");
      missing.hidden = !lines.length;
    },
    forget() {
      isListed = false;
      facets.forget();
    },
    /** @param {PageState} state */
    set(state) {
      group.hidden = facets.element.hidden = state.mode === "ask";
      facets.set(state.query);
      for (const { box } of boxes) box.checked = state.signals.includes(box.value);
      if (state.video && ![...within.select.options].some((one) => one.value === state.video)) {
        within.select.append(element("option", { value: state.video }, "One video"));
        nameOf(state.video);
      }
      within.set(state.video);
    },
  };
}
