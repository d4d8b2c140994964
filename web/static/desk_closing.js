/** The dialog that ends an attention: 1 to 5 tipificaciones are required (contract L6737), a note is optional. */

import { plain } from "./desk_phrases.js";
import { sendDialog } from "./desk_dialog.js";
import { element, required } from "./dom.js";

/** @typedef {import("./desk_api.js").DeskTopic} DeskTopic */
/** @typedef {(topics: string[], note: string) => Promise<string>} Close resolves with a Spanish reason if it could not be
 *   closed, else with an empty text */

const MOST = 5;

export class ClosingDialog {
  /** @type {Close} */ #close = async () => "";

  /** @param {HTMLDialogElement} dialog */
  constructor(dialog) {
    this.dialog = dialog;
    this.form = required("form", dialog);
    this.search = required("input[type=search]", dialog);
    this.options = required(".topics", dialog);
    this.count = required(".topic-count", dialog);
    this.problem = required(".dialog-problem", dialog);
    this.note = required("textarea", dialog);
    this.submit = required("button[type=submit]", dialog);
    this.search.addEventListener("input", () => this.#filter());
    this.options.addEventListener("change", () => this.#limit());
    required("[data-cancel]", dialog).addEventListener("click", () => dialog.close());
    this.search.addEventListener("keydown", (event) => {
      // Enter here looks for a topic; it must not end the attention.
      if (event.key === "Enter") event.preventDefault();
    });
    this.form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const topics = this.#chosen().map((box) => box.value);
      if (topics.length === 0) {
        this.problem.textContent = "Elija al menos una tipificación.";
        required("input[type=checkbox]", this.options).focus();
        return;
      }
      await sendDialog(this, () => this.#close(topics, this.note.value.trim()));
    });
  }

  /**
   * @param {DeskTopic[]} topics the campaign's catalogue
   * @param {Close} close ends the very conversation it was opened for, whichever is active by then
   */
  open(topics, close) {
    this.#close = close;
    this.form.reset();
    this.problem.textContent = "";
    this.options.replaceChildren(...topics.map(({ id, label }) => element("label", { class: "topic" }, [
      element("input", { type: "checkbox", name: "topic", value: id }),
      element("span", { text: label }),
    ])));
    this.search.hidden = topics.length < 8;
    this.#limit();
    this.dialog.showModal();
  }

  /** @returns {HTMLInputElement[]} */
  #chosen() {
    return [...this.options.querySelectorAll("input:checked")];
  }

  #limit() {
    const chosen = this.#chosen().length;
    this.options.querySelectorAll("input:not(:checked)").forEach((box) => { box.disabled = chosen >= MOST; });
    this.count.textContent = `${chosen} de ${MOST}`;
    if (chosen) this.problem.textContent = "";
  }

  #filter() {
    const wanted = plain(this.search.value.trim());
    for (const label of this.options.children) {
      // A chosen topic stays in sight whatever is looked for next.
      const chosen = label.querySelector("input:checked") !== null;
      label.hidden = !chosen && !plain(label.textContent).includes(wanted);
    }
  }
}
