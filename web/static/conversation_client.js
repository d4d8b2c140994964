/**
 * The citizen's side of one conversation: opens it over REST, follows it over a WebSocket and resumes it after a cut
 * or a reload. Its promise is that nothing is lost and nothing is doubled: what is written waits in the session's
 * outbox until the server acknowledges it, and is resent with the same `client_message_id`.
 */

import { learnNow, now } from "./institution_time.js";
import { LiveSocket } from "./live_socket.js";

/** @typedef {{id: string, title: string}} Choice */
/** @typedef {"user"|"bot"|"human"|"system"} Sender */
/** @typedef {{title: string, url: string}} DocumentLink https or a path of this site */
/** @typedef {{kind: "text"|"digits"|"date"|"yes_no", min_digits?: number|null, max_digits?: number|null}} Asks */
/**
 * @typedef {object} Message
 * @property {string} id increases along the conversation
 * @property {Sender} sender
 * @property {string} text plain text, lines parted by \n
 * @property {Choice[]} [choices]
 * @property {DocumentLink|null} [document] a page or file to open with it
 * @property {Asks|null} [asks] in what form the next answer is expected
 * @property {string|null} [client_message_id]
 * @property {string} at ISO instant
 */
/** @typedef {"bot"|"queued"|"human"|"survey"|"closed"} ConversationState */
/** @typedef {import("./session_store.js").OutgoingMessage} OutgoingMessage */
/**
 * @typedef {object} Situation what the page needs to know besides the messages
 * @property {ConversationState} state
 * @property {{position: number, minutes: number|null, words: string}|null} queue `words`: place and estimate, in Spanish
 * @property {string} [campaign_name]
 * @property {string} [folio]
 */
/**
 * @typedef {object} ClientHandlers
 * @property {(messages: Message[], situation: Situation, first: boolean) => void} onMessages `first`: the history as
 *   it stood when the page was loaded
 * @property {(message: OutgoingMessage) => void} onPending a message waits to be acknowledged
 * @property {(clientMessageId: string, messageId: string) => void} onConfirmed
 * @property {(clientMessageId: string) => void} onRejected the server will never take this message
 * @property {(on: boolean, who: "bot"|"human") => void} onTyping a person's ends unless it is told again
 * @property {(detail: string) => void} onError Spanish text for the person
 * @property {(status: import("./live_socket.js").LinkStatus) => void} onStatus
 * @property {() => void} onExpired the server does not know the conversation any more
 * @property {(detail: string, answer: {error?: string, fields?: Record<string, string>}|null) => void} onNotOpened no
 *   conversation could be opened; with the server's answer if there was one
 */

const SILENCE_LIMIT_MS = 20_000;
/** A connection that said nothing for so long is asked whether it is still there: browsers do not notice by themselves. */
const PING_AFTER_MS = 25_000;

/** A version 4 UUID; `randomUUID` exists only on https and localhost. */
function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

export class ConversationClient {
  /** @type {LiveSocket|null} */ #socket = null;
  /**
   * Last message received in order; an acknowledgement does not count, for an older message may be under way.
   * @type {string|null}
   */
  #after = null;
  #welcomed = false;
  #first = true;
  /** @type {ConversationState} */ #state = "bot";
  #silence = 0;

  /**
   * @param {string} campaign
   * @param {import("./session_store.js").SessionStore} store
   * @param {ClientHandlers} handlers
   */
  constructor(campaign, store, handlers) {
    this.campaign = campaign;
    this.store = store;
    this.handlers = handlers;
    document.addEventListener("visibilitychange", () => {
      // A telephone that slept may come back with a connection that only seems open.
      if (!document.hidden && this.#welcomed) this.#ping();
    });
  }

  /**
   * Resumes the conversation of this tab, or opens one.
   * @param {import("./pre_chat.js").Entrance} entrance what opening one takes
   */
  async begin(entrance) {
    if (this.store.conversation) this.#follow();
    else await this.#open(entrance);
  }

  /** Leaves the present conversation, so that another one may begin. */
  leave() {
    this.stop();
    this.store.clear();
    this.#after = null;
    this.#first = true;
  }

  stop() {
    clearTimeout(this.#silence);
    this.#socket?.close();
    this.#socket = null;
    this.#welcomed = false;
  }

  /** @param {string} text */
  sendText(text) {
    this.#enqueue({ client_message_id: uuid(), text, at: new Date(now()).toISOString() });
  }

  /** @param {Choice} choice */
  sendChoice(choice) {
    this.#enqueue({ client_message_id: uuid(), text: choice.title, choice: choice.id, at: new Date(now()).toISOString() });
  }

  /**
   * The citizen is writing to the person who attends; nothing of it is kept.
   * @returns {boolean} false while nobody attends or the connection is down
   */
  sendTyping() {
    return this.#welcomed && this.#state === "human" && (this.#socket?.send({ type: "typing" }) ?? false);
  }

  /** Ends the conversation; in the survey, leaves it unanswered. */
  sendClose() {
    this.#takeStep({ type: "close" });
  }

  /** @param {import("./pre_chat.js").Entrance} entrance */
  async #open(entrance) {
    this.handlers.onStatus("connecting");
    let response;
    try {
      response = await fetch(`/api/v1/campaigns/${encodeURIComponent(this.campaign)}/conversations`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ channel: "webchat", entrance }),
      });
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // fetch reports an unreachable server as a TypeError
      this.handlers.onNotOpened("No fue posible conectarse. Revise su conexión a internet e inténtelo de nuevo.", null);
      return;
    }
    const answer = await response.json().catch(() => null);
    if (!response.ok || !answer?.conversation_id) {
      const detail = typeof answer?.detail === "string" ? answer.detail : "";
      this.handlers.onNotOpened(detail || "El servicio no responde en este momento. Le ofrezco una disculpa.", answer);
      return;
    }
    const { conversation_id, token, folio, state, messages } = answer;
    this.store.conversation = { conversation_id, token, folio };
    learnNow(messages.at(-1)?.at); // just said
    this.#receive(messages, { state, queue: null, folio });
    this.#follow();
  }

  #follow() {
    const { conversation_id, token } = this.store.conversation;
    this.#socket = new LiveSocket(`/api/v1/conversations/${encodeURIComponent(conversation_id)}/stream`, {
      onOpen: () => {
        this.#welcomed = false;
        // The browser says "open" before the server has accepted the token, hence the wait for its welcome.
        this.#socket?.send({ type: "hello", token, after: this.#after });
        this.#awaitAnswer();
      },
      onFrame: (frame) => this.#handle(frame),
      onStatus: (status) => {
        if (status !== "online") this.#welcomed = false;
        this.handlers.onStatus(status);
      },
      onRefused: () => {
        this.stop();
        this.store.clear();
        this.handlers.onExpired();
      },
    });
    this.#socket.open();
  }

  #handle(frame) {
    switch (frame.type) {
      case "welcome":
        this.#welcomed = true;
        learnNow(frame.now);
        this.#receive(frame.messages, frame);
        this.#resend();
        break;
      case "messages":
        this.#receive(frame.messages, frame);
        this.#settleStep();
        break;
      case "ack":
        this.#forget(frame.client_message_id);
        this.handlers.onConfirmed(frame.client_message_id, frame.message_id);
        break;
      case "typing":
        this.handlers.onTyping(Boolean(frame.on), frame.who === "human" ? "human" : "bot");
        break;
      case "error":
        this.handlers.onTyping(false, "bot");
        if (frame.client_message_id) {
          this.#forget(frame.client_message_id);
          this.handlers.onRejected(frame.client_message_id);
        }
        this.handlers.onError(frame.detail);
        break;
      // Unknown kinds of frame are left alone, so that the server can gain new ones before the pages do.
    }
    if (!this.#socket) return; // left meanwhile
    if (this.store.outbox.length) this.#awaitAnswer();
    else this.#rest();
  }

  /**
   * @param {Message[]} messages
   * @param {Situation} situation
   */
  #receive(messages, situation) {
    const first = this.#first;
    this.#first = false;
    this.#state = situation.state;
    // A message among them is recorded but perhaps not answered, as when the server breaks off in between: only its
    // acknowledgement takes it out of the outbox, and sent again it is answered once.
    if (messages.length) this.#after = messages.at(-1).id;
    this.handlers.onMessages(messages, situation, first);
    if (first) this.store.outbox.forEach((pending) => this.handlers.onPending(pending));
  }

  #resend() {
    for (const pending of this.store.outbox) {
      if (this.#state === "closed") {
        this.#forget(pending.client_message_id);
        this.handlers.onRejected(pending.client_message_id);
      } else {
        this.#transmit(pending);
      }
    }
    const step = this.store.step;
    if (!step) return;
    const done = this.#state === "closed" || (this.#state === "survey" && step.from !== "survey");
    if (done) this.store.step = null;
    else this.#socket?.send(step.frame);
  }

  /** @param {OutgoingMessage} message */
  #enqueue(message) {
    this.store.outbox = [...this.store.outbox, message];
    this.handlers.onPending(message);
    if (this.#welcomed) this.#transmit(message);
  }

  /** @param {OutgoingMessage} message */
  #transmit({ client_message_id, text, choice }) {
    const content = choice === undefined ? { text } : { choice };
    this.#socket?.send({ type: "message", client_message_id, ...content });
    this.#awaitAnswer();
  }

  /** @param {{type: "close"}} frame */
  #takeStep(frame) {
    this.store.step = { frame, from: this.#state };
    if (!this.#welcomed) return;
    this.#socket?.send(frame);
    this.#awaitAnswer();
  }

  /** A step is done once the conversation moves on. */
  #settleStep() {
    const step = this.store.step;
    if (step && (step.from === "survey" || step.from !== this.#state)) this.store.step = null;
  }

  /** @param {string} clientMessageId */
  #forget(clientMessageId) {
    const outbox = this.store.outbox;
    const rest = outbox.filter((pending) => pending.client_message_id !== clientMessageId);
    if (rest.length !== outbox.length) this.store.outbox = rest;
  }

  /** A connection that says nothing while it owes an answer is taken for dead. */
  #awaitAnswer() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#socket?.restart(), SILENCE_LIMIT_MS);
  }

  /** Nothing is owed: asked now and then whether it still lives, for what a person writes must not be missed. */
  #rest() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#ping(), PING_AFTER_MS);
  }

  #ping() {
    if (this.#socket?.send({ type: "ping" })) this.#awaitAnswer();
  }
}
