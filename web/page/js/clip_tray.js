/** The moments that a person has chosen to ask about: the buttons of their cards, and a tray at the foot of the page. */

import { button, element, fill } from "./dom.js";
import { clockSpan, counted } from "./times.js";

const MOST_CLIPS = 12;

/** @param {{onAsk: (question: string, clips: string[]) => void}} options */
export function createClipTray({ onAsk }) {
  /** @type {Map<string, string>} clip as the service takes it, "ID@START-STOP", and the name of its video */
  const chosen = new Map();
  const count = element("p", { class: "tray-count" });
  const list = element("ul", { class: "tray-clips", "aria-label": "Chosen moments" });
  const question = /** @type {HTMLInputElement} */ (
    element("input", { class: "field", maxlength: "1000", "aria-label": "Question about the chosen moments", placeholder: "Are these doing the same?" })
  );
  const ask = element("button", { type: "submit", class: "button" }, "Ask");
  const clear = button("Clear", { class: "button-quiet", on: () => set([]) });
  const tray = element("form", { class: "tray", "aria-label": "Ask about chosen moments", hidden: true }, count, list, question, ask, clear);

  function show() {
    tray.hidden = chosen.size === 0;
    document.body.classList.toggle("has-tray", chosen.size > 0);
    count.textContent = `${counted(chosen.size, "moment")} chosen`;
    fill(list, ...[...chosen].map(([clip, name]) => element("li", {}, chip(clip, name))));
    markCards();
  }

  function markCards() {
    for (const control of document.querySelectorAll(".card-choose")) {
      const isChosen = String(chosen.has(clipOf(control)));
      if (control.getAttribute("aria-pressed") !== isChosen) control.setAttribute("aria-pressed", isChosen);
    }
  }

  /** @param {string} clip @param {string} name of the video; "" where it is not known */
  function chip(clip, name) {
    const [start, stop] = clip.split("@")[1].split("-").map(Number);
    const label = `${name} ${clockSpan(start, stop)}`.trim();
    return button(label, { icon: "close", class: "tray-clip", "aria-label": `Leave out ${label}`, on: () => toggle(clip, name) });
  }

  /** @param {string} clip @param {string} name */
  function toggle(clip, name) {
    if (!chosen.delete(clip) && chosen.size < MOST_CLIPS) chosen.set(clip, name);
    show();
  }

  /** @param {string[]} clips in place of those chosen so far; names that are known stay */
  function set(clips) {
    const names = new Map(chosen);
    chosen.clear();
    for (const clip of clips) chosen.set(clip, names.get(clip) ?? "");
    show();
  }

  tray.addEventListener("submit", (event) => {
    event.preventDefault();
    const words = question.value.trim();
    if (words) onAsk(words, [...chosen.keys()]);
    else question.focus();
  });
  document.head.append(element("link", { rel: "stylesheet", href: "/static/css/tray.css" }));
  document.body.append(tray);
  // Cards come and go with every list.
  new MutationObserver(markCards).observe(document.getElementById("main"), { childList: true, subtree: true });

  return {
    /** @param {Element} control the button of a card */
    toggleCard: (control) => toggle(clipOf(control), control.closest(".card")?.querySelector(".name")?.textContent ?? ""),
    /** What the address asks about. @param {string[]} clips @param {string} words */
    ask(clips, words) {
      set(clips);
      question.value = words;
    },
  };
}

/** @param {Element} control the button of a card */
function clipOf(control) {
  const { video, start, stop } = /** @type {HTMLElement} */ (control.closest(".card")).dataset;
  return `${video}@${start}-${stop}`;
}
