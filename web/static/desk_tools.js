/** What an agent has beside the conversation: private notes, the authorised answers, and what the person did before. */

import { element, required } from "./dom.js";
import { momentText } from "./institution_time.js";

/** @typedef {import("./desk_api.js").DeskApi} DeskApi */
/** @typedef {<T>(action: () => Promise<T>) => Promise<{done: boolean, value?: T, detail: string}>} Attempt */

const SEARCH_AFTER_MS = 300;
const STATES = { bot: "con el asistente", queued: "en espera", human: "en atención", survey: "en encuesta", closed: "terminada" };

export class DeskTools {
  #search = 0;

  /**
   * @param {HTMLElement} panel
   * @param {DeskApi} api
   * @param {Attempt} attempt
   * @param {{id: string, onUse: (text: string) => void}} conversation `onUse` puts an authorised answer into its reply
   */
  constructor(panel, api, attempt, { id, onUse }) {
    this.id = id;
    this.api = api;
    this.attempt = attempt;
    this.onUse = onUse;
    this.notes = required("#notes ul", panel);
    this.noteForm = required("#notes form", panel);
    this.noteTitle = required("#notes summary", panel);
    this.knowledge = required("#knowledge", panel);
    this.words = required("#knowledge-words", panel);
    this.kind = required("#knowledge-kind", panel);
    this.articles = required("#knowledge ul", panel);
    this.noArticle = required("#knowledge .empty", panel);
    this.history = required("#history", panel);
    this.earlier = required("#history ul", panel);
    this.historyState = required("#history .empty", panel);
    this.noteForm.addEventListener("submit", (/** @type {Event} */ event) => this.#addNote(event));
    this.words.addEventListener("input", () => this.#searchSoon());
    this.kind.addEventListener("change", () => this.#find());
    this.knowledge.addEventListener("toggle", () => { if (this.knowledge.open) this.#find(); });
    required("form", this.knowledge).addEventListener("submit", (/** @type {Event} */ event) => { event.preventDefault(); this.#find(); });
    required("form", this.history).addEventListener("submit", (/** @type {Event} */ event) => this.#lookBack(event));
  }

  /** @param {boolean} attending false for a supervisor who looks on: notes are for whoever attends then */
  async show(attending) {
    this.knowledge.hidden = this.history.hidden = !attending;
    this.noteTitle.textContent = attending ? "Notas privadas" : "Notas para quien atiende";
    await this.renewNotes();
  }

  /** Shows the notes anew; a supervisor may have added one. */
  async renewNotes() {
    const { value } = await this.attempt(() => this.api.notes(this.id));
    if (value) this.#showNotes(value.notes);
  }

  /** @param {import("./desk_api.js").StaffNote[]} notes */
  #showNotes(notes) {
    this.notes.replaceChildren(...notes.map(({ author, at, text, whisper }) => element("li", { class: whisper ? "is-whisper" : "" }, [
      element("p", { text }),
      element("p", { class: "note-meta", text: `${whisper ? "Supervisión: " : ""}${author}, ${momentText(at)}` }),
    ])));
  }

  /** @param {Event} event */
  async #addNote(event) {
    event.preventDefault();
    const box = required("textarea", this.noteForm);
    const text = box.value.trim();
    if (!text) return box.focus();
    const { value } = await this.attempt(() => this.api.addNote(this.id, text));
    if (!value) return;
    box.value = "";
    this.#showNotes(value.notes);
  }

  #searchSoon() {
    clearTimeout(this.#search);
    this.#search = setTimeout(() => this.#find(), SEARCH_AFTER_MS);
  }

  async #find() {
    const { value } = await this.attempt(() => this.api.knowledge(this.id, this.words.value.trim(), this.kind.value));
    if (!value) return;
    if (this.kind.options.length !== value.kinds.length + 1) {
      this.kind.replaceChildren(
        element("option", { value: "", text: "Todo tipo de consulta" }),
        ...value.kinds.map((kind) => element("option", { value: kind, text: kind })),
      );
    }
    this.articles.replaceChildren(...value.articles.map((article) => this.#article(article)));
    this.noArticle.hidden = value.articles.length > 0;
  }

  /** @param {import("./desk_api.js").KnownArticle} article */
  #article({ title, text, kind, link }) {
    const use = element("button", { type: "button", class: "button", text: "Usar en la respuesta" });
    use.addEventListener("click", () => this.onUse(link ? `${text}\n${link}` : text));
    return element("li", {}, [element("details", {}, [
      element("summary", { text: title }),
      element("p", { text }),
      link ? element("p", {}, [element("a", { href: link, target: "_blank", rel: "noopener", text: "Trámite en línea" })]) : null,
      element("p", { class: "note-meta", text: kind }),
      use,
    ])]);
  }

  /** @param {Event} event */
  async #lookBack(event) {
    event.preventDefault();
    const given = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    const asked = Object.fromEntries([...given].map(([name, value]) => [name, String(value).replace(name === "nss" ? /\D/g : /^\s+|\s+$/g, "")]));
    const { value } = await this.attempt(() => this.api.earlier(this.id, asked));
    if (!value) return;
    this.historyState.hidden = value.earlier.length > 0;
    this.earlier.replaceChildren(...value.earlier.map((one) => element("li", {}, [
      element("p", {}, [element("span", { class: "folio", text: one.folio }), ` · ${momentText(one.opened_at)}`]),
      element("p", { text: [one.campaign_name, ...one.topic_labels].join(" · ") }),
      element("p", { class: "note-meta", text: [
        STATES[one.state] ?? one.state,
        one.by_people ? "atendió una persona" : "atendió el asistente",
        one.resolved === null ? "" : one.resolved ? "encuesta: resuelta" : "encuesta: no resuelta",
      ].filter(Boolean).join(" · ") }),
    ])));
  }
}
