/** The desk's list "Llamadas pedidas": calls that citizens asked for on the web, with attempts, result and note. */

import { telephoneLink } from "./desk_context.js";
import { sendDialog } from "./desk_dialog.js";
import { element, required } from "./dom.js";
import { momentText } from "./institution_time.js";

/**
 * @typedef {object} Callback
 * @property {string} conversation_id
 * @property {string} folio
 * @property {string} campaign_name
 * @property {string} telephone masked, until it is opened
 * @property {string} topic
 * @property {string} slot the half hour in words
 * @property {string} due_at ISO instant
 * @property {boolean} is_due whether it may be called now
 * @property {boolean} is_overdue
 * @property {number} attempts_left
 * @property {{at: string, name: string, result: string, note: string}[]} attempts
 * @property {{name: string, at: string}[]} openings
 */
/** @typedef {{id: string, label: string}} Result */

export class Callbacks {
  /** @type {Callback|null} */ #open = null;

  /**
   * @param {HTMLElement} section holds `ul`, `.count` and `.empty`
   * @param {HTMLDialogElement} dialog
   * @param {{onOpen: (id: string) => Promise<Callback|null>,
   *   onTried: (id: string, result: string, note: string) => Promise<string>}} handlers `onTried` resolves with a
   *   Spanish reason if it could not be recorded, else with an empty text
   */
  constructor(section, dialog, handlers) {
    this.list = required("ul", section);
    this.count = required(".count", section);
    this.empty = required(".empty", section);
    this.dialog = dialog;
    this.handlers = handlers;
    this.facts = required("dl", dialog);
    /** @type {HTMLSelectElement} */ this.result = required("select", dialog);
    this.note = required("textarea", dialog);
    this.problem = required(".dialog-problem", dialog);
    this.submit = required("button[type=submit]", dialog);
    required("[data-cancel]", dialog).addEventListener("click", () => dialog.close());
    required("form", dialog).addEventListener("submit", (event) => {
      event.preventDefault();
      this.#record();
    });
    // Nothing that was decrypted stays in the page once it has been read.
    dialog.addEventListener("close", () => {
      this.#open = null;
      this.facts.replaceChildren();
    });
  }

  /** @param {Callback[]} callbacks in the order they are worked @param {Result[]} results */
  show(callbacks, results) {
    const focused = this.list.querySelector("button:focus")?.closest("li")?.dataset.id;
    this.list.replaceChildren(...callbacks.map((one) => this.#card(one)));
    this.count.textContent = String(callbacks.length);
    this.empty.hidden = callbacks.length > 0;
    if (this.result.options.length <= 1) {
      this.result.append(...results.map(({ id, label }) => element("option", { value: id, text: label })));
    }
    if (focused) this.list.querySelector(`[data-id="${CSS.escape(focused)}"] button`)?.focus();
  }

  /** @param {Callback} one */
  #card(one) {
    const last = one.attempts.at(-1);
    const seen = one.openings.at(-1);
    const button = element("button", { type: "button", class: "button", text: "Abrir", "aria-label": `Abrir la llamada pedida ${one.folio} de ${one.campaign_name}` });
    button.addEventListener("click", () => this.#read(one.conversation_id));
    const when = one.is_overdue ? "Atrasada" : one.is_due ? "Llamar ahora" : `A partir de ${momentText(one.due_at)}`;
    return element("li", { class: one.is_overdue ? "card is-priority" : "card", "data-id": one.conversation_id }, [
      element("span", { class: "card-title", text: one.campaign_name }),
      element("span", { class: "card-reason", text: when }),
      element("span", { class: "card-topic", text: `Pidió: ${one.slot}` }),
      element("span", { class: "card-topic", text: one.topic ? `Tema: ${one.topic}` : "Sin tema" }),
      element("span", { class: "card-topic", text: `Teléfono: ${one.telephone}` }),
      last ? element("span", { class: "card-seen", text: `${last.result}, ${momentText(last.at)}. Queda un intento.` }) : null,
      !last && seen ? element("span", { class: "card-seen", text: `La abrió ${seen.name}, ${momentText(seen.at)}` }) : null,
      element("span", { class: "card-meta" }, [element("span", { class: "card-folio", text: one.folio })]),
      button,
    ]);
  }

  /** @param {string} id */
  async #read(id) {
    const one = await this.handlers.onOpen(id);
    if (!one) return;
    this.#open = one;
    this.result.value = this.note.value = this.problem.textContent = "";
    const rows = [
      ["Campaña", element("span", { text: one.campaign_name })],
      ["Folio", element("span", { class: "folio", text: one.folio })],
      ["Horario pedido", element("span", { text: one.slot })],
      ["Tema", element("span", { text: one.topic || "Sin tema" })],
      ["Teléfono", telephoneLink(one.telephone)],
      ...one.attempts.map((call) => ["Intento", element("span", { text: `${call.result}, ${momentText(call.at)}, ${call.name}. ${call.note}`.trim() })]),
    ];
    this.facts.replaceChildren(...rows.map(([name, value]) => element("div", {}, [
      element("dt", { text: /** @type {string} */ (name) }),
      element("dd", {}, [/** @type {Node} */ (value)]),
    ])));
    this.dialog.showModal();
  }

  async #record() {
    if (!this.#open) return;
    if (!this.result.value) {
      this.problem.textContent = "Elija qué pasó con la llamada.";
      this.result.focus();
      return;
    }
    const { conversation_id } = this.#open;
    await sendDialog(this, () => this.handlers.onTried(conversation_id, this.result.value, this.note.value.trim()));
  }
}
