/**
 * What the chat remembers between reloads of one tab: which conversation it is in and what it has not yet delivered.
 * It lives in `sessionStorage` only: on a shared computer the conversation ends with the tab.
 */

/** @typedef {{conversation_id: string, token: string, folio: string}} ConversationKey */
/** @typedef {{client_message_id: string, text: string, choice?: string, at: string}} OutgoingMessage */
/** @typedef {{frame: {type: "close"}, from: string}} OutgoingStep */

export class SessionStore {
  /** @param {string} campaign each campaign has its own conversation in the same tab */
  constructor(campaign) {
    this.prefix = `ventanilla:${campaign}:`;
    /** Used where the browser forbids storage inside a foreign frame. @type {Map<string, string>} */
    this.memory = new Map();
  }

  /** @returns {ConversationKey|null} */
  get conversation() {
    const key = this.#read("conversation");
    return key && typeof key.conversation_id === "string" && typeof key.token === "string" ? key : null;
  }

  /** @param {ConversationKey|null} key */
  set conversation(key) {
    this.#write("conversation", key);
  }

  /** Messages not acknowledged yet, oldest first. @returns {OutgoingMessage[]} */
  get outbox() {
    const messages = this.#read("outbox");
    return Array.isArray(messages) ? messages : [];
  }

  /** @param {OutgoingMessage[]} messages */
  set outbox(messages) {
    this.#write("outbox", messages.length ? messages : null);
  }

  /** The ending that the server has not confirmed. @returns {OutgoingStep|null} */
  get step() {
    return this.#read("step");
  }

  /** @param {OutgoingStep|null} step */
  set step(step) {
    this.#write("step", step);
  }

  /** Forgets the conversation and everything unsent. */
  clear() {
    this.conversation = null;
    this.outbox = [];
    this.step = null;
  }

  #read(name) {
    let text = this.memory.get(name) ?? null;
    try {
      text = sessionStorage.getItem(this.prefix + name) ?? text;
      return text === null ? null : JSON.parse(text);
    } catch (error) {
      if (error instanceof SyntaxError) return null;
      if (error instanceof DOMException) return text === null ? null : JSON.parse(text);
      throw error;
    }
  }

  #write(name, value) {
    const text = value === null ? null : JSON.stringify(value);
    if (text === null) this.memory.delete(name);
    else this.memory.set(name, text);
    try {
      if (text === null) sessionStorage.removeItem(this.prefix + name);
      else sessionStorage.setItem(this.prefix + name, text);
    } catch (error) {
      // Storage forbidden or full: the copy in memory serves until the page goes.
      if (!(error instanceof DOMException)) throw error;
    }
  }
}
