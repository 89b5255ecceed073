/**
 * Where the citations of an answer stand: after the sentence that shares most words with why a moment was cited. Pure.
 *
 * @param {string} answer
 * @param {string[]} reasons why each moment was cited
 * @returns {{text: string, cited: number[]}[]} the sentences in order, each with the citations after it, counted from 0;
 *   those that share words with no sentence stand after the last
 */
export function placeCitations(answer, reasons) {
  const sentences = sentencesOf(answer).map((text) => ({ text, words: wordsOf(text), cited: /** @type {number[]} */ ([]) }));
  if (!sentences.length) return reasons.length ? [{ text: "", cited: reasons.map((_, place) => place) }] : [];
  reasons.forEach((reason, place) => {
    const reasonWords = wordsOf(reason);
    let best = sentences[sentences.length - 1];
    let most = 0;
    for (const sentence of sentences) {
      const shared = [...reasonWords].filter((word) => sentence.words.has(word));
      // A word that every sentence has says little about which of them is meant.
      const score = shared.reduce((sum, word) => sum + 1 / sentences.filter(({ words }) => words.has(word)).length, 0);
      if (score > most) [best, most] = [sentence, score];
    }
    best.cited.push(place);
  });
  return sentences.map(({ text, cited }) => ({ text, cited }));
}

/** @param {string} text */
function sentencesOf(text) {
  return [...new Intl.Segmenter(undefined, { granularity: "sentence" }).segment(text)].map(({ segment }) => segment);
}

/** @param {string} text */
function wordsOf(text) {
  const segments = [...new Intl.Segmenter(undefined, { granularity: "word" }).segment(text.toLowerCase())];
  return new Set(segments.filter(({ isWordLike }) => isWordLike).map(({ segment }) => segment));
}
