/**
 * The box where a message is written: Enter sends, Shift+Enter breaks the line, it grows with the text and warns near
 * the limit. Where digits are asked for it raises the numeric keyboard, and offers the letters beside it, since any
 * other answer counts too. Shared by the citizen's chat and the agents' desk.
 */

import { element, required } from "./dom.js";

const WARN_BELOW = 200;
/** Remaining characters at which a screen reader is told; at every key it would be noise. */
const SPOKEN_STEPS = [200, 100, 50, 20, 0];

export class Composer {
  #lastSpoken = Infinity;

  /**
   * @param {HTMLFormElement} form holds a textarea, a submit button, `.counter` and `.counter-spoken`
   * @param {(text: string) => void} onSend receives text that is not blank
   */
  constructor(form, onSend) {
    /** @type {HTMLTextAreaElement} */ this.box = required("textarea", form);
    /** @type {HTMLButtonElement} */ this.button = required("button[type=submit]", form);
    /** @type {HTMLElement} */ this.counter = required(".counter", form);
    /** @type {HTMLElement} */ this.spoken = required(".counter-spoken", form);
    /** @type {HTMLButtonElement|null} shown only where digits are asked for */ this.letters = null;
    this.form = form;
    this.onSend = onSend;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.box.addEventListener("input", () => this.#adapt());
    this.box.addEventListener("keydown", (event) => {
      // While an input method composes a letter, Enter belongs to it.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#submit();
    });
    this.#adapt();
  }

  get text() {
    return this.box.value;
  }

  set text(text) {
    this.box.value = text;
    this.#adapt();
  }

  get enabled() {
    return !this.box.disabled;
  }

  /** @param {boolean} enabled */
  set enabled(enabled) {
    this.box.disabled = !enabled;
    this.button.disabled = !enabled;
    this.form.classList.toggle("is-disabled", !enabled);
  }

  /**
   * Makes ready for the form in which an answer is expected; null takes any. Only touch screens show a difference.
   * @param {import("./conversation_client.js").Asks|null} asks
   */
  expect(asks) {
    // Not for dates: the numeric keyboard of some telephones has no slash.
    if (asks?.kind === "digits") this.#offerDigits();
    else this.#takeLetters();
  }

  #offerDigits() {
    this.box.inputMode = "numeric";
    if (this.letters) return;
    const attributes = { type: "button", class: "letters", "aria-label": "Usar el teclado de letras", text: "ABC" };
    this.letters = /** @type {HTMLButtonElement} */ (element("button", attributes));
    this.letters.addEventListener("click", () => {
      this.#takeLetters();
      // Telephones change the keyboard only when the box takes the focus anew.
      this.box.blur();
      this.focus();
    });
    this.button.before(this.letters);
  }

  #takeLetters() {
    this.box.removeAttribute("inputmode");
    this.letters?.remove();
    this.letters = null;
  }

  focus() {
    this.box.focus({ preventScroll: true });
  }

  #submit() {
    const text = this.box.value.trim();
    this.focus();
    if (text && !this.box.disabled) this.onSend(text);
  }

  #adapt() {
    // Measured by the element itself: the style sheet only sets the tallest it may become.
    this.box.style.height = "auto";
    this.box.style.height = `${this.box.scrollHeight + 2}px`;
    const left = this.box.maxLength - this.box.value.length;
    this.counter.hidden = left > WARN_BELOW;
    this.counter.textContent = left === 1 ? "Queda 1 carácter" : `Quedan ${left} caracteres`;
    const step = SPOKEN_STEPS.filter((limit) => left <= limit).at(-1) ?? Infinity;
    if (step < this.#lastSpoken) this.spoken.textContent = this.counter.textContent;
    if (step === Infinity) this.spoken.textContent = "";
    this.#lastSpoken = step;
  }
}
