/** Entry point of the page: the address determines what is shown, and every change goes through it. */

import { createActivity } from "./activity.js";
import { HOME, readAddress, sameList, sameMoment, writeAddress } from "./address.js";
import { announce, toast } from "./announce.js";
import { copyText } from "./clipboard.js";
import { waitForService } from "./connection.js";
import { button, fill } from "./dom.js";
import { takeDrops } from "./drop_zone.js";
import { askedFor, hasExample } from "./example.js";
import { createFilters } from "./filters.js";
import { holdImage, isImage } from "./images.js";
import { createJobs } from "./jobs.js";
import { listenToKeys } from "./keyboard.js";
import { watchLoading } from "./loading_models.js";
import { showLibraries } from "./libraries.js";
import { errorNotice } from "./notice.js";
import { createSearchBox } from "./search_box.js";
import { onChosen, setChosen } from "./selection/chosen.js";
import { onKeyNeeded, ServiceGone, ServiceProblem } from "./service.js";
import { createTheatre } from "./theatre.js";
import { createUploads } from "./uploads.js";
import { createViews, isAsked } from "./views.js";

/**
 * @typedef {import("./address.js").PageState} PageState
 * @typedef {import("./views.js").View} View
 */

const main = /** @type {HTMLElement} */ (document.getElementById("main"));
const picker = /** @type {HTMLInputElement} */ (document.getElementById("picker"));
const cover = /** @type {HTMLElement} */ (document.getElementById("drop-cover"));

/** What the address says. */
let state = readAddress(location.search);
/** What was last brought to the screen. */
let shown = state;
/** @type {View | null} */
let current = null;
/** Counts the states, so that a late one knows that it is late. */
let turn = 0;
/** The turn whose list is on its way, or 0. */
let loadingTurn = 0;
let stopWaiting = () => {};
let wasBusy = false;

const jobs = createJobs();
const uploads = createUploads({ onChange: () => activity.update(), onAccepted: (job) => jobs.add(job) });
const activity = createActivity({ jobs, uploads: uploads.all });
const dialogs = () => import("./dialogs.js");
const showKeys = async () => (await dialogs()).showKeys();
const pickFiles = () => picker.click();
const linkToMoment = (/** @type {any} */ moment) =>
  writeAddress({ ...state, open: { video: moment.video_id, start: moment.start_seconds, stop: moment.stop_seconds }, time: null });
const linkToLike = (/** @type {string} */ like) => writeAddress({ ...HOME, view: "search", like, signals: state.signals, order: state.order, video: state.video });
const linkToVideo = (/** @type {any} */ video) =>
  writeAddress({ ...state, view: "library", open: { video: video.video_id, start: 0, stop: 0 }, time: null });

const linkToTag = (/** @type {string} */ tag) => writeAddress({ ...HOME, view: "library", tag });

const views = createViews({
  linkToMoment, linkToLike, linkToVideo, linkToTag, pickFiles, jobs, activity: activity.element, narrow,
  leaveExample: () => go({ ...state, view: state.query ? "search" : "home", like: "", image: "", open: null, time: null }),
  searchInstead: () => go({ ...state, mode: "search", open: null }),
});
const filters = createFilters({ narrow });
const box = createSearchBox({
  onSubmit: (query, mode) => go({ ...state, view: "search", query, mode, open: null, time: null }),
  onImage: searchImage,
  hasExample: () => state.view === "search" && hasExample(state),
});
/** @type {Promise<ReturnType<typeof import("./selection/bar.js").createSelectionBar>> | null} */
let bar = null;
let canAsk = true;
const theatre = createTheatre({
  onClose: close,
  onCopy: copyLink,
  onSpan: retarget,
  onSearchWithin: (video) => {
    go({ ...HOME, view: state.view === "library" ? "home" : state.view, query: state.query, mode: state.mode, signals: state.signals, video });
    box.focus();
  },
});

/** @param {PageState} next @param {{replace?: boolean}} [options] */
function go(next, { replace = false } = {}) {
  const address = writeAddress(next);
  if (replace) history.replaceState(null, "", address);
  else if (address !== location.pathname + location.search) history.pushState(null, "", address);
  if (!replace && !sameList(state, next)) window.scrollTo(0, 0);
  apply(readAddress(location.search), { isSame: false });
}

/** @param {Partial<PageState>} change of filters; the list stays the place where one is */
function narrow(change) {
  go({ ...state, ...change, open: null, time: null }, { replace: "find" in change });
}

function close() {
  const isList = askedFor(state) || state.view === "library" || state.view === "collections";
  if (state.open) go({ ...state, view: isList ? state.view : "home", open: null, time: null });
}

/** The open moment has another span now; the player plays on. @param {number} start @param {number} stop */
function retarget(start, stop) {
  if (!state.open) return;
  state = shown = { ...state, open: { ...state.open, start, stop }, time: null };
  history.replaceState(null, "", writeAddress(state));
}

/** @param {number} seconds */
async function copyLink(seconds) {
  const { open } = state;
  if (!open) return;
  const isMoved = Math.abs(seconds - open.start) > 1;
  const link = location.origin + writeAddress({ ...state, time: isMoved ? seconds : null });
  toast((await copyText(link)) ? "Link copied." : "The link could not be copied. Copy it from the address bar.");
}

/** Shows a state. @param {PageState} next @param {{isSame: boolean}} options isSame: again, after an error */
async function apply(next, { isSame }) {
  state = next;
  turn += 1;
  const mine = turn;
  document.body.dataset.view = next.view;
  document.title = titleOf(next);
  box.set(next.query, next.mode);
  filters.set(next);
  stopWaiting();
  try {
    const view = await views.of(next);
    if (mine !== turn) return;
    const before = shown;
    const isOtherList = isSame || view !== current || !main.contains(view.root) || !sameList(before, next);
    shown = next;
    if (isOtherList && !(await showList(view, next, mine))) return;
    // While the list was on its way, another of its moments may have been opened.
    if (loadingTurn || !sameList(state, next)) return;
    const isFresh = isOtherList || !sameMoment(before.open, next.open) || before.time !== next.time;
    await theatre.show(() => state, view, { isFresh });
  } catch (error) {
    if (sameList(state, next)) showError(error, next);
  }
}

/** @param {View} view @param {PageState} page @param {number} mine @returns {Promise<boolean>} false: another came in between */
async function showList(view, page, mine) {
  theatre.leave();
  current?.leave();
  current = view;
  loadingTurn = mine;
  if (isAsked(page) && page.clips.length) {
    setChosen(page.clips);
    selectionBar().then((ask) => ask(page.query));
  }
  fill(main, page.view === "search" && askedFor(page) !== "" && filters.element, view.root);
  try {
    return await view.show(page);
  } finally {
    if (loadingTurn === mine) loadingTurn = 0;
  }
}

/** @param {unknown} error @param {PageState} page */
function showError(error, page) {
  if (error instanceof ServiceProblem && error.fault) {
    fill(main, page.view === "search" && filters.element);
    box.showFault(error.fault);
    return;
  }
  const again = () => apply(page, { isSame: true });
  const retry = button("Try again", { icon: "replay", on: again });
  const isAsking = isAsked(page) && error instanceof ServiceProblem;
  const search = isAsking && button("Search instead", { icon: "search", on: () => go({ ...page, mode: "search" }) });
  fill(main, page.view === "search" && filters.element, errorNotice(error, [search, retry]));
  if (error instanceof ServiceGone) {
    stopWaiting = waitForService(() => {
      announce("Reconnected.");
      again();
      jobs.refresh();
    });
  }
}

/** @param {PageState} page */
function titleOf(page) {
  if (page.view === "library") return "Library · Reelseek";
  if (page.view === "collections") return "Collections · Reelseek";
  return askedFor(page) ? `${askedFor(page)} · Reelseek` : "Reelseek";
}

/** Looks for what an image shows; the service keeps it, and the address names it. @param {File} file */
async function searchImage(file) {
  const image = await holdImage(file).catch((/** @type {unknown} */ error) => {
    toast(error instanceof ServiceProblem || error instanceof ServiceGone ? error.message : "The image could not be read.");
    return "";
  });
  if (!image) return;
  const video = state.view === "search" ? state.video : "";
  /** @type {PageState} */
  const next = { ...HOME, view: "search", image, video };
  if (sameList(state, next)) apply(next, { isSame: true });
  else go(next);
  box.focus();
}

/** Images are searched with, everything else is added to the library. @param {FileList} files */
function takeFiles(files) {
  const image = [...files].find(isImage);
  if (image) searchImage(image);
  else upload(files);
}

/** @param {Iterable<File>} files */
function upload(files) {
  if (state.view !== "library") go({ ...HOME, view: "library" });
  uploads.add(files);
}

/** Loaded when a moment is first ticked. */
function selectionBar() {
  const onAsk = (/** @type {string} */ query, /** @type {string[]} */ clips) => go({ ...HOME, view: "search", mode: "ask", query, clips });
  return (bar ??= import("./selection/bar.js").then(({ createSelectionBar }) => createSelectionBar({ onAsk, canAsk: () => canAsk })));
}

document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a[data-open], a[data-go]") : null;
  if (!(link instanceof HTMLAnchorElement) || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  go(readAddress(new URL(link.href).search));
});
window.addEventListener("popstate", () => apply(readAddress(location.search), { isSame: false }));
onChosen(selectionBar);
picker.addEventListener("change", () => {
  upload([...(picker.files ?? [])]);
  picker.value = "";
});
document.getElementById("keys")?.addEventListener("click", showKeys);
takeDrops(cover, takeFiles);
onKeyNeeded(async () => (await dialogs()).askForKey());
jobs.listen((ended) => {
  activity.update();
  const hasBegun = jobs.isBusy() && !wasBusy;
  wasBusy = jobs.isBusy();
  if (hasBegun && state.view === "home") apply(state, { isSame: true });
  if (!ended) return;
  announce(`${ended.paths.join(", ")}: ${ended.state === "done" ? "ready to search" : ended.state}`);
  views.forget();
  filters.forget();
  if (state.view !== "search" && !state.open) apply(state, { isSame: true });
});
listenToKeys({
  list: () => current?.list ?? main,
  isOpen: () => state.open !== null,
  search: box.focus,
  close,
  showKeys,
  library: () => go({ ...HOME, view: "library" }),
  copy: () => copyLink(theatre.position()),
  player: theatre,
});
activity.update();
watchLoading(main, (health) => {
  canAsk = health.models?.ask !== false;
  box.know(health);
  filters.know(health);
});
apply(state, { isSame: true });
jobs.refresh();
const foot = document.querySelector("footer");
if (foot) showLibraries(foot, toast);
