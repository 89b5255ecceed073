/**
 * The library's collections as this page knows them, and the one that moments are added to.
 *
 * @typedef {{time_seconds: number, text: string}} Note
 * @typedef {object} CollectedMoment
 * @property {string} moment_id
 * @property {string} video_id
 * @property {string} video
 * @property {number} start_seconds
 * @property {number} stop_seconds
 * @property {number} handle_seconds
 * @property {string} text
 * @property {Note[]} notes
 * @property {string} thumbnail
 * @property {boolean} is_there
 * @typedef {{collection_id: string, name: string, moments: CollectedMoment[]}} Collection
 * @typedef {{collection_id: string, name: string, moments: number, seconds: number}} Summary
 */

import { getJson, request } from "../service.js";

const PATH = "/api/v1/collections";
const REMEMBERED = "reelseek-collection";
export const FIRST_NAME = "Selects";
const SAME_SECONDS = 0.02;

/** @type {Collection | null} the one that moments are added to; null before it is loaded, and where there is none */
let current = null;
/** @type {Promise<void> | null} */
let loading = null;
/** @type {Set<() => void>} */
const listeners = new Set();

/** @param {() => void} listener called after each change */
export function onCollections(listener) {
  listeners.add(listener);
}

export function currentCollection() {
  return current;
}

/** Loads the current collection, once. */
export function loadCurrent() {
  loading ??= listCollections().then(async (all) => {
    const wanted = remembered();
    const chosen = all.find((one) => one.collection_id === wanted) ?? all.at(-1);
    if (chosen && !current) take(await getJson(`${PATH}/${chosen.collection_id}`));
  }, () => {
    loading = null;
  });
  return loading;
}

/** @returns {Promise<Summary[]>} */
export async function listCollections() {
  return (await getJson(PATH)).collections;
}

/** Makes a collection the current one. @param {string} id */
export async function openCollection(id) {
  take(await getJson(`${PATH}/${id}`));
}

/** @param {string} name */
export async function createCollection(name) {
  await change("", "POST", { name });
}

/** Adds to the current collection, or begins the first one. @param {object[]} moments @returns {Promise<Collection>} */
export async function collect(moments) {
  await loadCurrent();
  const rows = moments.map((/** @type {any} */ { video_id, start_seconds, stop_seconds, text }) => ({ video_id, start_seconds, stop_seconds, text: text ?? "" }));
  if (!current) return change("", "POST", { name: FIRST_NAME, moments: rows });
  return change(`/${current.collection_id}/moments`, "POST", { moments: rows });
}

/** @param {string} momentId @param {object} body what changes */
export function changeMoment(momentId, body) {
  return change(`/${current?.collection_id}/moments/${momentId}`, "PATCH", body);
}

/** @param {string} momentId */
export function dropMoment(momentId) {
  return change(`/${current?.collection_id}/moments/${momentId}`, "DELETE");
}

/** @param {object} body a new name or order */
export function changeCollection(body) {
  return change(`/${current?.collection_id}`, "PATCH", body);
}

export async function removeCollection() {
  await request(`${PATH}/${current?.collection_id}`, { method: "DELETE" });
  current = null;
  loading = null;
  await loadCurrent();
  tell();
}

/** The moment of the current collection with this span. @param {{video_id: string, start_seconds: number, stop_seconds: number}} moment */
export function collectedAs({ video_id, start_seconds, stop_seconds }) {
  const isNear = (/** @type {number} */ a, /** @type {number} */ b) => Math.abs(a - b) < SAME_SECONDS;
  return current?.moments.find((one) => one.video_id === video_id && isNear(one.start_seconds, start_seconds) && isNear(one.stop_seconds, stop_seconds)) ?? null;
}

/** @param {string} path @param {string} method @param {object} [body] @returns {Promise<Collection>} */
async function change(path, method, body) {
  const made = await (await request(PATH + path, { method, body })).json();
  take(made);
  return made;
}

/** @param {Collection} collection */
function take(collection) {
  current = collection;
  try {
    localStorage.setItem(REMEMBERED, collection.collection_id);
  } catch {
    // A browser that stores nothing begins with the newest collection the next time.
  }
  tell();
}

function tell() {
  for (const listener of listeners) listener();
}

function remembered() {
  try {
    return localStorage.getItem(REMEMBERED);
  } catch {
    return null;
  }
}
