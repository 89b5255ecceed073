/** Notices in place of content: why there is nothing to show, and what to do. */

import { element, icon } from "./dom.js";
import { ServiceGone, ServiceProblem } from "./service.js";

/**
 * @param {{icon: string, title: string, text?: string, code?: string, tone?: "calm" | "trouble", actions?: (Node | null | false)[]}} notice
 * @returns {HTMLElement}
 */
export function notice({ icon: name, title, text, code, tone = "calm", actions = [] }) {
  return element(
    "section",
    { class: `notice notice-${tone}`, role: tone === "trouble" ? "alert" : null },
    icon(name),
    element("h2", {}, title),
    text && element("p", {}, ...withCode(text)),
    code && element("pre", { tabindex: "0", "aria-label": "Command" }, element("code", {}, code)),
    actions.length > 0 && element("div", { class: "notice-actions" }, ...actions),
  );
}

/** @param {string} text with commands in backticks @returns {(Node | string)[]} */
function withCode(text) {
  return text.split(/`([^`]+)`/).map((part, at) => (at % 2 ? element("code", {}, part) : part));
}

/** @param {string} label @returns {HTMLElement} something is on its way */
export function loading(label) {
  return element("p", { class: "loading", role: "status" }, element("span", { class: "pulse", "aria-hidden": "true" }), label);
}

/**
 * An error in the words of the person who meets it.
 * @param {unknown} error
 * @param {(Node | null | false)[]} actions
 */
export function errorNotice(error, actions) {
  return notice({ ...wordsFor(error), tone: "trouble", actions });
}

/** @param {unknown} error @returns {{icon: string, title: string, text: string}} */
function wordsFor(error) {
  if (error instanceof ServiceGone) {
    const text = "Trying to reconnect. Check that reelseek serve is still running.";
    return { icon: "plug", title: "Cannot reach Reelseek", text };
  }
  if (!(error instanceof ServiceProblem)) throw error;
  const titles = {
    "model-missing": "Model not installed",
    busy: "Too many requests",
    deadline: "The request took too long",
    query: "This query is not valid",
    unauthorized: "This library requires an API key",
    "not-found": "Not in the library",
    vanished: "The file is missing or has changed",
    "library-locked": "The library is in use",
    "too-large": "This file is too large",
    "unsupported-media": "This file is not a readable video",
  };
  const wait = error.retryAfterSeconds ? ` Try again in ${error.retryAfterSeconds} s.` : "";
  const where = error.status === 500 && error.instance ? ` (request ${error.instance})` : "";
  const title = titles[error.kind] ?? (error.status >= 500 ? "Something went wrong" : "The request was refused");
  return { icon: error.kind === "model-missing" ? "model" : "trouble", title, text: sentence(error.message) + wait + where };
}

/** @param {string} words of the service, which begin small */
export function sentence(words) {
  return words.charAt(0).toUpperCase() + words.slice(1) + (/[.!?]$/.test(words) ? "" : ".");
}
