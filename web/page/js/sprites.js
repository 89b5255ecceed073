/**
 * Preview frames along a video: one sprite sheet, and a WebVTT list of which part shows which time.
 *
 * @typedef {{start: number, stop: number, sheet: string, x: number, y: number, width: number, height: number}} Sprite
 */

import { request } from "./service.js";

/**
 * @param {string} path of the WebVTT
 * @param {AbortSignal} signal
 * @returns {Promise<Sprite[]>} in order of time
 */
export async function loadSprites(path, signal) {
  const response = await request(path, { accept: "text/vtt", signal });
  return readSprites(await response.text(), new URL(path, location.href));
}

/** @param {string} text of the WebVTT @param {URL} base @returns {Sprite[]} */
export function readSprites(text, base) {
  const sprites = [];
  for (const block of text.replace(/\r\n?/g, "\n").split(/\n\n+/)) {
    const lines = block.split("\n");
    const at = lines.findIndex((line) => line.includes("-->"));
    if (at < 0 || !lines[at + 1]) continue;
    const [start, stop] = lines[at].split("-->").map((part) => seconds(part.trim().split(/\s/)[0]));
    const sheet = new URL(lines[at + 1].trim(), base);
    const [x, y, width, height] = (/xywh=(?:pixel:)?([\d,]+)/.exec(sheet.hash)?.[1] ?? "").split(",").map(Number);
    sheet.hash = "";
    if (sheet.origin === base.origin && width > 0 && height > 0) {
      sprites.push({ start, stop, sheet: sheet.href, x, y, width, height });
    }
  }
  return sprites;
}

/** @param {Sprite[]} sprites @param {number} time @returns {Sprite | undefined} */
export function spriteAt(sprites, time) {
  return sprites.find((sprite) => time < sprite.stop) ?? sprites.at(-1);
}

/** "01:02:03.500" or "02:03.500". @param {string} text */
function seconds(text) {
  return text.split(":").reduce((total, part) => total * 60 + Number(part.replace(",", ".")), 0);
}
