/**
 * The state of the page and its address. Pure: a link reopens the same query, filters and moment.
 *
 * @typedef {{video: string, start: number, stop: number}} OpenMoment seconds; a whole video has start = stop = 0
 * @typedef {object} PageState
 * @property {"home" | "search" | "library" | "collections"} view
 * @property {string} query
 * @property {"search" | "ask"} mode
 * @property {string} like look for more like this moment: "ID@START-STOP", or ""
 * @property {string} image SHA-256 of an image that the service keeps (`images`), or ""
 * @property {string} video search in this video alone: its id, or ""
 * @property {string[]} clips of a question about these alone: "ID@START-STOP" each
 * @property {string[]} signals groups of signals; empty: all
 * @property {string} order of the moments of a search, as `ORDERS` names it
 * @property {string} find words in names, in the library
 * @property {string} state of videos, in the library
 * @property {string} tag of videos, in the library
 * @property {string} sort of the library: "name-asc" and the like
 * @property {string} collection id of the collection that is shown, or "" for the current one
 * @property {OpenMoment | null} open
 * @property {number | null} time where the player is sent, when it is not the moment's start
 */

import { SIGNAL_GROUPS } from "./signal_groups.js";

export const SORTS = {
  "added-desc": "Newest first",
  "name-asc": "Name",
  "duration-desc": "Longest first",
  "duration-asc": "Shortest first",
  "size-desc": "Largest first",
};
/** Orders of the moments of a search, as the service takes them. */
export const ORDERS = { relevance: "Best match", newest: "Newest videos", video: "By video" };
export const STATES = { "": "All", ready: "Ready", partial: "Partly indexed", failed: "Failed" };
const FIRST_SORT = "added-desc";

/** @type {PageState} */
export const HOME = {
  view: "home", query: "", mode: "search", like: "", image: "", video: "", clips: [], signals: [], order: "relevance", find: "", state: "", tag: "", sort: FIRST_SORT, collection: "", open: null, time: null,
};

/** @param {string} search the address after the "?" @returns {PageState} */
export function readAddress(search) {
  const given = new URLSearchParams(search);
  const query = given.get("q")?.trim() ?? "";
  const open = readOpen(given);
  const named = known({ library: 1, collections: 1 }, given.get("view"), "");
  const image = matching(given.get("image"), /^[0-9a-f]{64}$/);
  const like = image ? "" : matching(given.get("like"), /^[0-9a-f]{32}@[0-9.]{1,20}(-[0-9.]{1,20})?$/);
  const hasExample = image !== "" || like !== "";
  return {
    view: named ? /** @type {PageState["view"]} */ (named) : query || open || hasExample ? "search" : "home",
    query,
    like,
    image,
    mode: given.get("mode") === "ask" && !hasExample ? "ask" : "search",
    video: idOr(given.get("video"), ""),
    clips: (given.get("clips") ?? "").split(",").filter((clip) => /^[0-9a-f]{32}@[0-9.]{1,20}-[0-9.]{1,20}$/.test(clip)).slice(0, 12),
    signals: (given.get("signals") ?? "").split(",").filter((name) => Object.hasOwn(SIGNAL_GROUPS, name)),
    order: known(ORDERS, given.get("order"), "relevance"),
    find: given.get("find") ?? "",
    state: known(STATES, given.get("state"), ""),
    tag: given.get("tag") ?? "",
    sort: known(SORTS, given.get("sort"), FIRST_SORT),
    collection: matching(given.get("collection"), /^[0-9a-f]{12}$/),
    open,
    time: secondsOr(given.get("t"), null),
  };
}

/** @param {PageState} state @returns {string} "/" and what follows */
export function writeAddress(state) {
  const given = new URLSearchParams();
  const put = (/** @type {string} */ name, /** @type {string} */ value) => value && given.set(name, value);
  if (state.view === "library") {
    given.set("view", "library");
    put("find", state.find);
    put("state", state.state);
    put("tag", state.tag);
    put("sort", state.sort === FIRST_SORT ? "" : state.sort);
  } else if (state.view === "collections") {
    given.set("view", "collections");
    put("collection", state.collection);
  } else if (state.view === "search") {
    put("q", state.query);
    put("like", state.like);
    put("image", state.image);
    put("mode", state.mode === "ask" ? "ask" : "");
    put("clips", state.mode === "ask" ? state.clips.join(",") : "");
    put("signals", state.signals.join(","));
    put("order", state.mode === "ask" || state.order === "relevance" ? "" : state.order);
  }
  if (state.view === "home" || state.view === "search") put("video", state.video);
  if (state.open && state.view !== "home") {
    given.set("at", state.open.video);
    if (state.open.stop > 0) {
      given.set("start", short(state.open.start));
      given.set("stop", short(state.open.stop));
    }
    if (state.time !== null) given.set("t", short(state.time));
  }
  const text = given.toString();
  return text ? `/?${text}` : "/";
}

/** Whether two states list the same things, whatever moment is open. @param {PageState} a @param {PageState} b */
export function sameList(a, b) {
  const bare = (/** @type {PageState} */ state) => writeAddress({ ...state, open: null, time: null });
  return a.view === b.view && bare(a) === bare(b);
}

/** @param {OpenMoment | null} a @param {OpenMoment | null} b */
export function sameMoment(a, b) {
  if (!a || !b) return a === b;
  return a.video === b.video && Math.abs(a.start - b.start) < 0.01 && Math.abs(a.stop - b.stop) < 0.01;
}

/** @param {URLSearchParams} given @returns {OpenMoment | null} */
function readOpen(given) {
  const video = idOr(given.get("at"), null);
  if (video === null) return null;
  const start = secondsOr(given.get("start"), 0);
  const stop = secondsOr(given.get("stop"), 0);
  return stop > start ? { video, start, stop } : { video, start: 0, stop: 0 };
}

/** @param {string | null} text @param {RegExp} form */
function matching(text, form) {
  return text !== null && form.test(text) ? text : "";
}

/** @template T @param {string | null} text @param {T} otherwise */
function idOr(text, otherwise) {
  return text !== null && /^[0-9a-f]{32}$/.test(text) ? text : otherwise;
}

/** @template T @param {string | null} text @param {T} otherwise */
function secondsOr(text, otherwise) {
  const value = text === null || text === "" ? Number.NaN : Number(text);
  return Number.isFinite(value) && value >= 0 ? value : otherwise;
}

/** @param {object} table @param {string | null} name @param {string} otherwise */
function known(table, name, otherwise) {
  return name !== null && Object.hasOwn(table, name) ? name : otherwise;
}

/** @param {number} seconds */
function short(seconds) {
  return String(Math.round(seconds * 1000) / 1000);
}
