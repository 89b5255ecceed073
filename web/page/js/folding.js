/** Folding: where a text holds other words, whatever their case, accents and forms of letters; as `indexer/words/folding.py`. */

const DROPPED =
  /[\u00ad\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u061c\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u093c\u1ab0-\u1aff\u1dc0-\u1dff\u200c-\u200f\u202a-\u202e\u2060-\u2064\u20d0-\u20f0\ufe00-\ufe0f\ufe20-\ufe2f\ufeff]/gu;
/** Letters that are another one, though Unicode does not say so. @type {Record<string, string>} */
const LETTERS = {
  ς: "σ", ß: "ss", æ: "ae", œ: "oe", ø: "o", đ: "d", ð: "d", þ: "th", ł: "l", ħ: "h", ı: "i", ŋ: "n", ґ: "г",
  ٱ: "ا", ى: "ي", ی: "ي", ک: "ك", ة: "ه", ہ: "ه", ھ: "ه",
};
const CLUSTERS = /.[\p{M}\u1160-\u11ff\u200c-\u200f\uff9e\uff9f]*/gsu;

/** A text folded, with the place of each of its letters, in code points. @param {string} text @returns {[string, number[]]} */
function folded(text) {
  let letters = "";
  /** @type {number[]} */
  const places = [];
  let place = 0;
  for (const found of text.matchAll(CLUSTERS)) {
    const plain = found[0].normalize("NFKD").replace(DROPPED, "").toLowerCase().normalize("NFKD").replace(DROPPED, "");
    const sign = [...plain].map((letter) => LETTERS[letter] ?? letter).join("").normalize("NFC");
    places.push(...Array(sign.length).fill(place));
    letters += sign;
    place += [...found[0]].length;
  }
  return [letters, [...places, place]];
}

/**
 * Where a text first holds other words, half-open, in code points; null where it does not. Nothing is nowhere.
 * @param {string} text @param {string} wanted @returns {[number, number] | null}
 */
export function placeOf(text, wanted) {
  const [letters, places] = folded(text);
  const [part] = folded(wanted);
  const at = part ? letters.indexOf(part) : -1;
  return at < 0 ? null : [places[at], places[at + part.length]];
}
