/** The dialog "Frases": phrases of the campaign, found by words, put into the answer to be read before it is sent. */

import { element, required } from "./dom.js";

/** @typedef {{group: string, text: string}} Phrase */

/** Text without accents or case. @param {string} text */
export const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

export class PhrasesDialog {
  /** @type {Phrase[]} */ #phrases = [];
  /** @type {(text: string) => void} */ #pick = () => {};

  /** @param {HTMLDialogElement} dialog */
  constructor(dialog) {
    this.dialog = dialog;
    this.search = required("input", dialog);
    this.list = required("ul", dialog);
    this.none = required(".empty", dialog);
    this.search.addEventListener("input", () => this.#show());
    this.search.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault(); // takes the first that was found
      this.list.querySelector("button")?.click();
    });
    required("[data-cancel]", dialog).addEventListener("click", () => dialog.close());
  }

  /**
   * @param {Phrase[]} phrases
   * @param {(text: string) => void} pick puts one into the reply of the conversation it was opened for
   */
  open(phrases, pick) {
    this.#pick = pick;
    this.#phrases = phrases;
    this.search.value = "";
    this.#show();
    this.dialog.showModal();
    this.search.focus();
  }

  #show() {
    const words = plain(this.search.value).split(/\s+/).filter(Boolean);
    const found = this.#phrases.filter(({ group, text }) => words.every((word) => plain(`${group} ${text}`).includes(word)));
    this.list.replaceChildren(...found.map(({ group, text }) => {
      const button = element("button", { type: "button", class: "phrase" }, [
        element("span", { class: "phrase-group", text: group }), element("span", { text }),
      ]);
      button.addEventListener("click", () => {
        this.dialog.close();
        this.#pick(text);
      });
      return element("li", {}, [button]);
    }));
    this.none.hidden = found.length > 0;
  }
}
