/** The transcript of the open video: follows the player, seeks on a click, is searched, copied and corrected. */

import { announce } from "./announce.js";
import { button, element, fill } from "./dom.js";
import { getJson, request } from "./service.js";
import { createTextList, jumpTo } from "./text_list.js";
import { spokenTime } from "./times.js";

/**
 * @typedef {{index: number, start_seconds: number, stop_seconds: number, text: string, original: string, speaker: string}} Line
 * @typedef {{source: "speech" | "subtitle", language: string, lines: Line[]}} Transcript
 * @param {{onSeek: (seconds: number) => void}} options
 */
export function createTranscript({ onSeek }) {
  const headOf = (/** @type {Line} */ line, /** @type {Line | undefined} */ before) =>
    line.speaker && line.speaker !== before?.speaker ? turn(line.speaker) : null;
  const texts = createTextList({ name: "transcript", onSeek, itemOf: item, headOf });
  /** @type {Transcript | null} */
  let transcript = null;
  let video = "";

  /** @param {Transcript | null} given */
  function set(given) {
    transcript = given;
    const words = given ? [given.source === "speech" ? "Recognized speech" : "Subtitles", languageName(given.language)] : [];
    texts.set(given?.lines ?? [], words.filter(Boolean).join(", "));
  }

  /** Who speaks from here on; a click asks for the name. @param {string} speaker */
  function turn(speaker) {
    const entry = element("li", { class: "turn" });
    const name = button(speaker, { class: "button-quiet turn-name", title: "Rename this speaker", on: askName });

    function askName() {
      const input = /** @type {HTMLInputElement} */ (element("input", { class: "field", value: speaker, maxlength: "100", "aria-label": `Name of ${speaker}, in every video` }));
      const wrong = element("p", { class: "form-error", role: "alert" });
      const leave = () => fill(entry, name);
      const split = button("Not this person", { class: "button-quiet", title: `Give the voice in this video a name of its own, apart from ${speaker}`, on: () => save("/api/v1/speakers/split", "POST", { name: speaker, video_id: video }) });
      const form = element("form", { class: "transcript-form" }, input, element("div", { class: "actions" }, element("button", { class: "button" }, "Rename"), button("Cancel", { class: "button-quiet", on: leave }), split), wrong);

      /** @param {string} path @param {string} method @param {object} body */
      async function save(path, method, body) {
        try {
          await request(path, { method, body });
          await load(video);
          announce("Speaker updated.");
        } catch (error) {
          fill(wrong, document.createTextNode(error instanceof Error ? error.message : "The name could not be saved."));
        }
      }

      form.addEventListener("submit", (event) => {
        event.preventDefault();
        save("/api/v1/speakers", "PATCH", { name: speaker, new_name: input.value.trim() });
      });
      fill(entry, form);
      input.select();
    }

    fill(entry, name);
    return entry;
  }

  /** @param {Line} line @param {string} wanted */
  function item(line, wanted) {
    const jump = jumpTo(line, wanted, onSeek);
    const edit = button("Edit", { class: "button-quiet transcript-edit", "aria-label": `Edit: ${line.text}`, on: () => ask(entry, line) });
    const mended = line.original ? element("span", { class: "faint mended", title: `Originally: ${line.original}` }, "corrected") : null;
    const entry = element("li", {}, jump, mended, edit);
    return entry;
  }

  /** @param {HTMLElement} entry @param {Line} line */
  function ask(entry, line) {
    const text = /** @type {HTMLTextAreaElement} */ (element("textarea", { class: "field", rows: "3", maxlength: "1000", "aria-label": `Line at ${spokenTime(line.start_seconds)}` }, line.text));
    const wrong = element("p", { class: "form-error", role: "alert" });
    const leave = () => {
      const again = item(line, texts.wanted());
      entry.replaceWith(again);
      again.querySelector(".transcript-edit")?.focus();
    };
    const restore = line.original ? button("Restore", { class: "button-quiet", title: line.original, on: () => save(line.original) }) : null;
    const form = element("form", { class: "transcript-form" }, text, element("div", { class: "actions" }, element("button", { class: "button" }, "Save"), button("Cancel", { class: "button-quiet", on: leave }), restore), wrong);

    /** @param {string} right */
    async function save(right) {
      try {
        const body = { source: transcript?.source, was: line.text, text: right };
        const made = await (await request(`/api/v1/videos/${video}/transcript/${line.index}`, { method: "PATCH", body })).json();
        announce(made.text ? "Line corrected." : "Line removed.");
        if (!made.text) return await load(video);
        Object.assign(line, made);
        leave();
      } catch (error) {
        fill(wrong, document.createTextNode(error instanceof Error ? error.message : "The line could not be saved."));
      }
    }

    form.addEventListener("submit", (event) => {
      event.preventDefault();
      save(text.value.trim());
    });
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      leave();
    });
    fill(entry, form);
    text.focus();
  }

  /** @param {string} id @param {AbortSignal} [signal] */
  async function load(id, signal) {
    video = id;
    const made = await getJson(`/api/v1/videos/${id}/transcript`, signal).catch(() => null);
    if (!signal?.aborted) set(made);
  }

  return { element: texts.element, load, set: () => set(null), setPosition: texts.setPosition };
}

/** A language in English, as "German"; the tag itself where the browser does not know it, nothing for "und". @param {string} tag */
function languageName(tag) {
  if (!tag || tag === "und") return "";
  try {
    return new Intl.DisplayNames("en", { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}
