/** The filters inside a query, such as `tag:holiday`: reading, setting and removing one. Pure. */

/** @param {string} field */
const written = (field) => new RegExp(`(^|\\s)${field}:("[^"]*"|\\S+)`, "i");

/** The value of a filter in a query; "" where it has none. @param {string} query @param {string} field */
export function filterOf(query, field) {
  return written(field).exec(query)?.[2].replace(/^"|"$/g, "") ?? "";
}

/** The query with another value of a filter; "" removes it. @param {string} query @param {string} field @param {string} value */
export function withFilter(query, field, value) {
  const bare = query.replace(written(field), " ").replace(/\s+/g, " ").trim();
  if (!value) return bare;
  const shown = /[\s()-]/.test(value) && !value.includes("..") ? `"${value}"` : value;
  return `${bare} ${field}:${shown}`.trim();
}
