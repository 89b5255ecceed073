/** Lazy loading of the player, when something is first played. */

/**
 * @typedef {import("./address.js").PageState} PageState
 * @param {{onClose: () => void, onCopy: (seconds: number) => void, onSpan: (start: number, stop: number) => void, onSearchWithin: (video: string) => void}} options
 */
export function createTheatre(options) {
  /** @type {ReturnType<typeof import("./player.js").createPlayer> | null} */
  let player = null;
  /** @type {ReturnType<typeof import("./stage.js").createStage> | null} */
  let stage = null;
  /** @type {Promise<void> | null} */
  let opening = null;

  async function open() {
    const [{ createPlayer }, { createStage }] = await Promise.all([import("./player.js"), import("./stage.js")]);
    player = createPlayer(options);
    stage = createStage(player);
  }

  return {
    /** @param {() => PageState} now the state once the player is there @param {import("./views.js").View} view @param {{isFresh: boolean}} how */
    async show(now, view, how) {
      if (!stage) {
        if (!now().open) return;
        opening ??= open();
        await opening;
      }
      stage?.show(now(), view.list, view.knownOf, how);
    },
    /** Stops, where the list it stands in goes away. */
    leave: () => player?.open && player.close(),
    toggle: () => player?.toggle(),
    mute: () => player?.mute(),
    fullScreen: () => player?.fullScreen(),
    seekBy: (/** @type {number} */ seconds) => player?.seekBy(seconds),
    /** What an editor's key does; see `player.edit`. */
    edit: (/** @type {string} */ key) => player?.edit(key) ?? false,
    holds: (/** @type {Node} */ target) => player?.panel.contains(target) ?? false,
    position: () => player?.video.currentTime ?? 0,
  };
}
