/** Puts the page together: the address says what is shown, and every change goes through it. */

import { createActivity } from "./activity.js";
import { HOME, readAddress, sameList, sameMoment, writeAddress } from "./address.js";
import { announce, toast } from "./announce.js";
import { createAskView } from "./ask_view.js";
import { copyText } from "./clipboard.js";
import { waitForService } from "./connection.js";
import { askForKey, showKeys } from "./dialogs.js";
import { button, fill } from "./dom.js";
import { takeDrops } from "./drop_zone.js";
import { createFilters } from "./filters.js";
import { createHomeView } from "./home_view.js";
import { createJobs } from "./jobs.js";
import { listenToKeys } from "./keyboard.js";
import { createLibraryView } from "./library_view.js";
import { errorNotice } from "./notice.js";
import { createPlayer } from "./player.js";
import { createSearchBox } from "./search_box.js";
import { createSearchView } from "./search_view.js";
import { onKeyNeeded, ServiceGone, ServiceProblem } from "./service.js";
import { createStage } from "./stage.js";
import { createUploads } from "./uploads.js";

/** @typedef {import("./address.js").PageState} PageState */

const main = /** @type {HTMLElement} */ (document.getElementById("main"));
const picker = /** @type {HTMLInputElement} */ (document.getElementById("picker"));
const cover = /** @type {HTMLElement} */ (document.getElementById("drop-cover"));

let state = readAddress(location.search);
let stopWaiting = () => {};
let wasBusy = false;

const jobs = createJobs();
const uploads = createUploads({ onChange: () => activity.update(), onAccepted: (job) => jobs.add(job) });
const activity = createActivity({ jobs, uploads: uploads.all });
const pickFiles = () => picker.click();
const linkToMoment = (/** @type {any} */ moment) =>
  writeAddress({ ...state, open: { video: moment.video_id, start: moment.start_seconds, stop: moment.stop_seconds }, time: null });
const linkToVideo = (/** @type {any} */ video) =>
  writeAddress({ ...state, view: "library", open: { video: video.video_id, start: 0, stop: 0 }, time: null });

const views = {
  home: createHomeView({ linkTo: linkToVideo, pickFiles, jobs, activity: () => activity.element }),
  search: createSearchView({ linkTo: linkToMoment, jobs }),
  ask: createAskView({ linkTo: linkToMoment, searchInstead: () => go({ ...state, mode: "search", open: null }) }),
  library: createLibraryView({ linkTo: linkToVideo, narrow, pickFiles, activity: activity.element }),
};
const filters = createFilters({ narrow });
const box = createSearchBox({
  onSubmit: (query, mode) => go({ ...state, view: "search", query, mode, open: null, time: null }),
});
const player = createPlayer({
  onClose: close,
  onCopy: copyLink,
  onSearchWithin: (video) => {
    go({ ...HOME, view: state.view === "library" ? "home" : state.view, query: state.query, mode: state.mode, signals: state.signals, video });
    box.focus();
  },
});
const stage = createStage(player);

const viewOf = (/** @type {PageState} */ page) => views[page.view === "search" && page.mode === "ask" && page.query ? "ask" : page.view];

/** @param {PageState} next @param {{replace?: boolean}} [options] */
function go(next, { replace = false } = {}) {
  const address = writeAddress(next);
  if (replace) history.replaceState(null, "", address);
  else if (address !== location.pathname + location.search) history.pushState(null, "", address);
  apply(readAddress(location.search), { isSame: false });
}

/** @param {Partial<PageState>} change of filters; the list stays the place where one is */
function narrow(change) {
  go({ ...state, ...change, open: null, time: null }, { replace: "find" in change });
}

function close() {
  if (state.open) go({ ...state, view: state.query || state.view === "library" ? state.view : "home", open: null, time: null });
}

/** @param {number} seconds */
async function copyLink(seconds) {
  const { open } = state;
  if (!open) return;
  const isMoved = Math.abs(seconds - open.start) > 1;
  const link = location.origin + writeAddress({ ...state, time: isMoved ? seconds : null });
  toast((await copyText(link)) ? "The link is copied." : "The link could not be copied; it is in the address bar.");
}

/** Shows a state. @param {PageState} next @param {{isSame: boolean}} options isSame: again, after an error */
async function apply(next, { isSame }) {
  const before = state;
  const view = viewOf(next);
  const isOtherList = isSame || !main.contains(view.root) || !sameList(before, next);
  state = next;
  document.body.dataset.view = next.view;
  document.title = titleOf(next);
  box.set(next.query, next.mode);
  filters.set(next);
  stopWaiting();
  if (isOtherList) {
    player.close();
    viewOf(before).leave();
    fill(main, next.view === "search" && next.query !== "" && filters.element, view.root);
    try {
      if (!(await view.show(next))) return;
    } catch (error) {
      return showError(error, next);
    }
  }
  const isFresh = isOtherList || !sameMoment(before.open, next.open) || before.time !== next.time;
  stage.show(next, view.list, view.knownOf, { isFresh });
}

/** @param {unknown} error @param {PageState} page */
function showError(error, page) {
  const again = () => apply(page, { isSame: true });
  const retry = button("Try again", { icon: "replay", on: again });
  const isAsking = viewOf(page) === views.ask && error instanceof ServiceProblem;
  const search = isAsking && button("Search for it instead", { icon: "search", on: () => go({ ...page, mode: "search" }) });
  fill(main, page.view === "search" && filters.element, errorNotice(error, [search, retry]));
  if (error instanceof ServiceGone) {
    stopWaiting = waitForService(() => {
      announce("The server answers again.");
      again();
      jobs.refresh();
    });
  }
}

/** @param {PageState} page */
function titleOf(page) {
  if (page.view === "library") return "Library · Reelseek";
  return page.query ? `${page.query} · Reelseek` : "Reelseek";
}

/** @param {Iterable<File>} files */
function upload(files) {
  if (state.view !== "library") go({ ...HOME, view: "library" });
  uploads.add(files);
}

document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a[data-open], a[data-go]") : null;
  if (!(link instanceof HTMLAnchorElement) || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  go(readAddress(new URL(link.href).search));
});
window.addEventListener("popstate", () => apply(readAddress(location.search), { isSame: false }));
picker.addEventListener("change", () => {
  upload([...(picker.files ?? [])]);
  picker.value = "";
});
document.getElementById("keys")?.addEventListener("click", showKeys);
takeDrops(cover, upload);
onKeyNeeded(askForKey);
jobs.listen((ended) => {
  activity.update();
  const hasBegun = jobs.isBusy() && !wasBusy;
  wasBusy = jobs.isBusy();
  if (hasBegun && state.view === "home") apply(state, { isSame: true });
  if (!ended) return;
  announce(`${ended.paths.join(", ")}: ${ended.state === "done" ? "indexed, ready to search" : ended.state}`);
  for (const view of [views.search, views.ask]) view.forget();
  filters.forget();
  if (state.view !== "search" && !state.open) apply(state, { isSame: true });
});
listenToKeys({
  list: () => viewOf(state).list,
  isOpen: () => state.open !== null,
  search: box.focus,
  close,
  showKeys,
  library: () => go({ ...HOME, view: "library" }),
  copy: () => copyLink(player.video.currentTime),
  player,
});
activity.update();
apply(state, { isSame: true });
jobs.refresh();
