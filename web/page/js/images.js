/** Images to search with. An address names one by its content; the service keeps it for a week at most. */

import { getJson, request, ServiceProblem } from "./service.js";

const MOST_SIDE = 1280;
/** Larger files are scaled down; the service looks at 640 pixels. */
const MOST_BYTES = 1 << 20;
const KEPT = 20;

/** @typedef {{url: string, base64: string}} HeldImage */
/** @type {Map<string, HeldImage>} by key */
const held = new Map();

/** Whether a file is an image by what its sender says. @param {File} file */
export function isImage(file) {
  return file.type.startsWith("image/");
}

/** @param {File} file @returns {Promise<string>} the key by which the address names it */
export async function holdImage(file) {
  const blob = file.size > MOST_BYTES ? ((await smaller(file)) ?? file) : file;
  const base64 = await base64Of(blob);
  const { image_id: key } = await (await request("/api/v1/images", { method: "POST", body: { image: base64 } })).json();
  hold(key, { url: URL.createObjectURL(blob), base64 });
  return key;
}

/** Fetches an image that an address names, unless the page has it. @param {string} key @returns {Promise<boolean>} false: it is gone */
export async function findImage(key) {
  if (held.has(key)) return true;
  const found = await getJson(`/api/v1/images/${key}`).catch((/** @type {unknown} */ error) => {
    if (error instanceof ServiceProblem && error.status === 404) return null;
    throw error;
  });
  if (!found) return false;
  const bytes = Uint8Array.from(atob(found.image), (letter) => letter.charCodeAt(0));
  hold(key, { url: URL.createObjectURL(new Blob([bytes])), base64: found.image });
  return true;
}

/** @param {string} key @returns {HeldImage | null} null before it is found */
export function heldImage(key) {
  return held.get(key) ?? null;
}

/** @param {string} key @param {HeldImage} image */
function hold(key, image) {
  held.set(key, image);
  for (const [old, { url }] of held) {
    if (held.size <= KEPT) break;
    URL.revokeObjectURL(url);
    held.delete(old);
  }
}

/** A copy for the way to the service; null where the browser cannot read the image. @param {Blob} blob @returns {Promise<Blob | null>} */
async function smaller(blob) {
  const picture = await createImageBitmap(blob).catch(() => null);
  if (!picture) return null;
  const scale = Math.min(1, MOST_SIDE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.92));
}

/** @param {Blob} blob @returns {Promise<string>} */
function base64Of(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(String(reader.result).split(",", 2)[1] ?? ""));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(blob);
  });
}
