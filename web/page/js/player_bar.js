/** The player's buttons: play, sound, subtitles, speed, full screen. */

import { button, element, fill, icon } from "./dom.js";
import { clock } from "./times.js";

const SPEEDS = [1, 1.5, 2, 0.5];

/**
 * @param {HTMLVideoElement} video
 * @param {{onFullScreen: () => void}} options
 */
export function playerBar(video, { onFullScreen }) {
  const bare = { hidden_label: true, class: "button-bare" };
  const play = button("Play", { ...bare, icon: "play", on: toggle });
  const sound = button("Mute", { ...bare, icon: "sound", on: mute });
  const words = button("Subtitles", { ...bare, icon: "words", "aria-pressed": "false", hidden: true, on: toggleWords });
  const speed = button("Speed", { ...bare, on: nextSpeed });
  const full = button("Full screen", { ...bare, icon: "full", on: onFullScreen });
  const now = element("span", { class: "time" }, "0:00");
  const whole = element("span", { class: "time faint" }, "");
  const times = element("span", { class: "bar-times" }, now, whole);
  const bar = element("div", { class: "bar" }, play, times, element("span", { class: "spacer" }), words, speed, sound, full);
  let subtitles = "";
  setSpeed(1);

  function toggle() {
    if (video.paused) video.play().catch(() => undefined);
    else video.pause();
  }

  function mute() {
    video.muted = !video.muted;
  }

  function setSpeed(/** @type {number} */ rate) {
    video.playbackRate = rate;
    fill(speed, element("span", { class: "time" }, `${rate}×`));
    speed.setAttribute("aria-label", `Speed ${rate}`);
  }

  function nextSpeed() {
    setSpeed(SPEEDS[(SPEEDS.indexOf(video.playbackRate) + 1) % SPEEDS.length]);
  }

  /** The track is fetched when first asked for. */
  function toggleWords() {
    if (!video.querySelector("track")) {
      video.append(element("track", { kind: "subtitles", label: "Subtitles", srclang: "und", src: subtitles }));
    }
    const track = video.textTracks[0];
    track.mode = track.mode === "showing" ? "hidden" : "showing";
    words.setAttribute("aria-pressed", String(track.mode === "showing"));
  }

  function reflect(/** @type {HTMLButtonElement} */ control, /** @type {string} */ label, /** @type {string} */ name) {
    control.setAttribute("aria-label", label);
    control.title = label;
    fill(control, icon(name));
  }

  const showState = () => reflect(play, video.paused ? "Play" : "Pause", video.paused ? "play" : "pause");
  for (const event of ["play", "pause", "ended", "emptied"]) video.addEventListener(event, showState);
  video.addEventListener("volumechange", () => reflect(sound, video.muted ? "Unmute" : "Mute", video.muted ? "mute" : "sound"));
  const showTime = () => (now.textContent = clock(video.currentTime));
  for (const event of ["timeupdate", "seeking"]) video.addEventListener(event, showTime);
  // A new source starts at normal speed again, so the choice is set anew.
  video.addEventListener("loadstart", () => setSpeed(SPEEDS.includes(video.playbackRate) ? video.playbackRate : 1));

  return {
    element: bar,
    toggle,
    mute,
    fullScreen: onFullScreen,
    /** @param {number} seconds */
    setDuration(seconds) {
      whole.textContent = Number.isFinite(seconds) && seconds > 0 ? `/ ${clock(seconds)}` : "";
    },
    /** @param {string} path of the WebVTT; "" where nothing is known to be said */
    setSubtitles(path) {
      if (path === subtitles && path) return;
      subtitles = path;
      words.hidden = !path;
      words.setAttribute("aria-pressed", "false");
      for (const track of video.querySelectorAll("track")) track.remove();
    },
  };
}
