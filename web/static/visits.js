/**
 * How often this browser came, counted by the browser itself (L6714). It is a number and nothing else: no identifier is
 * made, and it stays on the device unless somebody opens a conversation. A tab counts once.
 */

const COUNT = "ventanilla:visits";
const COUNTED = "ventanilla:visit-counted";
const MOST = 100_000;

/** @returns {number|null} null where the browser forbids storage */
export function visits() {
  try {
    let count = Number.parseInt(localStorage.getItem(COUNT) ?? "0", 10) || 0;
    if (!sessionStorage.getItem(COUNTED)) {
      count = Math.min(MOST, count + 1);
      localStorage.setItem(COUNT, String(count));
      sessionStorage.setItem(COUNTED, "1");
    }
    return Math.max(1, count);
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
}
