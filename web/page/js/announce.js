/** Announcements of visible changes for screen readers. */

/** @param {string} text */
export function announce(text) {
  const region = document.getElementById("announcer");
  if (!region) return;
  region.textContent = "";
  // A region that is set to the same words again stays silent unless it was empty in between.
  requestAnimationFrame(() => (region.textContent = text));
}

/** A short note that goes by itself, for eyes and ears. @param {string} text */
export function toast(text) {
  const place = document.getElementById("toast");
  if (!place) return;
  place.textContent = text;
  place.hidden = false;
  announce(text);
  clearTimeout(Number(place.dataset.timer));
  place.dataset.timer = String(setTimeout(() => (place.hidden = true), 3500));
}
