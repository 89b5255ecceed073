/** The bar under the player that sets in and out, handles and notes of the open moment, and adds it to the collection. */

import { announce, toast } from "../announce.js";
import { button, element, fill } from "../dom.js";
import { clock } from "../times.js";
import { changeMoment, collect, collectedAs, currentCollection, dropMoment, loadCurrent, onCollections } from "./store.js";

const HANDLES = [0, 0.5, 1, 2, 5];
const USUAL_FPS = 25;

/**
 * @typedef {import("./store.js").CollectedMoment} CollectedMoment
 * @param {HTMLVideoElement} video
 * @param {{onSpan: (start: number, stop: number) => void, onSeek: (seconds: number) => void}} options
 */
export function createTrimBar(video, { onSpan, onSeek }) {
  const times = element("span", { class: "time trim-times" });
  const setIn = button("In", { title: "Set the in point to this frame (I)", on: markIn });
  const setOut = button("Out", { title: "Set the out point to this frame (O)", on: markOut });
  const handles = /** @type {HTMLSelectElement} */ (
    element("select", { class: "field", "aria-label": "Handles", title: "Extra time before and after each moment in exports", on: { change: () => save({ handle_seconds: Number(handles.value) }) } })
  );
  const keep = button("Add", { class: "button", on: toggle });
  const addNote = button("Add note", { class: "button-quiet", title: "Add a note at this time (N)", on: askNote });
  const notes = element("ul", { class: "trim-notes", "aria-label": "Notes" });
  const form = element("div", {});
  const root = element("div", { class: "trim", role: "group", "aria-label": "Trim" }, setIn, times, setOut, element("span", { class: "spacer" }), addNote, handles, keep, form, notes);
  let fps = USUAL_FPS;
  /** What is trimmed: the open moment, or a whole video without a span. */
  let span = { video_id: "", start_seconds: 0, stop_seconds: 0, text: "" };
  /** @type {CollectedMoment | null} */
  let collected = null;

  onCollections(() => span.video_id && show());

  function show() {
    const id = collected?.moment_id;
    const fresh = currentCollection()?.moments.find((one) => one.moment_id === id) ?? null;
    collected = fresh ?? collectedAs(span);
    const name = currentCollection()?.name ?? "Selects";
    const hasSpan = span.stop_seconds > span.start_seconds;
    times.textContent = hasSpan ? `${exact(span.start_seconds)} – ${exact(span.stop_seconds)}  (${(span.stop_seconds - span.start_seconds).toFixed(2)} s)` : "Set in and out points";
    const label = collected ? `Remove from “${name}”` : `Add to “${name}”`;
    fill(keep, element("span", {}, label));
    keep.disabled = !hasSpan;
    handles.hidden = addNote.hidden = !collected;
    const chosen = collected?.handle_seconds ?? 0;
    const offered = [...new Set([...HANDLES, chosen])].sort((a, b) => a - b);
    fill(handles, ...offered.map((seconds) => element("option", { value: String(seconds), selected: seconds === chosen }, seconds ? `${seconds} s handles` : "No handles")));
    fill(notes, ...(collected?.notes ?? []).map(noteItem));
  }

  /** @param {import("./store.js").Note} note @param {number} place */
  function noteItem(note, place) {
    const jump = button(clock(note.time_seconds), { class: "button-quiet time", on: () => onSeek(note.time_seconds) });
    const drop = button(`Remove the note “${note.text}”`, { icon: "close", hidden_label: true, class: "button-bare", on: () => save({ notes: collected?.notes.filter((_, other) => other !== place) }) });
    return element("li", {}, jump, element("span", {}, note.text), drop);
  }

  const frame = () => Math.floor(video.currentTime * fps + 0.01);

  function markIn() {
    const start = frame() / fps;
    const stop = span.stop_seconds > start ? span.stop_seconds : video.duration;
    setSpan(start, stop);
  }

  function markOut() {
    const stop = Math.min((frame() + 1) / fps, video.duration || Infinity);
    setSpan(span.start_seconds < stop ? span.start_seconds : 0, stop);
  }

  /** @param {number} start @param {number} stop */
  function setSpan(start, stop) {
    if (!(stop > start)) return;
    span = { ...span, start_seconds: round(start), stop_seconds: round(stop) };
    onSpan(span.start_seconds, span.stop_seconds);
    announce(`${exact(span.start_seconds)} to ${exact(span.stop_seconds)}`);
    if (collected) save({ start_seconds: span.start_seconds, stop_seconds: span.stop_seconds });
    else show();
  }

  /** @param {object} body */
  async function save(body) {
    if (!collected) return;
    await changeMoment(collected.moment_id, body).catch(tell);
  }

  async function toggle() {
    try {
      if (collected) {
        const known = collected;
        collected = null;
        await dropMoment(known.moment_id);
        toast(`Removed from “${currentCollection()?.name}”.`);
      } else {
        const { name } = await collect([span]);
        toast(`Added to “${name}”.`);
      }
    } catch (error) {
      tell(error);
    }
    keep.focus();
  }

  function askNote() {
    if (!collected) return;
    const at = round(video.currentTime);
    const input = /** @type {HTMLInputElement} */ (element("input", { class: "field", maxlength: "2000", "aria-label": `Note at ${exact(at)}`, placeholder: `Note at ${exact(at)}` }));
    const leave = () => fill(form);
    const sheet = element("form", { class: "trim-form" }, input, element("button", { class: "button" }, "Save"), button("Cancel", { class: "button-quiet", on: leave }));
    sheet.addEventListener("submit", (event) => {
      event.preventDefault();
      if (input.value.trim()) save({ notes: [...(collected?.notes ?? []), { time_seconds: at, text: input.value.trim() }] });
      leave();
      addNote.focus();
    });
    fill(form, sheet);
    input.focus();
  }

  return {
    element: root,
    markIn,
    markOut,
    askNote,
    get fps() {
      return fps;
    },
    /** @param {number} rate frames a second; 0 where unknown */
    setRate(rate) {
      fps = rate > 0 ? rate : USUAL_FPS;
      root.hidden = false;
    },
    /** @param {{video: string, start: number, stop: number}} moment @param {any} known what the list knows of it */
    set(moment, known) {
      span = { video_id: moment.video, start_seconds: moment.start, stop_seconds: moment.stop, text: known?.text ?? "" };
      collected = known?.moment_id ? known : null;
      fill(form);
      show();
      loadCurrent().then(show);
    },
  };
}

/** @param {unknown} error */
function tell(error) {
  toast(error instanceof Error ? error.message : "The collection could not be changed.");
}

/** 62.5 -> "1:02.50". @param {number} seconds */
function exact(seconds) {
  return `${clock(seconds)}.${String(Math.floor((seconds % 1) * 100 + 0.01)).padStart(2, "0")}`;
}

/** @param {number} seconds */
function round(seconds) {
  return Math.round(seconds * 1e6) / 1e6;
}
