/** The OpenAPI description as a readable page. */

import { exampleOf, resolve, typeWords } from "./api_schema.js";
import { element, fill } from "./dom.js";
import { askForKey } from "./dialogs.js";
import { errorNotice } from "./notice.js";
import { getJson, onKeyNeeded } from "./service.js";

const METHODS = ["get", "post", "put", "patch", "delete"];
const place = /** @type {HTMLElement} */ (document.getElementById("api"));

/** @param {string} head @param {(Node | string)[][]} rows */
function table(head, rows) {
  const lines = rows.map((cells) => element("tr", {}, ...cells.map((cell, at) => element(at ? "td" : "th", at ? {} : { scope: "row" }, cell))));
  return element("div", {}, element("h3", {}, head), element("div", { class: "table" }, element("table", {}, ...lines)));
}

/** @param {string} head @param {unknown} value */
function sample(head, value) {
  const text = JSON.stringify(value, null, 2);
  return element("div", {}, element("h3", {}, head), element("pre", { tabindex: "0", "aria-label": head }, element("code", {}, text)));
}

/** @param {string} words */
const code = (words) => element("code", {}, words);

/** Prose whose pieces between back quotes are code. @param {string} words @returns {HTMLElement} */
const prose = (words) => element("span", {}, ...words.split("`").map((piece, at) => (at % 2 ? code(piece) : piece)));

/** @param {any} all @param {string} path @param {string} method @param {any} route */
function routeOf(all, path, method, route) {
  const parameters = (route.parameters ?? []).map((/** @type {any} */ one) => resolve(all, one));
  const rows = parameters.map((/** @type {any} */ one) => [
    code(one.name), `${one.in}${one.required ? ", required" : ""}`, typeWords(all, one.schema), prose(one.description ?? one.schema?.description ?? ""),
  ]);
  const bodies = Object.entries(resolve(all, route.requestBody)?.content ?? {});
  const answers = Object.entries(route.responses ?? {}).map(([status, answer]) => [code(status), prose(resolve(all, answer)?.description ?? "")]);
  const good = Object.entries(route.responses ?? {}).find(([status]) => status.startsWith("2"));
  const goodSchema = good && resolve(all, good[1])?.content?.["application/json"]?.schema;
  const samples = bodies.filter(([, body]) => body.schema && body.schema.format !== "binary");
  return element(
    "details",
    { class: "route" },
    element(
      "summary",
      {},
      element("span", { class: `method method-${method}` }, method.toUpperCase()),
      element("span", { class: "path" }, path),
      element("span", { class: "faint" }, route.summary ?? ""),
    ),
    element(
      "div",
      { class: "route-body" },
      route.description && element("p", {}, prose(route.description)),
      rows.length > 0 && table("Parameters", rows),
      ...samples.map(([kind, body]) => sample(`Request body (${kind})`, exampleOf(all, body.schema))),
      answers.length > 0 && table("Responses", answers),
      goodSchema && sample("Example response", exampleOf(all, goodSchema)),
    ),
  );
}

/** @param {any} all */
function show(all) {
  const groups = new Map();
  for (const [path, routes] of Object.entries(all.paths ?? {})) {
    for (const method of METHODS.filter((name) => routes[name])) {
      const group = routes[method].tags?.[0] ?? "Other";
      groups.set(group, [...(groups.get(group) ?? []), routeOf(all, path, method, routes[method])]);
    }
  }
  fill(place, ...[...groups].map(([name, routes]) => element("section", {}, element("h2", {}, name), ...routes)));
}

onKeyNeeded(askForKey);
try {
  show(await getJson("/api/v1/openapi.json"));
} catch (error) {
  fill(place, errorNotice(error, []));
}
