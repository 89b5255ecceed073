/** Uploads and indexing jobs with their progress: a list in the library, one line in the header. */

import { announce } from "./announce.js";
import { button, element, fill } from "./dom.js";
import { stageName } from "./stage_name.js";

/**
 * @param {{jobs: ReturnType<typeof import("./jobs.js").createJobs>, uploads: () => import("./uploads.js").Upload[]}} options
 */
export function createActivity({ jobs, uploads }) {
  const list = element("ul", { class: "activity", "aria-label": "Uploads and indexing" });
  const badge = document.getElementById("busy");
  /** @type {Map<string, ReturnType<typeof createRow>>} rows stay where they are, so that a focus inside is kept */
  const rows = new Map();

  function wanted() {
    const sent = uploads().map((upload) => ({
      key: `upload ${upload.id}`,
      name: upload.name,
      words: { waiting: "Waiting to upload", sending: "Uploading", failed: upload.reason }[upload.state],
      share: upload.state === "sending" ? upload.share : null,
      isFailed: upload.state === "failed",
      action: upload.state === "failed" ? "Dismiss" : "Cancel",
      act: () => upload.cancel(),
    }));
    const indexed = jobs.all().map((job) => ({
      key: `job ${job.id}`,
      name: job.paths.join(", ") || "Videos",
      words: jobWords(job),
      share: job.state === "running" ? job.progress : null,
      isFailed: job.state === "failed",
      action: jobs.isOver(job) ? "Dismiss" : "Cancel",
      act: () => (jobs.isOver(job) ? jobs.dismiss(job) : jobs.cancel(job).catch((error) => announce(error.message))),
    }));
    return [...sent, ...indexed];
  }

  function update() {
    const entries = wanted();
    for (const [key, row] of rows) {
      if (entries.some((entry) => entry.key === key)) continue;
      row.element.remove();
      rows.delete(key);
    }
    for (const entry of entries) {
      if (!rows.has(entry.key)) {
        const row = createRow();
        rows.set(entry.key, row);
        list.append(row.element);
      }
      rows.get(entry.key)?.set(entry);
    }
    list.hidden = !entries.length;
    const open = jobs.all().filter((job) => !jobs.isOver(job));
    const share = open.find((job) => job.state === "running")?.progress ?? 0;
    if (!badge) return;
    badge.hidden = !open.length;
    badge.textContent = open.length ? `Indexing ${Math.round(share * 100)}%` : "";
  }

  return { element: list, update };
}

/** @param {import("./jobs.js").Job} job */
function jobWords(job) {
  const stage = stageName(job.stage);
  switch (job.state) {
    case "queued":
      return "Waiting to index";
    case "running":
      return `Indexing${stage ? `: ${stage}` : ""}`;
    case "done":
      return job.message || "Ready to search";
    case "cancelled":
      return "Cancelled. Finished work is kept.";
    default:
      return job.error?.detail || job.message || "Indexing failed";
  }
}

function createRow() {
  const name = element("span", { class: "activity-name" });
  const words = element("span", { class: "faint fine" });
  const bar = /** @type {HTMLProgressElement} */ (element("progress", { max: "1" }));
  let act = () => {};
  const action = button("Cancel", { class: "button-quiet", on: () => act() });
  const row = element("li", { class: "activity-row" }, element("div", { class: "activity-text" }, name, words), bar, action);
  return {
    element: row,
    /** @param {{name: string, words: string, share: number | null, isFailed: boolean, action: string, act: () => void}} entry */
    set(entry) {
      name.textContent = entry.name;
      const percent = entry.share === null ? "" : ` · ${Math.round(entry.share * 100)}%`;
      words.textContent = entry.words + percent;
      row.classList.toggle("is-failed", entry.isFailed);
      bar.hidden = entry.share === null;
      bar.value = entry.share ?? 0;
      bar.setAttribute("aria-label", `${entry.words}: ${entry.name}`);
      fill(action, element("span", {}, entry.action));
      action.setAttribute("aria-label", `${entry.action} ${entry.name}`);
      act = entry.act;
    },
  };
}
