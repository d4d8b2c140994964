/** The citizen's copy at the end: as a file, or by e-mail where the installation sends mail. */

import { required } from "./dom.js";
import { fetchFile } from "./file_saving.js";

const ASK_EVERY_MS = 2000;
const ASK_TIMES = 15;

export class TranscriptKeeper {
  /**
   * @param {HTMLElement} panel the panel of a conversation that ended
   * @param {() => import("./session_store.js").ConversationKey|null} conversation
   * @param {() => void} saveHere makes the copy from what the page shows, when the server cannot be reached
   */
  constructor(panel, conversation, saveHere) {
    this.conversation = conversation;
    /** @type {HTMLElement} */ this.status = required(".copy-status", panel);
    required("#save", panel).addEventListener("click", async () => {
      const key = this.conversation();
      const why = key ? await fetchFile(`${pathOf(key)}/transcript.txt`, `conversacion-${key.folio}.txt`, key.token) : "-";
      if (why) saveHere();
      this.status.textContent = "Se guardó una copia en su dispositivo.";
    });
    /** @type {HTMLFormElement|null} */ const form = panel.querySelector("form.mail");
    if (form) this.#offerMail(form, required("#mail-open", panel));
  }

  /**
   * @param {HTMLFormElement} form
   * @param {HTMLButtonElement} opener
   */
  #offerMail(form, opener) {
    /** @type {HTMLInputElement} */ const box = required("input", form);
    opener.addEventListener("click", () => {
      form.hidden = !form.hidden;
      opener.setAttribute("aria-expanded", String(!form.hidden));
      if (!form.hidden) box.focus();
    });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const key = this.conversation();
      const isAddress = box.value.trim() !== "" && box.validity.valid;
      box.setAttribute("aria-invalid", String(!isAddress));
      if (!isAddress) {
        this.status.textContent = "Escriba un correo como nombre@ejemplo.mx.";
        box.focus();
        return;
      }
      if (!key) return;
      const button = required("button", form);
      button.disabled = true;
      await this.#mail(key, box.value.trim());
      button.disabled = false;
    });
  }

  /** @param {import("./session_store.js").ConversationKey} key @param {string} to */
  async #mail(key, to) {
    this.status.textContent = "Enviando la copia…";
    let told = await this.#ask(key, "", { method: "POST", body: JSON.stringify({ to }) });
    for (let turn = 0; told?.state === "queued" && turn < ASK_TIMES; turn += 1) {
      await new Promise((resolve) => { setTimeout(resolve, ASK_EVERY_MS); });
      told = await this.#ask(key, `/${told.number}`, {});
      if (told && told.detail !== this.status.textContent) this.status.textContent = told.detail;
    }
    this.status.textContent = told?.detail ?? "El servicio no responde. Guarde una copia aquí, por favor.";
  }

  /**
   * @param {import("./session_store.js").ConversationKey} key @param {string} path @param {RequestInit} request
   * @returns {Promise<{number: number, state: string, detail: string}|null>}
   */
  async #ask(key, path, request) {
    const headers = { Authorization: `Bearer ${key.token}`, "Content-Type": "application/json" };
    const response = await fetch(`${pathOf(key)}/transcript-mails${path}`, { ...request, headers }).catch(() => null);
    const answer = await response?.json().catch(() => null);
    if (typeof answer?.detail === "string") return answer;
    return response?.status === 422 ? { number: 0, state: "wrong", detail: "Revise su correo: no parece válido." } : null;
  }
}

/** @param {import("./session_store.js").ConversationKey} key */
function pathOf({ conversation_id }) {
  return `/api/v1/conversations/${encodeURIComponent(conversation_id)}`;
}
