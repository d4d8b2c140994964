/** Internal messages between this agent and the supervisors; citizens never see them (contract L1702, L6742). */

import { element, required } from "./dom.js";
import { clockTime } from "./institution_time.js";

/** @typedef {import("./desk_api.js").StaffRoom} StaffRoom */

const READ = "desk-staff-read";

export class StaffMessagesDialog {
  /**
   * @param {HTMLButtonElement} opener
   * @param {HTMLDialogElement} dialog
   * @param {{onRead: () => Promise<StaffRoom|undefined>, onWrite: (text: string, to: string|null) => Promise<StaffRoom|undefined>}} handlers
   */
  constructor(opener, dialog, handlers) {
    this.opener = opener;
    this.dialog = dialog;
    this.handlers = handlers;
    this.list = required("ul", dialog);
    this.form = required("form", dialog);
    this.to = required("select", dialog);
    this.toField = required(".field", dialog);
    this.text = required("textarea", dialog);
    opener.addEventListener("click", async () => {
      if (!(await this.#renew())) return;
      dialog.showModal();
      this.list.scrollTop = this.list.scrollHeight;
    });
    required("[data-cancel]", dialog).addEventListener("click", () => dialog.close());
    this.form.addEventListener("submit", async (/** @type {Event} */ event) => {
      event.preventDefault();
      const text = this.text.value.trim();
      const room = text ? await handlers.onWrite(text, this.toField.hidden ? null : this.to.value) : undefined;
      if (!room) return this.text.focus();
      this.text.value = "";
      this.#show(room);
    });
  }

  /** A message came, or may have come while the stream was cut. */
  async check() {
    if (this.dialog.open) {
      await this.#renew();
      return;
    }
    const room = await this.handlers.onRead();
    if (!room) return;
    const read = Number(sessionStorage.getItem(READ) ?? 0);
    const unread = room.messages.filter((one) => !one.own && one.number > read).length;
    this.opener.textContent = unread ? `Supervisión (${unread})` : "Supervisión";
  }

  async #renew() {
    const room = await this.handlers.onRead();
    if (!room) return false;
    this.#show(room);
    return true;
  }

  /** @param {StaffRoom} room */
  #show({ messages, recipients }) {
    sessionStorage.setItem(READ, String(messages.at(-1)?.number ?? 0));
    this.opener.textContent = "Supervisión";
    this.toField.hidden = recipients.length === 0;
    if (this.to.options.length !== recipients.length) {
      this.to.replaceChildren(...recipients.map(({ id, label }) => element("option", { value: id, text: label })));
    }
    this.list.replaceChildren(...messages.map((one) => element("li", { class: one.own ? "is-own" : "" }, [
      element("p", { text: one.text }),
      element("p", { class: "note-meta", text: `${one.own ? `Para ${one.to}` : one.from}, ${clockTime(one.at)}` }),
    ])));
    this.list.scrollTop = this.list.scrollHeight;
  }
}
