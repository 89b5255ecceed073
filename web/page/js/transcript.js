/** The transcript of the open video: follows the player, seeks on a click, is searched, copied and corrected. */

import { announce } from "./announce.js";
import { copyText } from "./clipboard.js";
import { button, element, fill } from "./dom.js";
import { placeOf } from "./folding.js";
import { markedText } from "./marked_text.js";
import { getJson, request } from "./service.js";
import { clock, counted, spokenTime } from "./times.js";

/**
 * @typedef {{index: number, start_seconds: number, stop_seconds: number, text: string, original: string, speaker: string}} Line
 * @typedef {{source: "speech" | "subtitle", language: string, lines: Line[]}} Transcript
 * @param {{onSeek: (seconds: number) => void, onLines: (hasLines: boolean) => void}} options `onLines` is told whether there is one
 */
export function createTranscript({ onSeek, onLines }) {
  const find = /** @type {HTMLInputElement} */ (
    element("input", { class: "field", type: "search", placeholder: "Find in transcript", "aria-label": "Find in transcript", on: { input: () => show() } })
  );
  const found = element("p", { class: "faint", role: "status" });
  const about = element("p", { class: "faint transcript-about" });
  const copy = button("Copy with times", { icon: "link", class: "button-quiet", on: copyAll });
  const list = element("ol", { class: "transcript-lines", tabindex: "-1" });
  const root = element("div", { class: "transcript" }, element("div", { class: "transcript-head" }, find, copy), about, found, list);
  /** @type {Transcript | null} */
  let transcript = null;
  let video = "";
  let current = -1;

  /** @param {Transcript | null} given */
  function set(given) {
    transcript = given;
    current = -1;
    find.value = "";
    about.textContent = given ? [given.source === "speech" ? "Recognized speech" : "Subtitles", languageName(given.language)].filter(Boolean).join(", ") : "";
    onLines(Boolean(given?.lines.length));
    show();
  }

  function show() {
    const wanted = find.value.trim();
    const lines = (transcript?.lines ?? []).filter((line) => !wanted || placeOf(line.text, wanted));
    const items = lines.flatMap((line, place) => {
      const isTurn = line.speaker && line.speaker !== lines[place - 1]?.speaker;
      return isTurn ? [turn(line.speaker), item(line, wanted)] : [item(line, wanted)];
    });
    fill(list, ...items);
    found.hidden = !wanted;
    found.textContent = wanted ? counted(lines.length, "line") : "";
    current = -1;
  }

  /** Who speaks from here on; a click asks for the name. @param {string} speaker */
  function turn(speaker) {
    const entry = element("li", { class: "turn" });
    const name = button(speaker, { class: "button-quiet turn-name", title: "Give this speaker a name", on: askName });

    function askName() {
      const input = /** @type {HTMLInputElement} */ (element("input", { class: "field", value: speaker, maxlength: "100", "aria-label": `Name of ${speaker}, in every video` }));
      const wrong = element("p", { class: "form-error", role: "alert" });
      const leave = () => fill(entry, name);
      const split = button("Another person here", { class: "button-quiet", title: `The voice in this video is not ${speaker}'s`, on: () => save("/api/v1/speakers/split", "POST", { name: speaker, video_id: video }) });
      const form = element("form", { class: "transcript-form" }, input, element("div", { class: "actions" }, element("button", { class: "button" }, "Rename"), button("Cancel", { class: "button-quiet", on: leave }), split), wrong);

      /** @param {string} path @param {string} method @param {object} body */
      async function save(path, method, body) {
        try {
          await request(path, { method, body });
          await load(video);
          announce("The speaker is changed.");
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
    const place = placeOf(line.text, wanted);
    const words = place ? markedText(line.text, [place]) : [line.text];
    const jump = element(
      "button",
      { type: "button", class: "chapter", on: { click: () => onSeek(line.start_seconds) } },
      element("span", { class: "time", "aria-hidden": "true" }, clock(line.start_seconds)),
      element("span", { class: "unseen" }, spokenTime(line.start_seconds)),
      element("span", {}, ...words),
    );
    jump.dataset.start = String(line.start_seconds);
    jump.dataset.stop = String(line.stop_seconds);
    const edit = button("Correct", { class: "button-quiet transcript-edit", "aria-label": `Correct: ${line.text}`, on: () => ask(entry, line) });
    const mended = line.original ? element("span", { class: "faint mended", title: `Before: ${line.original}` }, "corrected") : null;
    const entry = element("li", {}, jump, mended, edit);
    return entry;
  }

  /** @param {HTMLElement} entry @param {Line} line */
  function ask(entry, line) {
    const text = /** @type {HTMLTextAreaElement} */ (element("textarea", { class: "field", rows: "3", maxlength: "1000", "aria-label": `Line at ${spokenTime(line.start_seconds)}` }, line.text));
    const wrong = element("p", { class: "form-error", role: "alert" });
    const leave = () => {
      const again = item(line, find.value.trim());
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
        announce(made.text ? "The line is corrected." : "The line is removed.");
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

  async function copyAll() {
    const lines = (transcript?.lines ?? []).map((line) => `${clock(line.start_seconds)}  ${line.speaker ? `${line.speaker}: ` : ""}${line.text}`);
    announce((await copyText(lines.join("\n"))) ? `${counted(lines.length, "line")} copied.` : "The transcript could not be copied.");
  }

  /** @param {string} id @param {AbortSignal} [signal] */
  async function load(id, signal) {
    video = id;
    const made = await getJson(`/api/v1/videos/${id}/transcript`, signal).catch(() => null);
    if (!signal?.aborted) set(made);
  }

  return {
    element: root,
    load,
    clear: () => set(null),
    /** Marks the line that is said, and keeps it in sight unless somebody reads or writes there. @param {number} seconds */
    setPosition(seconds) {
      const jumps = [.../** @type {NodeListOf<HTMLElement>} */ (list.querySelectorAll(".chapter"))];
      const now = jumps.findIndex((jump) => seconds >= Number(jump.dataset.start) && seconds < Number(jump.dataset.stop));
      if (now === current) return;
      list.querySelector("[aria-current]")?.removeAttribute("aria-current");
      current = now;
      if (now < 0) return;
      jumps[now].setAttribute("aria-current", "true");
      const isRead = root.contains(document.activeElement) && !jumps.includes(/** @type {HTMLElement} */ (document.activeElement));
      if (!isRead && !find.value) list.scrollTop = jumps[now].offsetTop - list.clientHeight / 3;
    },
  };
}

/** A language in English, as "German"; the tag itself where the browser does not know it. @param {string} tag */
function languageName(tag) {
  try {
    return tag && (new Intl.DisplayNames("en", { type: "language" }).of(tag) ?? tag);
  } catch {
    return tag;
  }
}
