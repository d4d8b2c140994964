/** The desk's two lists: conversations that wait and conversations of this agent. */

import { element, icon, required } from "./dom.js";
import { now } from "./institution_time.js";

/** @typedef {import("./desk_api.js").DeskConversation} DeskConversation */

/**
 * Time since an instant, in words short enough for a card.
 * @param {string} since ISO instant
 */
export function waitingTime(since) {
  const minutes = Math.floor((now() - Date.parse(since)) / 60_000);
  if (!(minutes >= 1)) return "menos de 1 min";
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/**
 * Emergencies first, then who has waited longest.
 * @param {DeskConversation} a
 * @param {DeskConversation} b
 */
export function byUrgency(a, b) {
  if (a.priority !== b.priority) return a.priority ? -1 : 1;
  return Date.parse(a.waiting_since) - Date.parse(b.waiting_since);
}

/** One list. Cards are kept and updated, not rebuilt, so that the keyboard's focus stays where it was. */
export class ConversationList {
  /** @type {Map<string, {node: HTMLElement, button: HTMLElement, conversation: DeskConversation}>} */
  #cards = new Map();

  /**
   * @param {HTMLElement} section holds `ul`, `.count` and `.empty`
   * @param {{action: "take"|"open", onPick: (conversation: DeskConversation) => void}} options
   */
  constructor(section, { action, onPick }) {
    this.section = section;
    this.list = required("ul", section);
    this.count = required(".count", section);
    this.empty = required(".empty", section);
    this.action = action;
    this.onPick = onPick;
  }

  /** @param {DeskConversation[]} conversations in the order to show */
  show(conversations) {
    const ids = new Set(conversations.map((conversation) => conversation.conversation_id));
    for (const [id, card] of this.#cards) {
      if (ids.has(id)) continue;
      card.node.remove();
      this.#cards.delete(id);
    }
    conversations.forEach((conversation, position) => {
      const card = this.#cards.get(conversation.conversation_id) ?? this.#build(conversation);
      card.conversation = conversation;
      this.#fill(card);
      if (this.list.children[position] !== card.node) this.list.insertBefore(card.node, this.list.children[position] ?? null);
    });
    this.count.textContent = String(conversations.length);
    this.empty.hidden = conversations.length > 0;
  }

  /**
   * @param {string[]} open ids of the conversations that stand beside each other
   * @param {string|null} active the one among them that is attended now
   */
  mark(open, active) {
    for (const [id, { node, button }] of this.#cards) {
      node.classList.toggle("is-open", open.includes(id));
      node.classList.toggle("is-active", id === active);
      button.setAttribute("aria-current", String(id === active));
    }
  }

  /** Renews the times that pass by themselves. */
  tick() {
    for (const { node, conversation } of this.#cards.values()) {
      required(".since", node).textContent = waitingTime(conversation.waiting_since);
    }
  }

  /** The conversation's card, else the first, else the list itself. @param {string} [id] */
  focus(id = "") {
    (this.#cards.get(id)?.button ?? this.list.querySelector("button") ?? this.section).focus();
  }

  /** @param {DeskConversation} conversation */
  #build(conversation) {
    const body = [
      element("span", { class: "flag" }, [icon("alert"), "Emergencia"]),
      element("span", { class: "card-title" }),
      element("span", { class: "card-reason" }),
      element("span", { class: "card-words" }),
      element("span", { class: "card-topic" }),
      element("span", { class: "card-text" }),
      element("span", { class: "card-meta" }, [
        icon("clock"), element("span", { class: "since" }), element("span", { class: "card-folio" }),
        element("span", { class: "badge" }),
      ]),
    ];
    const take = this.action === "take";
    const button = take
      ? element("button", { type: "button", class: "button is-main", text: "Tomar" })
      : element("button", { type: "button", class: "card-open" }, body);
    const node = element("li", { class: "card" }, take ? [...body, button] : [button]);
    const card = { node, button, conversation };
    button.addEventListener("click", () => this.onPick(card.conversation));
    this.#cards.set(conversation.conversation_id, card);
    return card;
  }

  /** @param {{node: HTMLElement, button: HTMLElement, conversation: DeskConversation}} card */
  #fill({ node, button, conversation }) {
    const { campaign_name, reason_label, priority, waiting_since, last_text, unread, folio, topic_label, emergency_words } = conversation;
    node.classList.toggle("is-priority", priority);
    required(".flag", node).hidden = !priority;
    required(".card-title", node).textContent = campaign_name;
    const reason = required(".card-reason", node);
    reason.textContent = reason_label;
    reason.hidden = priority && reason_label === "Emergencia"; // the flag already says it
    const said = required(".card-words", node);
    said.textContent = emergency_words ? `«${emergency_words}»` : "";
    said.hidden = !emergency_words;
    const topic = required(".card-topic", node);
    topic.textContent = `Tema: ${topic_label}`;
    topic.hidden = !topic_label;
    // What was said last tells something only to the person who is in the conversation.
    const last = required(".card-text", node);
    last.textContent = last_text;
    last.hidden = this.action === "take" || !last_text;
    required(".since", node).textContent = waitingTime(waiting_since);
    required(".card-folio", node).textContent = folio;
    const badge = required(".badge", node);
    badge.hidden = !unread;
    badge.textContent = unread === 1 ? "1 nuevo" : `${unread} nuevos`;
    if (this.action !== "take") return;
    button.setAttribute("aria-label", `Tomar ${priority ? "emergencia" : "conversación"} de ${campaign_name}, ${folio}`);
  }
}
