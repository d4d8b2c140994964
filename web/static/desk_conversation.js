/** One conversation at the desk, a tile beside others: its transcript, its composer, and the state it is in. */

import { Composer } from "./composer.js";
import { element, required } from "./dom.js";
import { FileSender } from "./file_sender.js";
import { MessageList } from "./message_list.js";
import { TypingSign, watchTyping } from "./typing_sign.js";

/** @typedef {import("./desk_api.js").DeskDetail} DeskDetail */
/** @typedef {import("./desk_api.js").TranscriptLine} TranscriptLine */

/** A screen reader must not read out a transcript that appears; what is added this much later is news. */
const NEWS_AFTER_MS = 500;

/** @param {TranscriptLine} line @returns {import("./conversation_client.js").Message} */
const asMessage = ({ from, ...line }) => ({ ...line, sender: from });

export class ConversationPanel {
  /** Whether the conversation is an emergency. */ isUrgent = false;
  /** Campaign and folio, as the desk calls this conversation. */ name = "";
  #unread = 0;
  #filled = false;
  #sending = false;
  /** Whether the agent was at the end of the transcript before the room for it changed. */
  #following = true;

  /**
   * @param {string} id
   * @param {HTMLElement} node copy of the page's template
   * @param {{say: (text: string) => Promise<boolean>, typing: () => void, problem: (detail: string) => void,
   *   files: () => {url: string, headers: Record<string, string>}}} on what a person does here; `say` resolves with
   *   whether the text was delivered
   */
  constructor(id, node, on) {
    this.id = id;
    this.node = node;
    node.dataset.id = id;
    this.title = required(".conversation-title", node);
    this.subtitle = required(".conversation-subtitle", node);
    this.badge = required(".badge", node);
    this.scroller = required(".transcript-scroller", node);
    this.log = required("[role=log]", node);
    this.gone = required(".gone", node);
    this.messages = new MessageList(this.log, {
      own: "human",
      names: { user: "Persona usuaria", bot: "Asistente virtual", human: "Usted", system: "" },
    });
    const form = required(".composer", node);
    this.composer = new Composer(form, (text) => this.#say(text, on.say));
    this.files = new FileSender(form, { target: on.files, onProblem: on.problem });
    this.typing = new TypingSign(required(".citizen-types", node), required(".citizen-types-spoken", node), () => {});
    watchTyping(this.composer.box, () => {
      on.typing();
      return true;
    });
    this.scroller.addEventListener("scroll", () => {
      const { scrollHeight, scrollTop, clientHeight } = this.scroller;
      this.#following = scrollHeight - scrollTop - clientHeight < 120;
    }, { passive: true });
    // A notice, a taller text box or another tile must not cover the last message.
    new ResizeObserver(() => { if (this.#following) this.#scrollToEnd(); }).observe(this.scroller);
  }

  /** How many messages of the citizen came while the agent looked elsewhere. */
  get unread() {
    return this.#unread;
  }

  set unread(count) {
    this.#unread = count;
    this.badge.hidden = !count;
    this.badge.textContent = count === 1 ? "1 nuevo" : `${count} nuevos`;
  }

  /** Whether it is to be seen in the page now. */
  get inSight() {
    return this.node.getClientRects().length > 0;
  }

  /** @param {DeskDetail} detail */
  show({ conversation, transcript }) {
    const { campaign_name, folio, priority, reason_label } = conversation;
    this.isUrgent = priority;
    this.name = `${campaign_name}, ${folio}`;
    this.node.classList.toggle("is-priority", priority);
    this.node.setAttribute("aria-label", `Conversación de ${this.name}`);
    this.scroller.setAttribute("aria-label", `Mensajes de ${this.name}`);
    this.title.textContent = campaign_name;
    const number = element("span", { class: "folio", text: folio });
    this.subtitle.replaceChildren(...(priority ? ["Emergencia · ", number] : [number, ` · ${reason_label}`]));
    this.#take(transcript);
    this.#filled = true;
  }

  /** @param {TranscriptLine} line */
  add(line) {
    this.#take([line]);
    if (line.from === "user") this.typing.hide();
    if (this.#following) this.#scrollToEnd();
  }

  /** Has come into sight: at its end, and silent about what was said before. */
  reveal() {
    this.log.setAttribute("aria-live", "off");
    this.#scrollToEnd();
    setTimeout(() => this.log.setAttribute("aria-live", "polite"), NEWS_AFTER_MS);
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
    this.node.querySelectorAll("[data-attending]").forEach((button) => { button.hidden = !mine; });
  }

  /** Where the agent goes on: the reply, or the conversation itself where none can be written. */
  focus() {
    if (this.composer.enabled) this.composer.focus();
    else this.node.focus({ preventScroll: true });
    this.node.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** Puts a text where the cursor is in the reply, to be read before it is sent. @param {string} text */
  insert(text) {
    const { box } = this.composer;
    box.setRangeText(text, box.selectionStart, box.selectionEnd, "end");
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.focus();
  }

  /** The citizen is writing. */
  citizenTypes() {
    this.typing.show("La persona está escribiendo.", true);
  }

  /** Messages already shown are not new, however often they are told. @param {TranscriptLine[]} lines */
  #take(lines) {
    const added = this.messages.show(lines.map(asMessage));
    if (this.#filled) this.unread += added.filter((message) => message.sender === "user").length;
  }

  /**
   * The text leaves the box only when the server has it; on failure the agent finds it where it was.
   * @param {string} text
   * @param {(text: string) => Promise<boolean>} onSay
   */
  async #say(text, onSay) {
    if (this.#sending) return;
    this.#sending = true;
    this.composer.box.readOnly = true;
    const delivered = await onSay(text);
    this.composer.box.readOnly = false;
    this.#sending = false;
    if (delivered) this.composer.text = "";
    this.#scrollToEnd();
  }

  #scrollToEnd() {
    this.#following = true;
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }
}
