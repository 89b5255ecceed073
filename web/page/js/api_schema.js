/** Reading of JSON schemas: references, types in words, examples. Pure. */

const DEEPEST = 6;

/** @param {any} all the whole description @param {any} part @returns {any} what it refers to */
export function resolve(all, part) {
  if (!part?.$ref) return part;
  const names = part.$ref.replace(/^#\//, "").split("/");
  return names.reduce((/** @type {any} */ at, /** @type {string} */ name) => at?.[name.replaceAll("~1", "/").replaceAll("~0", "~")], all);
}

/** @param {any} all @param {any} schema @returns {string} */
export function typeWords(all, schema) {
  const one = resolve(all, schema) ?? {};
  const choices = one.oneOf ?? one.anyOf;
  if (choices) return [...new Set(choices.map((/** @type {any} */ choice) => typeWords(all, choice)))].join(" or ");
  if (one.enum) return one.enum.map((/** @type {unknown} */ value) => JSON.stringify(value)).join(" | ");
  const bounds = [one.minimum !== undefined && `from ${one.minimum}`, one.maximum !== undefined && `to ${one.maximum}`].filter(Boolean);
  const kind = one.type === "array" ? `list of ${typeWords(all, one.items)}` : [one.type ?? "any"].flat().join(" or ");
  const usual = one.default !== undefined && one.default !== null ? `; ${JSON.stringify(one.default)} by default` : "";
  return `${kind}${bounds.length ? ` ${bounds.join(" ")}` : ""}${usual}`;
}

/** @param {any} all @param {any} schema @returns {unknown} */
export function exampleOf(all, schema, depth = 0) {
  const one = resolve(all, schema) ?? {};
  if (one.examples?.length) return one.examples[0]?.value ?? one.examples[0];
  if (one.example !== undefined) return one.example;
  if (one.default !== undefined) return one.default;
  if (one.const !== undefined) return one.const;
  if (one.enum) return one.enum[0];
  if (depth > DEEPEST) return null;
  const choice = (one.oneOf ?? one.anyOf ?? []).find((/** @type {any} */ each) => resolve(all, each)?.type !== "null") ?? one.allOf?.[0];
  if (choice) return exampleOf(all, choice, depth + 1);
  if (one.properties) {
    const entries = Object.entries(one.properties).map(([name, value]) => [name, exampleOf(all, value, depth + 1)]);
    return Object.fromEntries(entries);
  }
  if (one.type === "array") return [exampleOf(all, one.items, depth + 1)];
  return { string: "", integer: 0, number: 0, boolean: false, object: {} }[[one.type].flat()[0]] ?? null;
}
