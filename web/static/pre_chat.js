/**
 * The entrance of the chat: the campaign's form with its messages at each field, or outside the window the
 * administrator's message with a way to leave one. Fields, rules and words come with the page from the campaign's file;
 * what this checks spares a round trip, and the server decides.
 */

import { element, required } from "./dom.js";
import { Captcha, CaptchaFailed } from "./pre_chat_captcha.js";
import { visits } from "./visits.js";

/**
 * @typedef {{form: Record<string, string>, captcha: string, visits: number|null, leave_message: boolean, link?: string}} Entrance
 */
/** @typedef {HTMLInputElement|HTMLSelectElement} Control */

/** Refusals after which only a fresh page helps: the window opened meanwhile, or the form is another one. */
const OUTDATED = ["form_due", "form_unknown"];

export class PreChat {
  #busy = false;
  /** @type {Captcha|null} */ #captcha = null;

  /**
   * @param {HTMLElement} page the chat, which holds the entrance if the campaign has one
   * @param {(entrance: Entrance) => Promise<void>} onEnter
   */
  constructor(page, onEnter) {
    this.page = page;
    this.onEnter = onEnter;
    /** @type {HTMLElement|null} */ this.section = page.querySelector("#entrance");
    if (!this.section) return;
    this.isClosed = "closed" in this.section.dataset;
    if ("captcha" in this.section.dataset) this.#captcha = new Captcha();
    /** @type {HTMLFormElement} */ this.form = required("#entrance-form", this.section);
    /** @type {HTMLElement} */ this.problem = required("#entrance-problem", this.section);
    /** @type {HTMLElement} */ this.status = required("#entrance-status", this.section);
    /** @type {HTMLButtonElement} */ this.button = required("button[type=submit]", this.form);
    this.form.addEventListener("focusin", () => this.#captcha?.begin(), { once: true });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!this.#busy) this.#submit();
    });
    // While it is mended, not when it is left: what moves then is never a button that is just being pressed.
    this.form.addEventListener("input", () => this.#recheck());
  }

  /** Whether a conversation of this campaign begins with the entrance. */
  get isDue() {
    return this.section !== null;
  }

  get isShown() {
    return this.section !== null && !this.section.hidden;
  }

  /** @param {boolean} shown */
  show(shown) {
    if (!this.section) return;
    this.section.hidden = !shown;
    this.page.classList.toggle("is-entering", shown);
    const skip = document.querySelector(".skip-link");
    if (skip) {
      skip.setAttribute("href", shown ? "#entrance-title" : "#message");
      skip.textContent = shown ? "Ir al formulario" : "Ir al cuadro de mensaje";
    }
    this.#wait(false, "");
    if (shown) this.#clear();
  }

  focus() {
    required("#entrance-title", /** @type {HTMLElement} */ (this.section)).focus();
  }

  /** What an entrance without a form brings. @returns {Entrance} */
  get plain() {
    return { form: {}, captcha: "", visits: visits(), leave_message: false };
  }

  /**
   * The server did not let somebody in.
   * @param {string} detail
   * @param {{error?: string, fields?: Record<string, string>}|null} answer
   */
  explain(detail, answer) {
    this.#wait(false, "");
    this.#captcha?.forget();
    if (answer?.error && OUTDATED.includes(answer.error)) location.reload();
    else if (answer?.fields) this.#showProblems(new Map(Object.entries(answer.fields)), detail);
    else this.#fail(detail);
  }

  async #submit() {
    for (const control of this.#controls) if (control.type !== "checkbox") control.value = control.value.trim();
    const problems = this.#problems();
    this.#showProblems(problems, "Revise los datos marcados.");
    if (problems.size) return;
    this.#wait(true, this.#captcha ? "Un momento: comprobamos que no es un programa automático." : "");
    try {
      const captcha = this.#captcha ? await this.#captcha.solution() : "";
      this.status.textContent = "Abriendo la conversación…";
      await this.onEnter({ form: this.#answers(), captcha, visits: visits(), leave_message: this.isClosed });
    } catch (error) {
      if (!(error instanceof CaptchaFailed)) throw error;
      this.#wait(false, "");
      const phones = this.section?.dataset.phones;
      const call = phones ? ` También puede llamar al ${phones}.` : "";
      this.#fail(`No fue posible hacer la comprobación de seguridad en este navegador. Inténtelo de nuevo.${call}`);
    }
  }

  /** @returns {Control[]} */
  get #controls() {
    return [...this.form.querySelectorAll("input, select")];
  }

  /** @returns {Record<string, string>} */
  #answers() {
    const given = [...new FormData(this.form)].map(([name, value]) => [name, String(value).trim()]);
    return Object.fromEntries(given.filter(([, value]) => value));
  }

  /** What is not in order yet, by field and in the order of the page. @returns {Map<string, string>} */
  #problems() {
    /** @type {Map<string, string>} */ const found = new Map();
    for (const control of this.#controls) {
      const words = problemOf(control);
      if (words) found.set(control.name, words);
    }
    const answers = this.#answers();
    for (const rule of this.form.querySelectorAll("[data-rule]")) {
      const names = /** @type {HTMLElement} */ (rule).dataset.rule?.split(" ") ?? [];
      const met = names.some((name) => answers[name]);
      if (!met && !names.some((name) => found.has(name))) found.set(names[0], rule.textContent ?? "");
    }
    return found;
  }

  /**
   * A message at each field, all of them in a summary that is read out, and the focus on the first wrong one.
   * @param {Map<string, string>} problems
   * @param {string} summary
   */
  #showProblems(problems, summary) {
    for (const control of this.#controls) mark(control, problems.get(control.name) ?? "");
    this.problem.hidden = problems.size === 0;
    if (problems.size === 0) return;
    const wrong = this.#controls.filter((control) => problems.has(control.name));
    const links = wrong.map((control) => {
      const link = element("a", { href: `#${control.id}`, text: problems.get(control.name) });
      link.addEventListener("click", (event) => { event.preventDefault(); control.focus(); });
      return element("li", {}, [link]);
    });
    this.problem.replaceChildren(element("p", { text: summary }), element("ul", {}, links));
    wrong[0]?.focus();
  }

  /** A message goes as soon as its field is in order; one of several fields may put another's right. */
  #recheck() {
    const marked = this.#controls.filter((control) => control.getAttribute("aria-invalid") === "true");
    if (!marked.length) return;
    const problems = this.#problems();
    const mended = marked.filter((control) => !problems.has(control.name));
    mended.forEach((control) => mark(control, ""));
    if (mended.length === marked.length) this.problem.hidden = true;
  }

  /** @param {string} detail */
  #fail(detail) {
    this.problem.replaceChildren(element("p", { text: detail }));
    this.problem.hidden = false;
    this.problem.focus();
  }

  #clear() {
    this.form.reset();
    this.problem.hidden = true;
    for (const control of this.#controls) mark(control, "");
  }

  /**
   * @param {boolean} busy
   * @param {string} words
   */
  #wait(busy, words) {
    this.#busy = busy;
    this.button.setAttribute("aria-disabled", String(busy));
    this.status.textContent = words;
  }
}

/** @param {Control} control */
function problemOf(control) {
  const { validity, dataset } = control;
  if (validity.valid) return "";
  return (validity.valueMissing ? dataset.missing : dataset.wrong) ?? "";
}

/**
 * @param {Control} control
 * @param {string} words empty: nothing is wrong with it
 */
function mark(control, words) {
  const line = required(`#${control.id}-problem`);
  line.textContent = words;
  line.hidden = !words;
  if (words) control.setAttribute("aria-invalid", "true");
  else control.removeAttribute("aria-invalid");
}
