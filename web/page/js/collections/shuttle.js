/** Editors' keys of the player: J K L play back, stop and forward, faster with each press; frames and tenths. */

const FASTEST = 8;
const BACK_MILLISECONDS = 100;

/** @param {HTMLVideoElement} video */
export function createShuttle(video) {
  /** 0 stands still; negative plays back. */
  let rate = 0;
  let timer = 0;

  /** Browsers do not play backwards, so the picture is set back a little again and again. */
  function playBack() {
    video.pause();
    timer = setInterval(() => {
      video.currentTime = Math.max(0, video.currentTime + (rate * BACK_MILLISECONDS) / 1000);
      if (video.currentTime === 0) stop();
    }, BACK_MILLISECONDS);
  }

  function stop() {
    clearInterval(timer);
    if (rate > 1) video.playbackRate = 1;
    rate = 0;
    video.pause();
  }

  /** @param {1 | -1} direction */
  function press(direction) {
    const isSame = rate !== 0 && Math.sign(rate) === direction;
    const next = isSame ? Math.min(FASTEST, Math.abs(rate) * 2) : 1;
    clearInterval(timer);
    rate = next * direction;
    if (direction < 0) return playBack();
    video.playbackRate = next;
    video.play().catch(() => undefined);
  }

  return {
    back: () => press(-1),
    stop,
    forward: () => press(video.paused && rate > 0 ? ((rate = 0), 1) : 1),
    /** @param {number} frames @param {number} fps */
    step(frames, fps) {
      stop();
      // The middle of a frame, so that no rounding shows its neighbour.
      video.currentTime = Math.max(0, (Math.floor(video.currentTime * fps + 0.01) + frames + 0.5) / fps);
    },
    /** @param {number} tenth of the whole video */
    jump: (tenth) => Number.isFinite(video.duration) && (video.currentTime = (video.duration * tenth) / 10),
  };
}
