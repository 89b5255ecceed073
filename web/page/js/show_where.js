/** "Show me where": asks the model where the thing is in the picture on screen, and draws boxes around it. */

import { announce, toast } from "./announce.js";
import { button } from "./dom.js";
import { sentence } from "./notice.js";
import { getJson, withQuery } from "./service.js";
import { counted } from "./times.js";
import { wordBoxes } from "./word_boxes.js";

/** @param {HTMLVideoElement} video */
export function createShowWhere(video) {
  const layer = wordBoxes();
  const control = button("Show me where", { hidden: true, "aria-pressed": "false", on: toggle });
  let about = { video: "", words: "" };
  let looking = new AbortController();

  function clear() {
    looking.abort();
    layer.show([], 0);
    control.setAttribute("aria-pressed", "false");
    control.removeAttribute("aria-busy");
  }

  async function toggle() {
    if (control.getAttribute("aria-pressed") === "true") return clear();
    clear();
    video.pause();
    looking = new AbortController();
    const { signal } = looking;
    control.setAttribute("aria-pressed", "true");
    control.setAttribute("aria-busy", "true");
    try {
      const asked = { query: about.words, t: String(video.currentTime) };
      show((await getJson(withQuery(`/api/v1/videos/${about.video}/boxes`, asked), signal)).boxes);
      control.removeAttribute("aria-busy");
    } catch (error) {
      if (signal.aborted) return;
      clear();
      toast(error instanceof Error ? sentence(error.message) : "The request failed.");
    }
  }

  /** @param {{left: number, top: number, right: number, bottom: number}[]} boxes */
  function show(boxes) {
    layer.setPicture(video.videoWidth, video.videoHeight, "meet");
    layer.show(boxes.map((box, line) => ({ ...box, line, start_seconds: 0, stop_seconds: Infinity })), 0);
    if (boxes.length) announce(`Shown in ${counted(boxes.length, "place")}.`);
    else {
      clear();
      toast("The model could not find it in this frame.");
    }
  }

  // Boxes belong to one picture.
  for (const event of ["playing", "seeking", "emptied"]) video.addEventListener(event, clear);

  return {
    element: layer.element,
    button: control,
    /** @param {string} id of the video @param {string} words what to look for; "" where nothing was asked */
    setAbout(id, words) {
      clear();
      about = { video: id, words };
      control.hidden = !words;
    },
  };
}
