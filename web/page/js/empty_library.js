/** The notice for an empty library: how to add videos. */

import { button } from "./dom.js";
import { notice } from "./notice.js";

/** @param {() => void} pickFiles */
export function emptyLibrary(pickFiles) {
  return notice({
    icon: "film",
    title: "No videos yet",
    text: "Drop video files anywhere on this page, or index a folder on the machine where Reelseek runs:",
    code: "reelseek index ~/Videos",
    actions: [button("Add videos", { icon: "add", class: "button button-main", on: pickFiles })],
  });
}
