/** Images to search with. They are kept as long as the page is open; an address names one but does not contain it. */

const MOST_SIDE = 1280;
/** Larger files are scaled down; the service looks at 640 pixels. */
const MOST_BYTES = 1 << 20;
const KEPT = 20;

/** @typedef {{name: string, url: string, base64: string}} HeldImage */
/** @type {Map<string, HeldImage>} by key */
const held = new Map();

/** Whether a file is an image by what its sender says. @param {File} file */
export function isImage(file) {
  return file.type.startsWith("image/");
}

/** @param {File} file @returns {Promise<string>} the key by which the address names it */
export async function holdImage(file) {
  const blob = file.size > MOST_BYTES ? ((await smaller(file)) ?? file) : file;
  const key = crypto.getRandomValues(new Uint32Array(2)).reduce((text, part) => text + part.toString(16).padStart(8, "0"), "");
  held.set(key, { name: file.name, url: URL.createObjectURL(blob), base64: await base64Of(blob) });
  for (const [old, image] of held) {
    if (held.size <= KEPT) break;
    URL.revokeObjectURL(image.url);
    held.delete(old);
  }
  return key;
}

/** @param {string} key @returns {HeldImage | null} null: it was given to another page, or before this one was reloaded */
export function heldImage(key) {
  return held.get(key) ?? null;
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
