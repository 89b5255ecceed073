/**
 * Boxes around the on-screen text that matches the query, over a thumbnail or a video of any aspect ratio.
 *
 * @typedef {object} WordBox as the service gives it: edges in fractions of the picture
 * @property {number} line boxes of one line, in order of time, show how it moves
 * @property {number} start_seconds
 * @property {number} stop_seconds
 * @property {number} left
 * @property {number} top
 * @property {number} right
 * @property {number} bottom
 */

const SVG = "http://www.w3.org/2000/svg";
const ROOM = 0.006;

/** A layer over a picture; empty until it is told the picture's size and what to show. */
export function wordBoxes() {
  const layer = document.createElementNS(SVG, "svg");
  layer.setAttribute("class", "word-boxes");
  layer.setAttribute("aria-hidden", "true");
  let width = 0;
  let height = 0;
  return {
    element: layer,
    /** @param {number} wide pixels @param {number} high pixels @param {"meet" | "slice"} fit whether all of it is seen */
    setPicture(wide, high, fit) {
      [width, height] = [wide, high];
      layer.setAttribute("viewBox", `0 0 ${wide} ${high}`);
      layer.setAttribute("preserveAspectRatio", `xMidYMid ${fit}`);
    },
    /** @param {WordBox[]} boxes @param {number} seconds */
    show(boxes, seconds) {
      const shown = width && height ? boxesAt(boxes, seconds) : [];
      layer.replaceChildren(...shown.map((box) => rectangle(box, width, height)));
    },
  };
}

/**
 * Where each line stands at a time; between two looks a line that moves is taken to have moved evenly.
 *
 * @param {WordBox[]} boxes
 * @param {number} seconds
 */
export function boxesAt(boxes, seconds) {
  /** @type {Map<number, WordBox[]>} */
  const lines = new Map();
  for (const box of boxes) lines.set(box.line, [...(lines.get(box.line) ?? []), box]);
  const shown = [];
  for (const own of lines.values()) {
    own.sort((a, b) => a.start_seconds - b.start_seconds);
    const now = own.findIndex((box) => seconds >= box.start_seconds && seconds < box.stop_seconds);
    if (now < 0) continue;
    const other = seconds < middle(own[now]) ? own[now - 1] : own[now + 1];
    shown.push(other ? between(own[now], other, seconds) : own[now]);
  }
  return shown;
}

/** @param {WordBox} box */
function middle(box) {
  return (box.start_seconds + box.stop_seconds) / 2;
}

/** @param {WordBox} box @param {WordBox} other @param {number} seconds @returns {WordBox} */
function between(box, other, seconds) {
  const share = (seconds - middle(box)) / (middle(other) - middle(box));
  const mix = (/** @type {"left" | "top" | "right" | "bottom"} */ edge) => box[edge] + share * (other[edge] - box[edge]);
  return { ...box, left: mix("left"), top: mix("top"), right: mix("right"), bottom: mix("bottom") };
}

/** @param {WordBox} box @param {number} width @param {number} height */
function rectangle(box, width, height) {
  const room = ROOM * Math.max(width, height);
  const drawn = document.createElementNS(SVG, "rect");
  const place = { x: box.left * width - room, y: box.top * height - room, width: (box.right - box.left) * width + 2 * room, height: (box.bottom - box.top) * height + 2 * room, rx: room };
  for (const [name, value] of Object.entries(place)) drawn.setAttribute(name, value.toFixed(1));
  return drawn;
}
