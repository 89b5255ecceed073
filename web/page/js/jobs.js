/**
 * The jobs that index videos. Only the running one is followed by events, so one connection is enough.
 *
 * @typedef {object} Job as the service gives it
 * @property {string} id
 * @property {"queued" | "running" | "done" | "failed" | "cancelled"} state
 * @property {string[]} paths
 * @property {number} progress 0 to 1
 * @property {string} stage
 * @property {string} message
 * @property {{type: string, detail: string} | null} error
 */

import { getJson, request } from "./service.js";

const AGAIN_MILLISECONDS = 4000;

export function createJobs() {
  /** @type {Map<string, Job>} those of this visit, and those that were not over when it began */
  const jobs = new Map();
  /** @type {Set<(ended: Job | null) => void>} */
  const listeners = new Set();
  /** @type {EventSource | null} */
  let source = null;

  const isOver = (/** @type {Job} */ job) => !["queued", "running"].includes(job.state);
  const tell = (/** @type {Job | null} */ ended) => listeners.forEach((listener) => listener(ended));

  /** @param {Job} job */
  function take(job) {
    const before = jobs.get(job.id);
    if (!before && isOver(job)) return;
    jobs.set(job.id, job);
    tell(before && !isOver(before) && isOver(job) ? job : null);
  }

  function followNext() {
    if (source) return;
    const open = [...jobs.values()].filter((job) => !isOver(job));
    const next = open.find((job) => job.state === "running") ?? open[0];
    if (!next) return;
    const mine = new EventSource(`/api/v1/jobs/${next.id}/events`);
    source = mine;
    const stop = () => {
      mine.close();
      if (source === mine) source = null;
    };
    mine.addEventListener("job", (event) => {
      const job = JSON.parse(event.data);
      take(job);
      if (!isOver(job)) return;
      stop();
      refresh();
    });
    mine.addEventListener("error", () => {
      stop();
      setTimeout(refresh, AGAIN_MILLISECONDS);
    });
  }

  /** Asks for the list, and follows what runs. */
  async function refresh() {
    const open = () => [...jobs.values()].some((job) => !isOver(job));
    try {
      const list = await getJson("/api/v1/jobs?limit=50");
      for (const job of list.jobs) take(job);
    } catch {
      if (open()) setTimeout(refresh, AGAIN_MILLISECONDS);
      return;
    }
    followNext();
  }

  return {
    refresh,
    isBusy: () => [...jobs.values()].some((job) => !isOver(job)),
    all: () => [...jobs.values()],
    isOver,
    /** @param {Job} job one that has just been accepted */
    add(job) {
      jobs.set(job.id, job);
      tell(null);
      followNext();
    },
    /** @param {Job} job */
    async cancel(job) {
      await request(`/api/v1/jobs/${job.id}`, { method: "DELETE" });
      await refresh();
    },
    /** @param {Job} job one that is over */
    dismiss(job) {
      jobs.delete(job.id);
      tell(null);
    },
    /** @param {(ended: Job | null) => void} listener told of every change, and of the job that has just ended */
    listen: (listener) => listeners.add(listener),
  };
}
