/** Requests to the service. They fail with one of two errors: no response, or a response with a problem. */

import { readEvents } from "./event_stream.js";

/** The service cannot be reached. */
export class ServiceGone extends Error {}

/** The service refused: an `application/problem+json` body, or any other error status. */
export class ServiceProblem extends Error {
  /** @param {{type?: string, title?: string, detail?: string, status?: number, instance?: string, query_fault?: {start: number, stop: number, query: string, reason: string, example: string}}} problem */
  constructor(problem, retryAfterSeconds = 0) {
    super(problem.detail || problem.title || "The request failed.");
    /** The last part of the stable type, as "model-missing". */
    this.kind = (problem.type ?? "").split(":").at(-1) ?? "";
    this.status = problem.status ?? 0;
    this.instance = problem.instance ?? "";
    this.retryAfterSeconds = retryAfterSeconds;
    /** Where the words of a query are at fault, and how they are right; null for any other problem. */
    this.fault = problem.query_fault ?? null;
  }
}

/** @type {(() => Promise<boolean>) | null} */
let askForKey = null;

/** @param {() => Promise<boolean>} ask shows a dialog; true once a key was accepted */
export function onKeyNeeded(ask) {
  askForKey = ask;
}

/**
 * @param {string} path
 * @param {{method?: string, body?: unknown, accept?: string, signal?: AbortSignal}} [options]
 * @returns {Promise<Response>} one with a good status
 */
export async function request(path, options = {}) {
  let response = await send(path, options);
  if (response.status === 401 && askForKey && (await askForKey())) response = await send(path, options);
  if (!response.ok) throw await problemOf(response);
  return response;
}

/** @param {string} path @param {AbortSignal} [signal] @returns {Promise<any>} */
export async function getJson(path, signal) {
  return (await request(path, { signal })).json();
}

/**
 * Fetches a file and hands it to the browser as a download, under the name that the service gives it.
 * @param {string} path
 * @param {object} body
 * @returns {Promise<{count: number, moments: {video: string, reason: string}[]} | null>} what the file lacks
 */
export async function download(path, body) {
  const response = await request(path, { method: "POST", body });
  const name = /filename\*=UTF-8''([^;]+)/.exec(response.headers.get("Content-Disposition") ?? "")?.[1];
  const address = URL.createObjectURL(await response.blob());
  const link = document.createElement("a");
  link.href = address;
  link.download = name ? decodeURIComponent(name) : "moments";
  link.click();
  // Not at once: the browser still reads it.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
  return JSON.parse(response.headers.get("X-Not-Exported") ?? "null");
}

/**
 * Streams an answer.
 * @param {object} question the body of `POST /api/v1/ask`
 * @param {Record<string, (data: any) => void>} handlers by event
 * @param {AbortSignal} signal
 */
export async function askQuestion(question, handlers, signal) {
  const response = await request("/api/v1/ask", { method: "POST", body: question, accept: "text/event-stream", signal });
  try {
    for await (const { event, data } of readEvents(response.body)) {
      if (event === "problem") throw new ServiceProblem(JSON.parse(data));
      handlers[event]?.(JSON.parse(data));
    }
  } catch (error) {
    throw error instanceof TypeError ? new ServiceGone("The connection was lost.") : error;
  }
}

/** Opens a session for the page's pictures and videos. @param {string} key @returns {Promise<boolean>} accepted */
export async function openSession(key) {
  const response = await send("/api/v1/session", { method: "POST", body: { key } });
  if (response.ok) return true;
  if (response.status === 401 || response.status === 400) return false;
  throw await problemOf(response);
}

/** A path with its query; empty values are left out. @param {string} path @param {Record<string, string | number>} values */
export function withQuery(path, values) {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== "") given.set(name, String(value));
  const text = given.toString();
  return text ? `${path}?${text}` : path;
}

/** @param {any} body text or JSON of an error @param {number} status */
export function problemFrom(body, status, retryAfterSeconds = 0) {
  const isObject = body !== null && typeof body === "object";
  return new ServiceProblem({ status, title: `The service responded with status ${status}.`, ...(isObject ? body : {}) }, retryAfterSeconds);
}

/** @param {string} path @param {{method?: string, body?: unknown, accept?: string, signal?: AbortSignal}} options */
async function send(path, { method = "GET", body, accept = "application/json", signal }) {
  const headers = body === undefined ? { Accept: accept } : { Accept: accept, "Content-Type": "application/json" };
  try {
    return await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), signal });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ServiceGone("Reelseek is not responding.");
  }
}

/** @param {Response} response */
async function problemOf(response) {
  const wait = Number(response.headers.get("Retry-After")) || 0;
  return problemFrom(await response.json().catch(() => null), response.status, wait);
}
