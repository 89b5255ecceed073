/** Reconnecting: waits until an unreachable service responds again. */

import { request, ServiceGone } from "./service.js";

const FIRST_MILLISECONDS = 2000;
const LONGEST_MILLISECONDS = 15000;

/** @param {() => void} onBack @returns {() => void} stops the waiting */
export function waitForService(onBack) {
  let wait = FIRST_MILLISECONDS;
  let timer = setTimeout(look, wait);

  async function look() {
    try {
      await request("/api/v1/health");
    } catch (error) {
      if (error instanceof ServiceGone) {
        wait = Math.min(wait * 1.5, LONGEST_MILLISECONDS);
        timer = setTimeout(look, wait);
        return;
      }
    }
    onBack();
  }
  return () => clearTimeout(timer);
}
