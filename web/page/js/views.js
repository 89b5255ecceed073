/** The views by name; those that the start page does not need are loaded when first shown. */

import { createHomeView } from "./home_view.js";
import { ServiceGone } from "./service.js";

/**
 * @typedef {import("./address.js").PageState} PageState
 * @typedef {{root: HTMLElement, list: HTMLElement, knownOf: (card: Element) => any, leave: () => void, forget?: () => void,
 *   show: (page: PageState) => Promise<boolean>}} View
 * @param {{linkToMoment: (moment: any) => string, linkToLike: (like: string) => string, leaveExample: () => void, linkToVideo: (video: any) => string, linkToTag: (tag: string) => string, pickFiles: () => void, jobs: any,
 *   activity: HTMLElement, narrow: (change: Partial<PageState>) => void, searchInstead: () => void}} options
 */
export function createViews({ linkToMoment, linkToLike, leaveExample, linkToVideo, linkToTag, pickFiles, jobs, activity, narrow, searchInstead }) {
  const makers = {
    home: async () => createHomeView({ linkTo: linkToVideo, pickFiles, jobs, activity: () => activity }),
    search: async () => (await import("./search_view.js")).createSearchView({ linkTo: linkToMoment, likeTo: linkToLike, leaveExample, jobs, narrow }),
    ask: async () => (await import("./ask_view.js")).createAskView({ linkTo: linkToMoment, searchInstead }),
    collections: async () => (await import("./collections/view.js")).createCollectionsView({ linkTo: linkToMoment, narrow }),
    library: async () => (await import("./library_view.js")).createLibraryView({ linkTo: linkToVideo, linkToTag, narrow, pickFiles, activity }),
  };
  /** @type {Map<string, Promise<View>>} */
  const made = new Map();

  return {
    /** @param {PageState} page @returns {Promise<View>} */
    of(page) {
      const name = isAsked(page) ? "ask" : page.view;
      const view = made.get(name) ?? makers[name]();
      made.set(name, view);
      return view.catch((/** @type {unknown} */ error) => {
        made.delete(name);
        throw error instanceof TypeError ? new ServiceGone("The page could not be loaded.") : error;
      });
    },
    /** Lists that were kept are asked for anew. */
    async forget() {
      for (const view of await Promise.allSettled(made.values())) if (view.status === "fulfilled") view.value.forget?.();
    },
  };
}

/** Whether a page shows an answer. @param {PageState} page */
export function isAsked(page) {
  return page.view === "search" && page.mode === "ask" && page.query !== "";
}
