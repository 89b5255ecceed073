/**
 * The moments that a person has ticked, in the order of ticking, for as long as the page is open.
 *
 * @typedef {{video_id: string, video: string, start_seconds: number, stop_seconds: number, text?: string, caption?: string}} Chosen
 */

import { clockSpan } from "../times.js";

/** As many as the service exports at once. */
const MOST_CHOSEN = 200;
/** @type {Map<string, Chosen>} by clip */
const chosen = new Map();
/** @type {Set<() => void>} */
const listeners = new Set();

/** @param {() => void} listener called after each change */
export function onChosen(listener) {
  listeners.add(listener);
}

export function chosenMoments() {
  return [...chosen.values()];
}

/** @param {Chosen} moment */
export function isChosen(moment) {
  return chosen.has(clipOf(moment));
}

/** Ticks a moment, or takes the tick away. @param {Chosen} moment @returns {boolean} false: too many are ticked */
export function toggleChosen(moment) {
  const isFull = !isChosen(moment) && chosen.size >= MOST_CHOSEN;
  if (!isFull && !chosen.delete(clipOf(moment))) chosen.set(clipOf(moment), moment);
  tell();
  return !isFull;
}

/** Ticks these alone. @param {string[]} clips as addresses name them; what is known of one stays known */
export function setChosen(clips) {
  const known = new Map(chosen);
  chosen.clear();
  for (const clip of clips) chosen.set(clip, known.get(clip) ?? momentOf(clip));
  tell();
}

/** A moment as the service and addresses name it, "ID@START-STOP". @param {Chosen} moment */
export function clipOf({ video_id, start_seconds, stop_seconds }) {
  return `${video_id}@${start_seconds}-${stop_seconds}`;
}

/** @param {Chosen} moment */
export function nameOf({ video, start_seconds, stop_seconds }) {
  return `${video} ${clockSpan(start_seconds, stop_seconds)}`.trim();
}

/** @param {string} clip @returns {Chosen} without the name of its video */
function momentOf(clip) {
  const [video_id, times] = clip.split("@");
  const [start_seconds, stop_seconds] = times.split("-").map(Number);
  return { video_id, video: "", start_seconds, stop_seconds };
}

function tell() {
  for (const listener of listeners) listener();
}
