/** Uploads of files to the service, one after another, with progress. */

import { problemFrom, ServiceGone, withQuery } from "./service.js";

/**
 * @typedef {{id: number, name: string, share: number, state: "waiting" | "sending" | "failed", reason: string, cancel: () => void}} Upload
 * @param {{onChange: () => void, onAccepted: (job: import("./jobs.js").Job) => void}} options
 */
export function createUploads({ onChange, onAccepted }) {
  /** @type {Upload[]} */
  const uploads = [];
  /** @type {{upload: Upload, file: File}[]} */
  const waiting = [];
  let isSending = false;
  let count = 0;

  /** @param {Upload} upload */
  function drop(upload) {
    const place = uploads.indexOf(upload);
    if (place >= 0) uploads.splice(place, 1);
    onChange();
  }

  async function next() {
    if (isSending) return;
    const one = waiting.shift();
    if (!one) return;
    isSending = true;
    const { upload, file } = one;
    upload.state = "sending";
    onChange();
    try {
      const job = await send(file, upload, onChange);
      drop(upload);
      onAccepted(job);
    } catch (error) {
      if (error === "cancelled") drop(upload);
      else {
        upload.state = "failed";
        upload.reason = error instanceof Error ? error.message : "The upload failed.";
        upload.cancel = () => drop(upload);
        onChange();
      }
    }
    isSending = false;
    next();
  }

  return {
    all: () => uploads,
    /** @param {Iterable<File>} files */
    add(files) {
      for (const file of files) {
        count += 1;
        /** @type {Upload} */
        const upload = { id: count, name: file.name, share: 0, state: "waiting", reason: "", cancel: () => undefined };
        upload.cancel = () => {
          waiting.splice(waiting.findIndex((one) => one.upload === upload), 1);
          drop(upload);
        };
        uploads.push(upload);
        waiting.push({ upload, file });
      }
      onChange();
      next();
    },
  };
}

/**
 * `fetch` tells nothing of how much has been sent, so this is an XMLHttpRequest.
 * @param {File} file
 * @param {Upload} upload
 * @param {() => void} onChange
 * @returns {Promise<import("./jobs.js").Job>}
 */
function send(file, upload, onChange) {
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest();
    call.open("POST", withQuery("/api/v1/videos", { name: file.name }));
    call.setRequestHeader("Content-Type", /^(video|audio)\//.test(file.type) ? file.type : "application/octet-stream");
    call.setRequestHeader("Accept", "application/json");
    call.upload.addEventListener("progress", (event) => {
      upload.share = event.total ? event.loaded / event.total : 0;
      onChange();
    });
    call.addEventListener("load", () => {
      const body = readJson(call.responseText);
      if (call.status === 202) resolve(body);
      else reject(problemFrom(body, call.status));
    });
    call.addEventListener("error", () => reject(new ServiceGone("The connection was lost during the upload.")));
    call.addEventListener("abort", () => reject("cancelled"));
    upload.cancel = () => call.abort();
    call.send(file);
  });
}

/** @param {string} text */
function readJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
