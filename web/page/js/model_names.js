/** The name of a model as people know it. Pure. */

/** Endings of published names that say how a model was trained or stored. */
const ENDINGS = /-(?:instruct|chat|it|hf|awq|gptq|gguf|fp8|bf16|int[48]|4bit|8bit)$/i;
/** What names of folders say that name no model: a kind, or a snapshot's fingerprint. */
const NO_NAME = /^(?:[0-9a-f]{12,}|vlm|model|checkpoint|)$/i;

/**
 * "Qwen/Qwen2-VL-2B-Instruct 895c3a transformers 4.57" -> "Qwen2-VL 2B", "openai:llava-1.5-7b-hf@http://..." -> "llava-1.5 7b".
 * @param {string} made what made an answer, in full
 */
export function modelName(made) {
  const place = made.replace(/ [0-9a-f]+ transformers .*$/, "").replace(/^openai:/, "").replace(/@.*$/, "").replace(/[\\/]+$/, "");
  const cached = /models--[^\\/]*?--([^\\/]+)/.exec(place)?.[1];
  let name = cached ?? place.split(/[\\/]/).at(-1) ?? "";
  while (ENDINGS.test(name)) name = name.replace(ENDINGS, "");
  if (NO_NAME.test(name)) return "The model";
  return name.replace(/-(\d+(?:\.\d+)?[bm](?:-a\d+(?:\.\d+)?b)?)$/i, " $1");
}
