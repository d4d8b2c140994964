/** The dialog "Transferir": to a level, a campaign or the bot, always with its motivo (contract L2121, L6739, L7767). */

import { sendDialog } from "./desk_dialog.js";
import { element, required } from "./dom.js";

/** @typedef {import("./desk_api.js").Targets} Targets */
/** @typedef {import("./desk_api.js").Transfer} Transfer */
/** @typedef {(transfer: Transfer) => Promise<string>} Send resolves with a Spanish reason if it was refused */

export class TransferDialog {
  /** @type {Send} */ #send = async () => "";

  /** @param {HTMLDialogElement} dialog */
  constructor(dialog) {
    this.dialog = dialog;
    this.form = required("form", dialog);
    this.target = required("[name=target]", dialog);
    this.reason = required("[name=reason]", dialog);
    this.note = required("textarea", dialog);
    this.problem = required(".dialog-problem", dialog);
    this.submit = required("button[type=submit]", dialog);
    required("[data-cancel]", dialog).addEventListener("click", () => dialog.close());
    this.form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const transfer = this.#wanted();
      if (!transfer) return;
      await sendDialog(this, () => this.#send(transfer));
    });
  }

  /**
   * @param {Targets} targets
   * @param {Send} send transfers the very conversation it was opened for, whichever is active by then
   */
  open({ levels, campaigns, bot, reasons }, send) {
    this.#send = send;
    this.form.reset();
    this.problem.textContent = "";
    const present = (/** @type {number} */ count) => (count ? `${count} en servicio` : "nadie en servicio ahora");
    this.target.replaceChildren(
      this.#option("", "Elija a dónde"),
      element("optgroup", { label: "Nivel" }, levels.map((one) => this.#option(`level ${one.id}`, `${one.label} (${present(one.present)})`))),
      element("optgroup", { label: "Campaña" }, campaigns.map((one) => this.#option(`campaign ${one.id}`, one.open ? one.label : `${one.label} (cerrada ahora)`, !one.open))),
      ...(bot ? [this.#option("bot", "Asistente virtual")] : []),
    );
    this.reason.replaceChildren(this.#option("", "Elija el motivo"), ...reasons.map((one) => this.#option(one.id, one.label)));
    this.dialog.showModal();
  }

  /** @returns {Transfer|null} null after telling what is missing */
  #wanted() {
    const missing = !this.target.value ? this.target : !this.reason.value ? this.reason : null;
    if (missing) {
      this.problem.textContent = missing === this.target ? "Elija a dónde se transfiere." : "Elija el motivo.";
      missing.focus();
      return null;
    }
    const [kind, id] = this.target.value.split(" ");
    const where = kind === "bot" ? { to_bot: true } : { [kind]: id };
    return { ...where, reason: this.reason.value, note: this.note.value.trim() };
  }

  /**
   * @param {string} value
   * @param {string} text
   * @param {boolean} [disabled]
   */
  #option(value, text, disabled = false) {
    return element("option", { value, text, disabled });
  }
}
