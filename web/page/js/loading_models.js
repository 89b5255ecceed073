/** A line above the results while the service still loads its models: until then a search waits. */

import { element } from "./dom.js";
import { loading } from "./notice.js";

const LOOK_MILLISECONDS = 1000;

/**
 * Looks until everything is loaded.
 * @param {HTMLElement} main the line stands before it
 * @param {(health: any) => void} onHealth told once what the service can do
 */
export async function watchLoading(main, onHealth) {
  const place = element("div", { class: "loading-models" });
  main.before(place);
  for (;;) {
    // Not by `request`, which would ask for a key a second time.
    const response = await fetch("/api/v1/health").catch(() => null);
    const health = response?.ok ? await response.json() : null;
    const step = health?.loading;
    if (health && !step) onHealth(health);
    if (!step) break;
    const words = `Loading the ${step.step} (${step.done + 1} of ${step.steps})`;
    if (place.textContent !== words) place.replaceChildren(loading(words));
    await new Promise((done) => setTimeout(done, LOOK_MILLISECONDS));
  }
  place.remove();
}
