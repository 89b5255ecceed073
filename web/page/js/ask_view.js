/** The answer to a question: first the clips being examined, then the streamed words, then the supporting moments. */

import { announce } from "./announce.js";
import { citedAnswer } from "./citations.js";
import { button, element, fill } from "./dom.js";
import { createFollowUp } from "./follow_up.js";
import { modelName } from "./model_names.js";
import { momentCard } from "./moment_card.js";
import { picture } from "./picture.js";
import { askQuestion, ServiceProblem } from "./service.js";
import { clock, counted } from "./times.js";

const KEPT = 20;

/**
 * @typedef {import("./address.js").PageState} PageState
 * @typedef {import("./moment_card.js").Moment} Moment
 * @typedef {{question: string, within?: string, conversation?: string, found: boolean, answer: string, moments: Moment[], model: string, seconds: number,
 *   evidence: {clips: number, frames: number}, warnings?: string[]}} Answer
 * @param {{linkTo: (moment: Moment) => string, searchInstead: () => void}} options
 */
export function createAskView({ linkTo, searchInstead }) {
  const title = element("h1", { class: "question" });
  const body = element("div", { class: "answer" });
  const heading = element("h2", { class: "closest-title" });
  const list = element("ol", { class: "grid", "aria-label": "Moments that support the answer" });
  const followUp = createFollowUp({ onAsk: (words) => void follow(words) });
  const root = element("div", { class: "view" }, followUp.earlier, title, body, followUp.form, heading, list);
  /** @type {WeakMap<Element, Moment>} */
  const known = new WeakMap();
  /** @type {Map<string, Answer>} a question is costly, so going back must not ask again */
  const kept = new Map();
  let turn = new AbortController();
  /** @type {Answer | null} the one on the page, which a question may follow */
  let last = null;

  /** @param {any[]} clips */
  function evidenceStrip(clips) {
    const shown = clips.slice(0, 8).map((clip) => element("li", {}, picture(clip.thumbnail), element("span", { class: "badge time" }, clock(clip.start_seconds))));
    return element("ul", { class: "evidence", "aria-label": "Clips being examined" }, ...shown);
  }

  /** @param {Answer} answer */
  function showAnswer(answer) {
    const { clips, frames } = answer.evidence;
    const source = `${modelName(answer.model)} examined ${counted(clips, "clip")} (${counted(frames, "frame")}) in ${answer.seconds.toFixed(1)} s. Answers can be wrong, so check the moments.`;
    fill(
      body,
      answer.found ? citedAnswer(answer.answer, answer.moments, linkTo) : element("p", { class: "answer-text is-unfound" }, answer.answer),
      ...(answer.warnings ?? []).map((words) => element("p", { class: "aside" }, words)),
      answer.found
        ? element("p", { class: "faint fine" }, source)
        : element("div", { class: "notice-actions" }, button("Search instead", { icon: "search", on: searchInstead })),
    );
    heading.textContent = answer.moments.length ? (answer.found ? "Moments" : "Closest moments") : "";
    list.replaceChildren();
    list.classList.toggle("is-closest", !answer.found);
    answer.moments.forEach((moment, place) => {
      const card = momentCard(moment, { href: linkTo(moment), number: answer.found ? place + 1 : undefined });
      known.set(card, moment);
      list.append(card);
    });
    last = answer;
    if (answer.conversation) followUp.open();
    announce(`Answer: ${answer.answer} ${answer.found ? counted(answer.moments.length, "citation") : ""}`);
  }

  /** @param {object} question the body of a request @param {AbortSignal} signal @returns {Promise<Answer | null>} */
  async function ask(question, signal) {
    const status = element("p", { class: "loading", role: "status" }, element("span", { class: "pulse", "aria-hidden": "true" }), "Finding relevant moments");
    const words = element("p", { class: "answer-text is-coming" });
    const strip = element("div");
    const stop = button("Stop", { icon: "close", on: () => turn.abort("stopped") });
    fill(body, status, words, strip, element("div", { class: "notice-actions" }, stop));
    /** @type {Answer | null} */
    let answer = null;
    const handlers = {
      understood: (/** @type {Answer} */ { question, within }) => (title.textContent = within ? `${question} (${within})` : question),
      evidence: (/** @type {any} */ { clips }) => {
        status.lastChild.textContent = clips.length ? `Examining ${counted(clips.length, "clip")}` : "No good match; checking the closest";
        fill(strip, clips.length > 0 && evidenceStrip(clips));
      },
      draft: (/** @type {any} */ { text }) => {
        if (!words.classList.contains("is-draft")) status.lastChild.textContent += "; showing a draft from captions";
        words.classList.add("is-draft");
        words.append(text);
      },
      token: (/** @type {any} */ { text }) => {
        if (words.classList.contains("is-draft")) {
          words.classList.remove("is-draft");
          words.replaceChildren();
        }
        words.append(text);
      },
      answer: (/** @type {Answer} */ whole) => (answer = whole),
    };
    await askQuestion(question, handlers, signal);
    return answer;
  }

  /** Asks a question that follows the answer on the page. @param {string} words */
  async function follow(words) {
    const before = last;
    if (!before) return;
    turn.abort();
    turn = new AbortController();
    const { signal } = turn;
    followUp.close();
    followUp.remember(title.textContent, before.answer);
    title.textContent = words;
    heading.textContent = "";
    list.replaceChildren();
    try {
      const answer = await ask({ question: words, conversation: before.conversation }, signal);
      if (answer) return showAnswer(answer);
      throw new ServiceProblem({ title: "The answer was cut off." });
    } catch (error) {
      if (signal.aborted && signal.reason !== "stopped") return;
      const said = signal.aborted ? "Stopped." : error instanceof Error ? error.message : "The request failed.";
      fill(body, element("p", { class: "faint" }, said));
      followUp.open();
    }
  }

  return {
    root,
    list,
    knownOf: (/** @type {Element} */ card) => known.get(card) ?? null,
    forget: () => kept.clear(),
    leave: () => turn.abort(),
    /** @param {PageState} state @returns {Promise<boolean>} false: it was left before it ended */
    async show(state) {
      turn.abort();
      turn = new AbortController();
      const { signal } = turn;
      const key = `${state.video} ${state.clips.join()} ${state.query}`;
      title.textContent = state.query;
      heading.textContent = "";
      list.replaceChildren();
      last = null;
      followUp.close({ forget: true });
      const about = state.clips.length ? { clips: state.clips } : state.video ? { video: state.video } : {};
      const question = { question: state.query, ...about };
      try {
        const answer = kept.get(key) ?? (await ask(question, signal));
        if (signal.aborted) return false;
        if (!answer) throw new ServiceProblem({ title: "The answer was cut off." });
        kept.set(key, answer);
        if (kept.size > KEPT) kept.delete(kept.keys().next().value);
        showAnswer(answer);
        return true;
      } catch (error) {
        if (signal.reason === "stopped") {
          const again = button("Ask again", { icon: "replay", on: () => this.show(state) });
          fill(body, element("p", { class: "faint" }, "Stopped."), element("div", { class: "notice-actions" }, again));
        }
        if (signal.aborted) return false;
        fill(body);
        throw error;
      }
    },
  };
}
