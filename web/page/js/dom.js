/**
 * Creation of elements. All untrusted text is inserted as text nodes, never as markup.
 */

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {string} tag
 * @param {Record<string, unknown>} [attributes] `on` takes listeners by event, `class` a string; a boolean attribute is
 *   set or left out; null and undefined are left out.
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {HTMLElement}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
    } else {
      made.setAttribute(name, value === true ? "" : String(value));
    }
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/**
 * A picture of the sprite in the page's head; decoration, hidden from screen readers.
 * @param {string} name
 * @returns {SVGElement}
 */
export function icon(name) {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("class", "icon");
  picture.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#icon-${name}`);
  picture.append(use);
  return picture;
}

/**
 * @param {string} label what it does, in words
 * @param {{icon?: string, class?: string, hidden_label?: boolean, on?: () => void} & Record<string, unknown>} options
 * @returns {HTMLButtonElement}
 */
export function button(label, { icon: name, class: kind = "button", hidden_label: isBare = false, on, ...rest } = {}) {
  const attributes = { type: "button", class: kind, ...rest, on: on ? { click: on } : {} };
  if (isBare) return element("button", { "aria-label": label, title: label, ...attributes }, name && icon(name));
  return element("button", attributes, name && icon(name), element("span", {}, label));
}

/** @param {Element} parent @param {...(Node | string | null | false | undefined)} children */
export function fill(parent, ...children) {
  parent.replaceChildren(...children.filter(Boolean));
}

/** Whether a key press belongs to a field that takes text. @param {EventTarget | null} target */
export function takesText(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !["radio", "checkbox", "button", "submit", "file"].includes(target.type);
  return target.isContentEditable || target.matches("textarea, select");
}
