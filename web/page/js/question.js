/** Guessing whether the input is a question or a search. Pure; the user can override it with the switch. */

const ASKING = new Set(
  "who whom whose what when where which why how is are was were do does did can could will would should has have am".split(" "),
);
const IMPERATIVE = /^(tell me|explain|describe|summari[sz]e|count|list)\b/i;

/** @param {string} text */
export function isQuestion(text) {
  const words = text.trim();
  if (/[?？؟]\s*$/.test(words)) return true;
  const parts = words.toLowerCase().split(/[\s,]+/);
  return parts.length > 1 && (ASKING.has(parts[0]) || IMPERATIVE.test(words));
}
