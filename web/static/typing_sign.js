/**
 * «Está escribiendo»: shown as dots or words, and said once to a screen reader, and only if it takes a while. A sign that
 * is not renewed goes away by itself.
 */

/** Shorter waits are not worth interrupting a reader. */
const SPOKEN_AFTER_MS = 1500;
/** A person's sign is renewed every 3 s while it goes on. */
const PERSON_MS = 6000;
const TELL_EVERY_MS = 3000;

export class TypingSign {
  #speaking = 0;
  #ending = 0;

  /**
   * @param {HTMLElement} dots
   * @param {HTMLElement} spoken element with role="status"
   * @param {() => void} onShown
   */
  constructor(dots, spoken, onShown) {
    this.dots = dots;
    this.spoken = spoken;
    this.onShown = onShown;
  }

  /** @param {string} words said by screen readers @param {boolean} isPerson ends unless it is renewed */
  show(words, isPerson) {
    clearTimeout(this.#ending);
    if (isPerson) this.#ending = setTimeout(() => this.hide(), PERSON_MS);
    if (!this.dots.hidden) return;
    this.dots.hidden = false;
    this.#speaking = setTimeout(() => { this.spoken.textContent = words; }, SPOKEN_AFTER_MS);
    this.onShown();
  }

  hide() {
    clearTimeout(this.#ending);
    clearTimeout(this.#speaking);
    this.dots.hidden = true;
    this.spoken.textContent = "";
  }
}

/**
 * Calls `tell` at most every `TELL_EVERY_MS` while somebody writes into a box.
 * @param {HTMLTextAreaElement} box
 * @param {() => boolean} tell false when there was nobody to tell: the next key tries again
 */
export function watchTyping(box, tell) {
  let last = -Infinity;
  box.addEventListener("input", () => {
    if (!box.value.trim() || performance.now() - last < TELL_EVERY_MS) return;
    if (tell()) last = performance.now();
  });
}
