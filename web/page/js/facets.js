/** What narrows a search besides one video: folder, tag, speaker, language, date and length, each written into the query. */

import { element, fill } from "./dom.js";
import { labelledSelect } from "./fields.js";
import { filterOf, withFilter } from "./query_fields.js";
import { getJson } from "./service.js";

const FIELDS = { folder: "Folder", tag: "Tag", speaker: "Speaker", language: "Language", date: "Recorded" };
const LENGTHS = { "": "Any", "<1m": "Under 1 minute", "1m..10m": "1 to 10 minutes", "10m..60m": "10 to 60 minutes", ">60m": "Over an hour" };

/** What a value is called: a language by its name in the person's own. @param {string} field @param {string} value */
function nameOf(field, value) {
  if (field !== "language") return value;
  return new Intl.DisplayNames(navigator.languages, { type: "language", fallback: "code" }).of(value) ?? value;
}

/** @param {{narrow: (change: {query: string}) => void}} options */
export function createFacets({ narrow }) {
  let query = "";
  const choose = (/** @type {string} */ field) => (/** @type {string} */ value) => narrow({ query: withFilter(query, field, value) });
  const lists = Object.entries(FIELDS).map(([field, label]) => ({ field, ...labelledSelect(label, { "": "All" }, choose(field)) }));
  const length = { field: "duration", ...labelledSelect("Length", LENGTHS, choose("duration")) };
  const summary = element("summary", {}, "More filters");
  const root = element("details", { class: "facets" }, summary, element("div", { class: "tools" }, ...[...lists, length].map((one) => one.element)));
  /** @type {Promise<void> | null} */
  let loading = null;

  root.addEventListener("toggle", () => root.hasAttribute("open") && load());

  function load() {
    loading ??= getJson("/api/v1/facets").then(offer, () => {
      loading = null;
    });
    return loading;
  }

  /** @param {Record<string, {value: string, videos: number}[]>} facets */
  function offer(facets) {
    for (const { field, select, element: label } of lists) {
      const values = facets[field] ?? [];
      fill(select, element("option", { value: "" }, "All"), ...values.map(({ value, videos }) => element("option", { value }, `${nameOf(field, value)} (${videos})`)));
      label.hidden = !values.length;
    }
    reflect();
  }

  function reflect() {
    const all = [...lists, length];
    for (const { field, select } of all) {
      const value = filterOf(query, field);
      const known = [...select.options].find((one) => one.value.toLowerCase() === value.toLowerCase());
      if (!known) select.append(element("option", { value }, value));
      select.value = known?.value ?? value;
    }
    const count = all.filter(({ field }) => filterOf(query, field)).length;
    summary.textContent = count ? `More filters (${count})` : "More filters";
  }

  return {
    element: root,
    forget: () => (loading = null),
    /** @param {string} given the query */
    set(given) {
      query = given;
      reflect();
    },
  };
}
