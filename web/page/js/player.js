/** The player: plays a video from a moment on, with its timeline, details of the moment, and chapters. */

import { createShuttle } from "./collections/shuttle.js";
import { createTrimBar } from "./collections/trim_bar.js";
import { element, fill } from "./dom.js";
import { playerBar } from "./player_bar.js";
import { createPlayerSide } from "./player_side.js";
import { getJson, withQuery } from "./service.js";
import { createShowWhere } from "./show_where.js";
import { loadSprites } from "./sprites.js";
import { createTimeLine } from "./time_line.js";
import { clockSpan } from "./times.js";
import { videoFacts } from "./video_facts.js";
import { createWaveform } from "./waveform.js";
import { wordBoxes } from "./word_boxes.js";

const BUCKETS = 200;
const GONE = "This video is no longer in the library.";

/**
 * @typedef {import("./address.js").OpenMoment} OpenMoment
 * @typedef {import("./moment_card.js").Moment} Moment
 * @param {{onClose: () => void, onCopy: (seconds: number) => void, onSpan: (start: number, stop: number) => void, onSearchWithin: (video: string) => void}} options
 */
export function createPlayer({ onClose, onCopy, onSpan, onSearchWithin }) {
  const video = /** @type {HTMLVideoElement} */ (element("video", { playsinline: true, preload: "metadata", tabindex: "-1" }));
  const trouble = element("p", { class: "screen-note", role: "alert", hidden: true });
  const line = createTimeLine({ onSeek: seek });
  const bar = playerBar(video, { onFullScreen: () => screen.requestFullscreen?.() });
  const shuttle = createShuttle(video);
  const trim = createTrimBar(video, { onSpan: trimTo, onSeek: seekAndPlay });
  const words = wordBoxes();
  const where = createShowWhere(video);
  const wave = createWaveform();
  const screen = element("div", { class: "screen" }, wave.element, video, words.element, where.element, trouble);
  const side = createPlayerSide({ onClose, onSeek: seekAndPlay, onReplay: () => open && seekAndPlay(open.start), onCopy: () => onCopy(video.currentTime), onSearchWithin });
  side.element.querySelector(".actions")?.append(where.button);
  const panel = element(
    "section",
    { class: "stage-panel", tabindex: "-1", "aria-label": "Player" },
    element("div", { class: "stage-screen" }, screen, line.element, bar.element, trim.element),
    side.element,
  );
  const stage = element("li", { class: "stage" }, panel);
  /** @type {OpenMoment | null} */
  let open = null;
  /** @type {import("./word_boxes.js").WordBox[]} */
  let boxes = [];
  let drawing = 0;
  let loading = new AbortController();

  function seek(/** @type {number} */ seconds) {
    video.currentTime = seconds;
    line.setPosition(seconds);
    wave.setPosition(seconds);
  }

  /** A recording has no pictures: the screen is low, and shows its waveform. */
  function setSound(/** @type {boolean} */ isSound) {
    screen.classList.toggle("is-sound", isSound);
  }

  function trimTo(/** @type {number} */ start, /** @type {number} */ stop) {
    if (open) open = { ...open, start, stop };
    line.setSpan(start, stop);
    wave.setSpan(start, stop);
    side.setSpan(start, stop);
    onSpan(start, stop);
  }

  function seekAndPlay(/** @type {number} */ seconds) {
    seek(seconds);
    // Without a click before, browsers refuse to start; then the picture waits for Play.
    video.play().catch(() => undefined);
  }

  /** Follows the picture while it plays, more often than the browser tells the time. */
  function drawWords() {
    cancelAnimationFrame(drawing);
    words.show(boxes, video.currentTime);
    if (boxes.length && !video.paused) drawing = requestAnimationFrame(drawWords);
  }

  function showTrouble(/** @type {string} */ words) {
    trouble.hidden = !words;
    trouble.textContent = words;
  }

  async function loadAbout(/** @type {OpenMoment} */ moment, /** @type {string} */ query) {
    const { signal } = loading;
    const path = `/api/v1/videos/${moment.video}`;
    const quiet = () => undefined;
    const about = await getJson(path, signal).catch((/** @type {any} */ error) => {
      if (error.status === 404 && !signal.aborted) showTrouble(GONE);
    });
    if (signal.aborted || !about) return;
    side.setName(about.video);
    line.setDuration(about.duration_seconds);
    line.setSpan(moment.start, moment.stop);
    line.setPosition(video.currentTime);
    bar.setDuration(about.duration_seconds);
    trim.setRate(about.frames_per_second ?? 0);
    bar.setSubtitles((about.texts?.subtitle ?? 0) > 0 ? `${path}/subtitles.vtt` : "");
    side.setFacts(videoFacts(about));
    const segments = about.segments_list ?? [];
    side.readAlong.set(moment.video, about.texts ?? {}, segments, signal);
    const isSound = about.kind === "sound";
    setSound(isSound);
    wave.setSegments(moment.video, isSound ? segments : []);
    wave.setSpan(moment.start, moment.stop);
    wave.setPosition(video.currentTime);
    showChapters(about.metadata?.chapters ?? []);
    // The service finds chapters where the container has none; one alone says nothing.
    getJson(`${path}/chapters`, signal).then(({ chapters }) => {
      if (!signal.aborted && chapters.length > 1) showChapters(chapters);
    }, quiet);
    if (!isSound) line.whenPeeked(() => loadSprites(about.sprites ?? `${path}/sprites.vtt`, signal).then(line.setSprites, quiet));
    if (!query) return;
    const heat = await getJson(withQuery(`${path}/timeline`, { query, buckets: BUCKETS }), signal).catch(quiet);
    if (!signal.aborted && heat) line.setHeat(heat.buckets);
  }

  /** @param {{start_seconds: number, stop_seconds: number, title: string}[]} chapters */
  function showChapters(chapters) {
    side.readAlong.showChapters(chapters.map((chapter) => ({ ...chapter, caption: chapter.title || "untitled" })));
    line.setChapters(chapters);
  }

  video.addEventListener("timeupdate", () => {
    line.setPosition(video.currentTime);
    wave.setPosition(video.currentTime);
    side.readAlong.setPosition(video.currentTime);
  });
  video.addEventListener("playing", () => {
    showTrouble("");
    drawWords();
  });
  video.addEventListener("seeked", drawWords);
  video.addEventListener("loadedmetadata", () => {
    words.setPicture(video.videoWidth, video.videoHeight, "meet");
    drawWords();
    if (!Number.isFinite(video.duration)) return;
    line.setDuration(video.duration);
    bar.setDuration(video.duration);
    if (open) line.setSpan(open.start, open.stop);
  });
  video.addEventListener("error", () => {
    if (open && trouble.textContent !== GONE) showTrouble("This browser cannot play this file. Download the clip instead.");
  });
  video.addEventListener("click", () => bar.toggle());

  return {
    element: stage,
    panel,
    video,
    get open() {
      return open;
    },
    toggle: bar.toggle,
    seekBy: (/** @type {number} */ seconds) => seek(Math.max(0, video.currentTime + seconds)),
    mute: bar.mute,
    fullScreen: bar.fullScreen,
    /** What an editor's key does. @param {string} key @returns {boolean} the key is one of these */
    edit(key) {
      const keys = {
        i: trim.markIn, o: trim.markOut, n: trim.askNote, j: shuttle.back, k: shuttle.stop, l: shuttle.forward,
        ",": () => shuttle.step(-1, trim.fps), ".": () => shuttle.step(1, trim.fps),
      };
      if (/^[0-9]$/.test(key)) shuttle.jump(Number(key));
      else keys[key]?.();
      return key in keys || /^[0-9]$/.test(key);
    },
    /**
     * @param {OpenMoment} moment
     * @param {{known: Moment | null, query: string, time: number | null, source?: string}} options what the list knows of it
     */
    show(moment, { known, query, time }) {
      const isOther = open?.video !== moment.video;
      open = moment;
      loading.abort();
      loading = new AbortController();
      showTrouble("");
      boxes = known?.boxes ?? [];
      drawWords();
      side.setMoment(moment, known);
      where.setAbout(moment.video, known?.kind === "sound" ? "" : known?.why || query);
      trim.set(moment, known);
      panel.setAttribute("aria-label", known ? `Player: ${known.video}, ${clockSpan(moment.start, moment.stop)}` : "Player");
      if (isOther || video.error) {
        video.src = `/api/v1/videos/${moment.video}/media`;
        bar.setSubtitles("");
        line.setSprites([]);
        line.whenPeeked(() => {});
        setSound(known?.kind === "sound");
        wave.setSegments("", []);
        side.readAlong.clear();
        side.setFacts(null);
        line.setChapters([]);
      }
      line.setHeat([]);
      line.setParts(known?.parts ?? []);
      line.setSpan(moment.start, moment.stop);
      wave.setSpan(moment.start, moment.stop);
      seekAndPlay(time ?? moment.start);
      loadAbout(moment, query);
    },
    close() {
      open = null;
      boxes = [];
      loading.abort();
      shuttle.stop();
      video.removeAttribute("src");
      fill(video);
      video.load();
      stage.remove();
    },
  };
}
