/** Suggestions under the search box: what was searched for lately, and completions from the library's own words. */

import { element, fill } from "./dom.js";
import { getJson, withQuery } from "./service.js";

const REMEMBERED = "reelseek-recent";
const MOST_RECENT = 12;
const TYPING_MILLISECONDS = 150;
const LEAST_LETTERS = 2;

/** @param {HTMLInputElement} input */
export function createSuggestions(input) {
  const list = /** @type {HTMLDataListElement} */ (input.list);
  let timer = 0;
  let turn = 0;

  /** @param {string[]} completed */
  function offer(completed) {
    const typed = input.value.trim().toLowerCase();
    const known = recent().filter((query) => query.toLowerCase() !== typed && query.toLowerCase().includes(typed));
    const offered = [...new Set([...known.slice(0, 5), ...completed])];
    fill(list, ...offered.map((query) => element("option", { value: query })));
  }

  async function complete() {
    turn += 1;
    const mine = turn;
    const typed = input.value;
    if (typed.trim().length < LEAST_LETTERS || typed.endsWith(" ")) return offer([]);
    const found = await getJson(withQuery("/api/v1/suggestions", { query: typed })).catch(() => null);
    if (mine === turn) offer((found?.suggestions ?? []).map((/** @type {{query: string}} */ one) => one.query));
  }

  input.addEventListener("focus", () => !input.value && offer([]));
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(complete, TYPING_MILLISECONDS);
  });

  return {
    /** Remembers what was asked, on this machine alone. @param {string} query */
    remember(query) {
      if (!query) return;
      try {
        localStorage.setItem(REMEMBERED, JSON.stringify([query, ...recent().filter((one) => one !== query)].slice(0, MOST_RECENT)));
      } catch {
        // A browser that stores nothing suggests the library's words alone.
      }
    },
  };
}

/** @returns {string[]} the last first */
function recent() {
  try {
    const kept = JSON.parse(localStorage.getItem(REMEMBERED) ?? "[]");
    return Array.isArray(kept) ? kept.filter((one) => typeof one === "string") : [];
  } catch {
    return [];
  }
}
