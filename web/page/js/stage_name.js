/** Names of the stages of indexing, as people read them. */

/** @param {string} stage @returns {string} "on-screen text" for "screen_text" */
export function stageName(stage) {
  return stage === "screen_text" ? "on-screen text" : stage.replaceAll("_", " ");
}
