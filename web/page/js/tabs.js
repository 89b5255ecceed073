/** Tabs, as the ARIA patterns describe them: arrow keys move between them, and one panel is shown. */

import { element, fill } from "./dom.js";

let made = 0;

/**
 * @typedef {{id: string, label: string, panel: HTMLElement}} Tab
 * @param {string} label what the tabs are for
 * @param {{onShow?: (id: string) => void}} [options]
 */
export function createTabs(label, { onShow = () => {} } = {}) {
  const list = element("div", { class: "tabs", role: "tablist", "aria-label": label, on: { keydown: move } });
  /** @type {Map<string, {tab: HTMLElement, panel: HTMLElement}>} */
  let all = new Map();
  let shown = "";

  /** @param {string} id */
  function show(id) {
    shown = id;
    for (const [own, { tab, panel }] of all) {
      const isShown = own === id;
      tab.setAttribute("aria-selected", String(isShown));
      tab.tabIndex = isShown ? 0 : -1;
      panel.hidden = !isShown;
    }
    if (all.has(id)) onShow(id);
  }

  /** @param {KeyboardEvent} event */
  function move(event) {
    const ids = [...all.keys()];
    const now = ids.indexOf(shown);
    const next = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: ids.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const id = ids[(next + ids.length) % ids.length];
    show(id);
    all.get(id)?.tab.focus();
  }

  return {
    element: list,
    show,
    get shown() {
      return shown;
    },
    /** The tabs from now on; their panels stand where they are. One tab alone is not offered. @param {Tab[]} tabs */
    set(tabs) {
      for (const { panel } of all.values()) panel.hidden = true;
      all = new Map(
        tabs.map(({ id, label: name, panel }) => {
          panel.id ||= `panel-${++made}`;
          const tab = element("button", { type: "button", role: "tab", id: `${panel.id}-tab`, "aria-controls": panel.id, on: { click: () => show(id) } }, name);
          panel.setAttribute("role", "tabpanel");
          panel.setAttribute("aria-labelledby", tab.id);
          return [id, { tab, panel }];
        }),
      );
      fill(list, ...[...all.values()].map(({ tab }) => tab));
      list.hidden = tabs.length < 2;
    },
  };
}
