/** The tray of chosen moments at the foot of the page: what is chosen, and a question about it. */

import { chosenClips, onChosen, setChosen } from "./chosen_clips.js";
import { button, element, fill } from "./dom.js";
import { clockSpan, counted } from "./times.js";

/** @param {{onAsk: (question: string, clips: string[]) => void}} options */
export function createClipTray({ onAsk }) {
  const count = element("p", { class: "tray-count" });
  const list = element("ul", { class: "tray-clips", "aria-label": "Chosen moments" });
  const question = /** @type {HTMLInputElement} */ (
    element("input", { class: "field", maxlength: "1000", "aria-label": "Question about the chosen moments", placeholder: "Are these doing the same?" })
  );
  const clear = button("Clear", { class: "button-quiet", on: () => setChosen([]) });
  const tray = element("form", { class: "tray", "aria-label": "Ask about chosen moments", hidden: true }, count, list, question, element("button", { type: "submit", class: "button" }, "Ask"), clear);

  function show() {
    const clips = chosenClips();
    tray.hidden = clips.length === 0;
    document.body.classList.toggle("has-tray", clips.length > 0);
    count.textContent = `${counted(clips.length, "moment")} chosen`;
    fill(list, ...clips.map(([clip, name]) => element("li", {}, chip(clip, name))));
  }

  tray.addEventListener("submit", (event) => {
    event.preventDefault();
    const words = question.value.trim();
    if (words) onAsk(words, chosenClips().map(([clip]) => clip));
    else question.focus();
  });
  onChosen(show);
  show();
  document.head.append(element("link", { rel: "stylesheet", href: "/static/css/tray.css" }));
  document.body.append(tray);

  return {
    /** @param {string} words */
    setQuestion(words) {
      question.value = words;
    },
  };
}

/** @param {string} clip @param {string} name of the video; "" where it is not known */
function chip(clip, name) {
  const [start, stop] = clip.split("@")[1].split("-").map(Number);
  const label = `${name} ${clockSpan(start, stop)}`.trim();
  return button(label, { icon: "close", class: "tray-clip", "aria-label": `Leave out ${label}`, on: () => setChosen(chosenClips().map(([one]) => one).filter((one) => one !== clip)) });
}
