/** The desk's list "Mensajes": what citizens left while nobody attended, to be read, called back and marked as done. */

import { telephoneLink } from "./desk_context.js";
import { sendDialog } from "./desk_dialog.js";
import { element, required } from "./dom.js";
import { momentText } from "./institution_time.js";

/** @typedef {import("./desk_api.js").LeftMessage} LeftMessage */

/** `2026-10-16` -> `viernes 16`. @param {string} day */
function dayText(day) {
  const [year, month, date] = day.split("-").map(Number);
  return new Date(year, month - 1, date).toLocaleDateString("es-MX", { weekday: "long", day: "numeric" });
}

export class LeftMessages {
  /** @type {LeftMessage|null} */ #open = null;

  /**
   * @param {HTMLElement} section holds `ul`, `.count` and `.empty`
   * @param {HTMLDialogElement} dialog
   * @param {{onOpen: (id: string) => Promise<LeftMessage|null>, onDone: (id: string, note: string) => Promise<string>}}
   *   handlers `onDone` resolves with a Spanish reason if it could not be done, else with an empty text
   */
  constructor(section, dialog, handlers) {
    this.list = required("ul", section);
    this.count = required(".count", section);
    this.empty = required(".empty", section);
    this.dialog = dialog;
    this.handlers = handlers;
    this.form = required("form", dialog);
    this.facts = required("dl", dialog);
    this.words = required(".left-words", dialog);
    this.note = required("textarea", dialog);
    this.problem = required(".dialog-problem", dialog);
    this.submit = required("button[type=submit]", dialog);
    required("[data-cancel]", dialog).addEventListener("click", () => dialog.close());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#finish();
    });
    // Nothing that was decrypted stays in the page once it has been read.
    dialog.addEventListener("close", () => {
      this.#open = null;
      this.facts.replaceChildren();
      this.words.replaceChildren();
    });
  }

  /** @param {LeftMessage[]} messages the oldest first */
  show(messages) {
    const focused = this.list.querySelector("button:focus")?.closest("li")?.dataset.id;
    this.list.replaceChildren(...messages.map((message) => this.#card(message)));
    this.count.textContent = String(messages.length);
    this.empty.hidden = messages.length > 0;
    if (focused) this.list.querySelector(`[data-id="${CSS.escape(focused)}"] button`)?.focus();
  }

  /** @param {LeftMessage} message */
  #card(message) {
    const { conversation_id, campaign_name, topic, preview, telephone, at, folio, openings, due, is_late } = message;
    const last = openings.at(-1);
    const button = element("button", { type: "button", class: "button", text: "Abrir", "aria-label": `Abrir el mensaje ${folio} de ${campaign_name}` });
    button.addEventListener("click", () => this.#read(conversation_id));
    return element("li", { class: is_late ? "card is-priority" : "card", "data-id": conversation_id }, [
      element("span", { class: "card-title", text: campaign_name }),
      due ? element("span", { class: "card-reason", text: `${is_late ? "Atrasado: era para el" : "Atender el"} ${dayText(due)}` }) : null,
      element("span", { class: "card-topic", text: topic ? `Tema: ${topic}` : "Sin tema" }),
      element("span", { class: "card-text", text: preview }),
      element("span", { class: "card-topic", text: telephone ? `Teléfono: ${telephone}` : "Sin teléfono" }),
      last ? element("span", { class: "card-seen", text: `Lo abrió ${last.name}, ${momentText(last.at)}` }) : null,
      element("span", { class: "card-meta" }, [
        element("time", { datetime: at, text: momentText(at) }),
        element("span", { class: "card-folio", text: folio }),
      ]),
      button,
    ]);
  }

  /** @param {string} id */
  async #read(id) {
    const message = await this.handlers.onOpen(id);
    if (!message) return;
    this.#open = message;
    this.form.reset();
    this.problem.textContent = "";
    const telephone = message.telephone ? telephoneLink(message.telephone) : element("span", { text: "No dejó teléfono" });
    const rows = [
      ["Campaña", element("span", { text: message.campaign_name })],
      ["Folio", element("span", { class: "folio", text: message.folio })],
      ["Fecha y hora", element("time", { datetime: message.at, text: momentText(message.at) })],
      ["Tema", element("span", { text: message.topic || "Sin tema" })],
      ["Teléfono", telephone],
    ];
    this.facts.replaceChildren(...rows.map(([name, value]) => element("div", {}, [
      element("dt", { text: /** @type {string} */ (name) }),
      element("dd", {}, [/** @type {Node} */ (value)]),
    ])));
    this.words.replaceChildren(...(message.words ?? []).map((text) => element("p", { text })));
    this.dialog.showModal();
  }

  async #finish() {
    const note = this.note.value.trim();
    if (!this.#open) return;
    if (!note) {
      this.problem.textContent = "Escriba en pocas palabras qué se hizo.";
      this.note.focus();
      return;
    }
    const { conversation_id } = this.#open;
    await sendDialog(this, () => this.handlers.onDone(conversation_id, note));
  }
}
