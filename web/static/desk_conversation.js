/** The desk's middle panel: transcript, composer and the state of the conversation that is open. */

import { Composer } from "./composer.js";
import { element, required } from "./dom.js";
import { FileSender } from "./file_sender.js";
import { MessageList } from "./message_list.js";
import { TypingSign, watchTyping } from "./typing_sign.js";

/** @typedef {import("./desk_api.js").DeskDetail} DeskDetail */

/**
 * The two shapes in which the server tells a message: a line of a transcript (`from`) or one of the stream (`sender`).
 * @param {{id: string, from?: string, sender?: string, at: string, text: string,
 *   document?: import("./conversation_client.js").DocumentLink}} line
 * @returns {import("./conversation_client.js").Message}
 */
function asMessage({ id, from, sender, at, text, document: page }) {
  return { id, sender: /** @type {any} */ (from ?? sender), at, text, document: page };
}

export class ConversationPanel {
  /** Id of the open conversation. @type {string|null} */ id = null;
  /** Unsent text of each conversation, kept while the agent attends another. @type {Map<string, string>} */
  #drafts = new Map();
  #sending = false;
  /** Whether the open conversation is an emergency. */ isUrgent = false;
  /** Whether the agent was at the end of the transcript before the room for it changed. */
  #following = true;

  /**
   * @param {HTMLElement} panel
   * @param {(id: string, text: string) => Promise<boolean>} onSay resolves with whether the text was delivered
   * @param {{onTyping: (id: string) => void, onProblem: (detail: string) => void,
   *   files: (id: string) => {url: string, headers: Record<string, string>}}} more what else a person does here
   */
  constructor(panel, onSay, more) {
    this.panel = panel;
    this.none = required("#none-open", panel);
    this.body = required("#open-conversation", panel);
    this.title = required("#conversation-title", panel);
    this.subtitle = required("#conversation-subtitle", panel);
    this.scroller = required("#transcript-scroller", panel);
    this.log = required("#transcript", panel);
    this.gone = required("#gone", panel);
    this.messages = new MessageList(this.log, {
      own: "human",
      names: { user: "Persona usuaria", bot: "Asistente virtual", human: "Usted", system: "" },
    });
    this.composer = new Composer(required("#desk-composer", panel), (text) => this.#say(text, onSay));
    this.files = new FileSender(required("#desk-composer", panel), {
      target: () => (this.id ? more.files(this.id) : null),
      onProblem: more.onProblem,
    });
    this.typing = new TypingSign(required("#citizen-types", panel), required("#citizen-types-spoken", panel), () => {});
    watchTyping(this.composer.box, () => {
      if (this.id) more.onTyping(this.id);
      return this.id !== null;
    });
    this.scroller.addEventListener("scroll", () => {
      const { scrollHeight, scrollTop, clientHeight } = this.scroller;
      this.#following = scrollHeight - scrollTop - clientHeight < 120;
    }, { passive: true });
    // A notice or a taller text box must not cover the last message.
    new ResizeObserver(() => { if (this.#following) this.#scrollToEnd(); }).observe(this.scroller);
  }

  /** @param {DeskDetail} detail */
  show({ conversation, transcript }) {
    const id = conversation.conversation_id;
    const isOther = id !== this.id;
    if (isOther) {
      this.#keepDraft();
      this.id = id;
      // The whole transcript must not be read aloud when it appears; only what is said from now on.
      this.log.setAttribute("aria-live", "off");
      this.messages.clear();
      this.typing.hide();
      this.composer.text = this.#drafts.get(id) ?? "";
      this.setMine(true);
    }
    this.none.hidden = true;
    this.body.hidden = false;
    this.isUrgent = conversation.priority;
    this.body.classList.toggle("is-priority", conversation.priority);
    this.title.textContent = conversation.campaign_name;
    const folio = element("span", { class: "folio", text: conversation.folio });
    this.subtitle.replaceChildren(...(conversation.priority
      ? ["Emergencia · ", folio]
      : [folio, ` · ${conversation.reason_label}`]));
    this.messages.show(transcript.map(asMessage));
    if (!isOther) return;
    this.#scrollToEnd();
    setTimeout(() => this.log.setAttribute("aria-live", "polite"), 500);
  }

  /** @param {{id: string, from?: string, sender?: string, at: string, text: string}} line */
  add(line) {
    this.messages.show([asMessage(line)]);
    if ((line.from ?? line.sender) === "user") this.typing.hide();
    if (this.#following) this.#scrollToEnd();
  }

  /**
   * @param {boolean} mine false once the conversation ended or passed to somebody else, or while one looks on
   * @param {string} [why] said in place of the composer
   */
  setMine(mine, why = "Esta conversación ya no está con usted o la persona la terminó.") {
    this.gone.textContent = why;
    this.gone.hidden = mine;
    this.composer.enabled = mine;
    this.files.enabled = mine;
    this.panel.querySelectorAll("[data-attending]").forEach((button) => { button.hidden = !mine; });
  }

  /** Puts a text where the cursor is in the reply, to be read before it is sent. @param {string} text */
  insert(text) {
    const { box } = this.composer;
    box.setRangeText(text, box.selectionStart, box.selectionEnd, "end");
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.focus();
  }

  /** The citizen of a conversation is writing. @param {string} id */
  citizenTypes(id) {
    if (id === this.id) this.typing.show("La persona está escribiendo.", true);
  }

  hide() {
    this.typing.hide();
    if (this.id) this.#drafts.delete(this.id);
    this.id = null;
    this.composer.text = "";
    this.messages.clear();
    this.body.hidden = true;
    this.none.hidden = false;
  }

  #keepDraft() {
    if (this.id) this.#drafts.set(this.id, this.composer.text);
  }

  /**
   * The text leaves the box only when the server has it; on failure the agent finds it where it was.
   * @param {string} text
   * @param {(id: string, text: string) => Promise<boolean>} onSay
   */
  async #say(text, onSay) {
    const id = this.id;
    if (!id || this.#sending) return;
    this.#sending = true;
    this.composer.box.readOnly = true;
    const delivered = await onSay(id, text);
    this.composer.box.readOnly = false;
    this.#sending = false;
    if (delivered && this.id === id) this.composer.text = "";
    else if (delivered) this.#drafts.delete(id);
    this.#scrollToEnd();
  }

  #scrollToEnd() {
    this.#following = true;
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }
}
