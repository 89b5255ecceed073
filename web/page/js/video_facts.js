/** Metadata of a video as a list of names and values. It is untrusted, so everything is inserted as text. */

import { element } from "./dom.js";

/**
 * @param {{created_at?: string, created_source?: string, tags?: string[], metadata?: Record<string, any>}} about as the service gives it
 * @returns {HTMLElement | null}
 */
export function videoFacts({ created_at: created, created_source: source, tags = [], metadata = {} }) {
  const place = [metadata.place_name, metadata.place && coordinates(metadata.place)].filter(Boolean).join(", ");
  /** @type {[string, string][]} */
  const facts = [
    ["Title", metadata.title],
    [source === "container" ? "Recorded" : "File date", created ? dateText(created) : ""],
    ["Camera", metadata.camera],
    ["Place", place],
    ["Artist", metadata.artist],
    ["Description", metadata.description || metadata.comment],
    ["Tags", tags.join(", ")],
  ];
  const rows = facts.filter(([, value]) => value).map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value)));
  return rows.length ? element("dl", { class: "facts" }, ...rows) : null;
}

/** "2023-05-09T11:41:46Z" -> "9 May 2023, 11:41 UTC" @param {string} instant */
export function dateText(instant) {
  const date = new Date(instant);
  if (Number.isNaN(date.getTime())) return "";
  return `${date.toLocaleString("en-GB", { day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", timeZone: "UTC" }).replace(" at ", ", ")} UTC`;
}

/** 51.5334, -0.1255 -> "51.5334° N, 0.1255° W" @param {{latitude_degrees: number, longitude_degrees: number}} place */
export function coordinates({ latitude_degrees: latitude, longitude_degrees: longitude }) {
  const shown = (/** @type {number} */ value, /** @type {string} */ names) => `${Math.abs(value).toFixed(4)}° ${names[value < 0 ? 1 : 0]}`;
  return `${shown(latitude, "NS")}, ${shown(longitude, "EW")}`;
}
