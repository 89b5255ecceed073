/** The tags of a video: links that filter the library, and an editor in place. */

import { announce } from "./announce.js";
import { button, element, fill } from "./dom.js";
import { request } from "./service.js";

/**
 * @param {import("./video_card.js").Video} video
 * @param {{linkTo: (tag: string) => string, onChange: () => void}} options
 * @returns {HTMLElement}
 */
export function tagEditor(video, { linkTo, onChange }) {
  const root = element("div", { class: "tags" });

  function show() {
    const links = video.tags.map((tag) => element("li", {}, element("a", { class: "tag", href: linkTo(tag), "data-go": "tag" }, tag)));
    const edit = button(video.tags.length ? "Edit tags" : "Add tags", {
      class: "button-quiet tag-edit", "aria-label": `Edit the tags of ${video.video}`, on: ask,
    });
    fill(root, links.length > 0 && element("ul", { class: "tag-list", "aria-label": "Tags" }, ...links), edit);
    return edit;
  }

  function ask() {
    const input = /** @type {HTMLInputElement} */ (
      element("input", { class: "field", value: video.tags.join(", "), "aria-label": `Tags of ${video.video}, separated by commas`, placeholder: "holiday, summer 2023" })
    );
    const wrong = element("p", { class: "form-error", role: "alert" });
    const cancel = button("Cancel", { class: "button-quiet", on: () => show().focus() });
    const form = element("form", { class: "tag-form" }, input, element("button", { class: "button" }, "Save"), cancel, wrong);
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      show().focus();
    });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const tags = input.value.split(",").map((tag) => tag.trim()).filter(Boolean);
      try {
        const answer = await request(`/api/v1/videos/${video.video_id}/tags`, { method: "PUT", body: { tags } });
        video.tags = (await answer.json()).tags;
        show().focus();
        announce(`Tags of ${video.video}: ${video.tags.join(", ") || "none"}.`);
        onChange();
      } catch (error) {
        fill(wrong, document.createTextNode(error instanceof Error ? error.message : "The tags could not be saved."));
      }
    });
    fill(root, form);
    input.focus();
  }

  show();
  return root;
}
