/**
 * The list of messages of a conversation: rendering, order, delivery marks and choices. Shared by the citizen's chat
 * and the agents' desk, which differ only in whose side is "own" and how each sender is called.
 */

import { element, icon } from "./dom.js";
import { clockTime } from "./institution_time.js";

/** @typedef {import("./conversation_client.js").Message} Message */
/** @typedef {import("./conversation_client.js").Choice} Choice */
/** @typedef {import("./conversation_client.js").Sender} Sender */
/**
 * @typedef {object} Entry
 * @property {Message} message `id` is empty until the server gives one
 * @property {HTMLElement} node
 * @property {HTMLElement} hour
 * @property {HTMLElement} mark delivery mark beside the hour
 * @property {HTMLButtonElement[]} buttons
 */
/**
 * @typedef {object} MessageListOptions
 * @property {Sender} own whose messages stand on the right
 * @property {Record<Sender, string>} names how each sender is called
 * @property {(choice: Choice) => void} [onChoose] without it choices are shown but cannot be used
 * @property {(url: string, title: string) => void} [onFile] fetches a file of the conversation; without it a link does
 */

/** A folio of an interaction; broken over two lines it is misread. */
const FOLIO = /(VEN-\d{8}-\d{7}-\d)/;

/** Path of a file of the conversation, at the citizen's door or the desk's. */
const FILE = /^\/(api\/v1|desk\/api)\/conversations\/[\w-]+\/attachments\/[\w-]+$/;

/** Scheme of other sites a citizen may be sent to. The server has checked it; here it is checked where it counts. */
const SECURE = "https:";

/** Choices of the exit survey are not shown: the chat page has a form for them. */
const SURVEY = "survey:";

/**
 * Order of two message ids, which increase along the conversation and may be numbers or sortable text.
 * @param {string} a
 * @param {string} b
 */
export function compareIds(a, b) {
  if (/^\d+$/.test(a) && /^\d+$/.test(b) && a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** An address that was written out; a full stop or a bracket after it belongs to the sentence. */
const LINK = /(https:\/\/[^\s<>"«»]*[^\s<>"«».,;:!?()])/;

/** @param {string} text */
function words(text) {
  return text.split(FOLIO).map((part, place) => (place % 2 ? element("span", { class: "message-folio", text: part }) : part));
}

/** The same, with addresses to follow (L6747): of what the institution writes; a citizen's stay words. @param {string} text */
function linkedWords(text) {
  return text.split(LINK).flatMap((part, place) => {
    const address = place % 2 ? parsed(part) : null;
    if (!address || address.username) return words(part);
    const attributes = { href: address.href, target: "_blank", rel: "noopener noreferrer" };
    return [element("a", attributes, [part, element("span", { class: "visually-hidden", text: " (se abre en otra pestaña)" })])];
  });
}

/**
 * @param {string} url
 * @returns {URL|null} null when it is no address
 */
function parsed(url) {
  try {
    return new URL(url, location.origin);
  } catch {
    return null; // `URL.canParse` is missing in telephones of a few years ago
  }
}

/**
 * A page or file to open, as a card: its title and, where it leads elsewhere, the host. An address that is neither
 * https nor of this very site stays words.
 * @param {import("./conversation_client.js").DocumentLink} link
 * @param {((url: string, title: string) => void)|undefined} onFile
 */
function documentCard({ title, url }, onFile) {
  if (FILE.test(url)) return fileCard(title, url, onFile);
  const address = parsed(url);
  const here = address?.origin === location.origin;
  const opens = address && !address.username && (here || address.protocol === SECURE);
  if (!opens) return element("p", { class: "document", text: title });
  const place = here ? null : element("span", { class: "document-place", text: address.host });
  // In another tab, and without a hand on this one: the conversation stays as it is.
  const attributes = { class: "document", href: address.href, target: "_blank", rel: "noopener noreferrer" };
  return element("a", attributes, [
    element("span", { class: "document-title", text: title }),
    element("span", { class: "visually-hidden", text: " (se abre en otra pestaña) " }),
    place,
    icon("open"),
  ]);
}

/**
 * A file that was sent in the conversation: downloaded, never opened in the page.
 * @param {string} title
 * @param {string} url path of this site
 * @param {((url: string, title: string) => void)|undefined} onFile fetches what a plain link cannot
 */
function fileCard(title, url, onFile) {
  const inside = [
    element("span", { class: "visually-hidden", text: "Descargar " }),
    element("span", { class: "document-title", text: title }),
    icon("download"),
  ];
  if (!onFile) return element("a", { class: "document", href: url, download: title }, inside);
  const button = element("button", { type: "button", class: "document" }, inside);
  button.addEventListener("click", () => onFile(url, title));
  return button;
}

export class MessageList {
  /** In the order shown: confirmed ones by id, then the pending ones. @type {Entry[]} */ #entries = [];
  #choicesAllowed = true;

  /**
   * @param {HTMLElement} log element with role="log"
   * @param {MessageListOptions} options
   */
  constructor(log, options) {
    this.log = log;
    this.options = options;
  }

  /**
   * Shows messages of the server; those already shown are only completed.
   * @param {Message[]} messages
   * @returns {Message[]} the new ones
   */
  show(messages) {
    const added = [];
    for (const message of messages) {
      if (this.#entries.some((entry) => entry.message.id === message.id)) continue;
      const pending = message.client_message_id ? this.#find(message.client_message_id) : undefined;
      if (pending) {
        this.#settle(pending, message.id, message.at);
      } else {
        this.#place(this.#build(message));
        added.push(message);
      }
    }
    this.#refresh();
    return added;
  }

  /**
   * Shows at once a message that is still on its way.
   * @param {{client_message_id: string, text: string, at: string}} outgoing
   */
  addPending({ client_message_id, text, at }) {
    if (this.#find(client_message_id)) return;
    const entry = this.#build({ id: "", sender: this.options.own, text, client_message_id, at });
    entry.node.classList.add("is-pending");
    entry.mark.textContent = "enviando…";
    this.#place(entry);
    this.#refresh();
  }

  /**
   * @param {string} clientMessageId
   * @param {string} messageId
   */
  confirm(clientMessageId, messageId) {
    const entry = this.#find(clientMessageId);
    if (entry && !entry.message.id) this.#settle(entry, messageId);
    this.#refresh();
  }

  /** @param {string} clientMessageId */
  reject(clientMessageId) {
    const entry = this.#find(clientMessageId);
    if (!entry || entry.message.id) return;
    entry.node.classList.replace("is-pending", "is-rejected");
    entry.mark.textContent = "no se envió";
    entry.mark.removeAttribute("aria-hidden");
  }

  /** Marks everything unconfirmed as not delivered. */
  rejectPending() {
    for (const { message } of this.#entries) {
      if (!message.id && message.client_message_id) this.reject(message.client_message_id);
    }
  }

  /** @param {boolean} allowed choices mean something only while the bot or the queue can read them */
  allowChoices(allowed) {
    this.#choicesAllowed = allowed;
    this.#refresh();
  }

  clear() {
    this.#entries = [];
    this.log.replaceChildren();
  }

  /** @returns {import("./conversation_client.js").Asks|null} what the last message to the citizen asks for */
  get expected() {
    return this.#entries.filter((entry) => entry.message.sender !== "user").at(-1)?.message.asks ?? null;
  }

  /** @returns {Message[]} what is shown, in order, as delivered */
  get delivered() {
    return this.#entries.filter((entry) => entry.message.id).map((entry) => entry.message);
  }

  /** @param {string} clientMessageId */
  #find(clientMessageId) {
    return this.#entries.find((entry) => entry.message.client_message_id === clientMessageId);
  }

  /**
   * @param {Entry} entry
   * @param {string} messageId
   * @param {string} [at] when the server received it
   */
  #settle(entry, messageId, at = entry.message.at) {
    const duplicate = this.#entries.find((other) => other !== entry && other.message.id === messageId);
    if (duplicate) {
      this.#entries = this.#entries.filter((other) => other !== duplicate);
      duplicate.node.remove();
    }
    entry.message.id = messageId;
    entry.message.at = at;
    entry.hour.setAttribute("datetime", at);
    entry.hour.textContent = clockTime(at);
    entry.node.classList.remove("is-pending", "is-rejected");
    entry.mark.textContent = "enviado";
    this.#place(entry);
  }

  /** Puts an entry where its id belongs; moves the node only if it stands elsewhere, lest it be announced again. */
  #place(entry) {
    this.#entries = this.#entries.filter((other) => other !== entry);
    const id = entry.message.id;
    const isLater = (/** @type {Entry} */ other) => !other.message.id || compareIds(other.message.id, id) > 0;
    const position = id ? this.#entries.findIndex(isLater) : -1;
    const next = position < 0 ? null : this.#entries[position];
    this.#entries.splice(position < 0 ? this.#entries.length : position, 0, entry);
    const inPlace = entry.node.isConnected && entry.node.nextElementSibling === (next?.node ?? null);
    if (!inPlace) this.log.insertBefore(entry.node, next?.node ?? null);
  }

  /**
   * @param {Message} message
   * @returns {Entry}
   */
  #build(message) {
    const own = message.sender === this.options.own;
    const hour = element("time", { datetime: message.at, text: clockTime(message.at) });
    const mark = element("span", { class: "message-mark", "aria-hidden": true, text: "enviado" });
    const choices = (message.choices ?? []).filter((choice) => !choice.id.startsWith(SURVEY));
    const buttons = choices.map((choice) => this.#choiceButton(choice));
    const name = this.options.names[message.sender];
    const said = message.sender === "user" ? words(message.text) : linkedWords(message.text);
    const node = element("div", { class: `message from-${message.sender}${own ? " is-own" : ""}` }, [
      name ? element("p", { class: "message-sender", text: name }) : null,
      element("div", { class: "bubble" }, [element("p", { class: "message-text" }, said)]),
      message.document ? documentCard(message.document, this.options.onFile) : null,
      buttons.length ? element("div", { class: "choices", role: "group", "aria-label": "Opciones" }, buttons) : null,
      element("p", { class: "message-meta" }, [hour, own ? mark : null]),
    ]);
    return { message: { ...message }, node, hour, mark, buttons };
  }

  /**
   * @param {Choice} choice
   * @returns {HTMLButtonElement}
   */
  #choiceButton(choice) {
    const button = /** @type {HTMLButtonElement} */ (element("button", { type: "button", class: "choice" }, [
      element("span", { text: choice.title }),
      icon("next"),
    ]));
    button.addEventListener("click", () => {
      button.classList.add("is-chosen");
      this.options.onChoose?.(choice);
    });
    return button;
  }

  /**
   * Recomputes what depends on the neighbours: the sender's name is shown once per run of messages, the mark "enviado"
   * only under the last one, and choices can be used only until something newer answers or replaces them. Text of the
   * bot without choices does not close them: it often follows its own menu with a further sentence.
   */
  #refresh() {
    let open = this.#choicesAllowed && Boolean(this.options.onChoose);
    let lastOwn = true;
    for (let index = this.#entries.length - 1; index >= 0; index -= 1) {
      const { message, node, buttons } = this.#entries[index];
      const previous = this.#entries[index - 1];
      const next = this.#entries[index + 1];
      node.classList.toggle("is-first", previous?.message.sender !== message.sender);
      node.classList.toggle("is-last", next?.message.sender !== message.sender || buttons.length > 0);
      node.classList.toggle("is-last-own", message.sender === this.options.own && lastOwn);
      if (message.sender === this.options.own) lastOwn = false;
      buttons.forEach((button) => { button.disabled = !open; });
      if (buttons.length || message.sender !== "bot") open = false;
    }
  }
}
