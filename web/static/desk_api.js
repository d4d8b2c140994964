/** The desk's door to the server: JSON over the session cookie, with the page's anti-forgery token on every request. */

/**
 * @typedef {object} DeskConversation
 * @property {string} conversation_id
 * @property {string} folio
 * @property {string} campaign
 * @property {string} campaign_name
 * @property {string|null} topic
 * @property {string} topic_label
 * @property {string} emergency_words what the citizen said that made it an emergency; else empty
 * @property {string} reason_label why the bot handed over, in Spanish
 * @property {boolean} priority emergency: goes before all others
 * @property {string} waiting_since ISO instant
 * @property {string} last_text
 * @property {number} unread
 */
/** @typedef {{id: string, label: string}} DeskTopic */
/**
 * @typedef {object} ScreenPop what is already known, so that the person need not repeat it
 * @property {string} folio
 * @property {string} campaign_name
 * @property {string} channel
 * @property {string} origin
 * @property {string} opened_at
 * @property {string} reason
 * @property {string} reason_label
 * @property {string|null} topic
 * @property {string} emergency_words
 * @property {string[]} telephones masked
 * @property {string[]} path
 * @property {{level: string, masked_nss: string|null}|null} identified
 * @property {Record<string, string>} form what was written into the form before the chat, masked
 * @property {Record<string, unknown>} data
 * @property {{service: string, at: string, result: string}[]} lookups `at`: HH:MM:SS in the institution's time
 */
/** @typedef {{id: string, from: import("./conversation_client.js").Sender, at: string, text: string}} TranscriptLine */
/**
 * @typedef {object} DeskDetail
 * @property {DeskConversation} conversation
 * @property {ScreenPop} screen_pop
 * @property {boolean} mine whether this agent attends it
 * @property {TranscriptLine[]} transcript
 * @property {DeskTopic[]} topics
 */

/**
 * @typedef {object} LeftMessage a message for the staff, left while nobody attended
 * @property {string} conversation_id
 * @property {string} folio
 * @property {string} campaign_name
 * @property {string} at ISO instant
 * @property {string} topic empty = none was served before
 * @property {string} preview masked
 * @property {string} telephone masked in the list, in clear once opened; empty = none
 * @property {{name: string, at: string}[]} openings who has read it
 * @property {string[]} [words] all that was written; only once opened
 * @property {string|null} due the business day it is to be worked, `2026-10-16`
 * @property {boolean} is_late whether that day is over
 */

/**
 * @typedef {object} Me this agent's station
 * @property {string} state chosen
 * @property {string} shown as others see it: who is available and has conversations is `en_atencion`
 * @property {string} label of `shown`
 * @property {string|null} since ISO instant
 * @property {boolean} must_confirm an offer was missed: nothing comes until availability is confirmed
 * @property {string} level
 * @property {string} level_label
 * @property {number} limit
 * @property {boolean} supervisor
 * @property {string} leaving what leaving now would mean for open conversations; empty without any
 */

/** @typedef {{author: string, at: string, text: string, whisper: boolean}} StaffNote `whisper`: a supervisor's */
/**
 * @typedef {object} Targets
 * @property {{id: string, label: string, present: number}[]} levels
 * @property {{id: string, label: string, open: boolean}[]} campaigns
 * @property {boolean} bot
 * @property {{id: string, label: string}[]} reasons
 */
/** @typedef {{level?: string, campaign?: string, to_bot?: boolean, reason: string, note: string}} Transfer */
/** @typedef {{topic: string, title: string, kind: string, tramite: string, text: string, link: string|null}} KnownArticle */
/**
 * @typedef {object} EarlierInteraction
 * @property {string} folio
 * @property {string} opened_at
 * @property {string} campaign_name
 * @property {string[]} topic_labels
 * @property {string} state
 * @property {boolean} by_people
 * @property {boolean|null} resolved what the survey said
 */
/**
 * @typedef {object} StaffRoom
 * @property {{number: number, at: string, text: string, own: boolean, from: string, to: string}[]} messages
 * @property {{id: string, label: string}[]} recipients whom a supervisor may write to; empty for agents
 */
/**
 * @typedef {object} Team
 * @property {{username: string, name: string, level_label: string, state: string, label: string, since: string,
 *   must_confirm: boolean, open: number, limit: number}[]} agents
 * @property {{conversation_id: string, folio: string, campaign_name: string, agent: string, since: string,
 *   priority: boolean}[]} attended
 * @property {number} waiting
 */

/** The server did not do what was asked; the message is Spanish and meant for the agent. */
export class DeskRefusal extends Error {}

export class DeskApi {
  /** @param {string} csrfToken */
  constructor(csrfToken) {
    this.csrfToken = csrfToken;
  }

  /**
   * @returns {Promise<{now: string, me: Me, offers: (DeskConversation & {until: string})[], queued: DeskConversation[],
   *   mine: DeskConversation[]}>}
   */
  lists() {
    return this.#ask("GET", "/desk/api/conversations");
  }

  /** @param {string} id @returns {Promise<DeskDetail>} */
  detail(id) {
    return this.#ask("GET", this.#path(id));
  }

  /** @param {string} id */
  take(id) {
    return this.#ask("POST", this.#path(id, "take"), {});
  }

  /** Declines what rings here. @param {string} id */
  decline(id) {
    return this.#ask("POST", this.#path(id, "decline"), {});
  }

  /** @param {string} state @returns {Promise<Me>} */
  choose(state) {
    return this.#ask("POST", "/desk/api/me/state", { state });
  }

  /** A sign of life. */
  active() {
    return this.#ask("POST", "/desk/api/me/active", {});
  }

  /**
   * Logs out; with open conversations only if they may go back to the queue.
   * @param {boolean} giveBack
   * @returns {Promise<string>} empty once done, else why not, in Spanish
   */
  async leave(giveBack) {
    const body = new URLSearchParams({ csrf_token: this.csrfToken, give_back: giveBack ? "yes" : "" });
    const response = await fetch("/desk/logout", { method: "POST", body }).catch(() => null);
    if (response?.status !== 409) return "";
    return (await response.json()).detail;
  }

  /** @param {string} id @param {string} text */
  say(id, text) {
    return this.#ask("POST", this.#path(id, "messages"), { text });
  }

  /** Shows the citizen that this person is writing. @param {string} id */
  typing(id) {
    return this.#ask("POST", this.#path(id, "typing"), {});
  }

  /** Where a file to the citizen goes, with the page's proof. @param {string} id */
  filesOf(id) {
    return { url: this.#path(id, "attachments"), headers: { "X-CSRF-Token": this.csrfToken } };
  }

  /** @param {string} id @param {string[]} topics 1 to 5 ids @param {string} note empty = none */
  close(id, topics, note) {
    return this.#ask("POST", this.#path(id, "close"), note ? { topics, note } : { topics });
  }

  /** Has the citizen's telephones shown; the server records it. @param {string} id @returns {Promise<{telephones: string[]}>} */
  telephones(id) {
    return this.#ask("POST", this.#path(id, "telephones"), {});
  }

  /** @returns {Promise<{now: string, messages: LeftMessage[]}>} */
  leftMessages() {
    return this.#ask("GET", "/desk/api/messages");
  }

  /** Opens a left message; the server records it. @param {string} id @returns {Promise<LeftMessage>} */
  openLeftMessage(id) {
    return this.#ask("POST", `/desk/api/messages/${encodeURIComponent(id)}/open`, {});
  }

  /** @param {string} id @param {string} note what was done */
  finishLeftMessage(id, note) {
    return this.#ask("POST", `/desk/api/messages/${encodeURIComponent(id)}/done`, { note });
  }

  /** @returns {Promise<{now: string, callbacks: import("./desk_callbacks.js").Callback[], results: {id: string, label: string}[]}>} */
  callbacks() {
    return this.#ask("GET", "/desk/api/callbacks");
  }

  /** Opens a call that was asked for; the server records it. @param {string} id */
  openCallback(id) {
    return this.#ask("POST", `/desk/api/callbacks/${encodeURIComponent(id)}/open`, {});
  }

  /** @param {string} id @param {string} result @param {string} note */
  callbackTried(id, result, note) {
    return this.#ask("POST", `/desk/api/callbacks/${encodeURIComponent(id)}/attempts`, { result, note });
  }

  /** @param {string} id @returns {Promise<Targets>} */
  targets(id) {
    return this.#ask("GET", this.#path(id, "targets"));
  }

  /** @param {string} id @param {Transfer} transfer */
  transfer(id, transfer) {
    return this.#ask("POST", this.#path(id, "transfer"), transfer);
  }

  /** @param {string} id @returns {Promise<{notes: StaffNote[]}>} */
  notes(id) {
    return this.#ask("GET", this.#path(id, "notes"));
  }

  /** @param {string} id @param {string} text @returns {Promise<{notes: StaffNote[]}>} */
  addNote(id, text) {
    return this.#ask("POST", this.#path(id, "notes"), { text });
  }

  /** @param {string} id @returns {Promise<{phrases: {group: string, text: string}[]}>} */
  phrases(id) {
    return this.#ask("GET", this.#path(id, "phrases"));
  }

  /**
   * @param {string} id @param {string} words @param {string} kind
   * @returns {Promise<{articles: KnownArticle[], kinds: string[]}>}
   */
  knowledge(id, words, kind) {
    return this.#ask("GET", `${this.#path(id, "knowledge")}?${new URLSearchParams({ words, kind })}`);
  }

  /**
   * What the same person did before; the server records who looked.
   * @param {string} id @param {Record<string, string>} asked nss, telephone or folio that the citizen names
   * @returns {Promise<{earlier: EarlierInteraction[]}>}
   */
  earlier(id, asked) {
    return this.#ask("POST", this.#path(id, "history"), asked);
  }

  /** @returns {Promise<StaffRoom>} */
  staffMessages() {
    return this.#ask("GET", "/desk/api/staff-messages");
  }

  /** @param {string} text @param {string|null} to user name; null = the supervisors @returns {Promise<StaffRoom>} */
  writeToStaff(text, to) {
    return this.#ask("POST", "/desk/api/staff-messages", { text, to });
  }

  /** For supervisors. @returns {Promise<Team>} */
  team() {
    return this.#ask("GET", "/desk/api/team");
  }

  /** Looks on live; the server records it. @param {string} id */
  watch(id) {
    return this.#ask("POST", this.#path(id, "watch"), {});
  }

  /** @param {string} id */
  takeOver(id) {
    return this.#ask("POST", this.#path(id, "take-over"), {});
  }

  #path(id, action = "") {
    return `/desk/api/conversations/${encodeURIComponent(id)}${action && `/${action}`}`;
  }

  async #ask(method, path, body = undefined) {
    const headers = { "X-CSRF-Token": this.csrfToken, Accept: "application/json" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    let response;
    try {
      response = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // fetch reports an unreachable server as a TypeError
      throw new DeskRefusal("Sin conexión con el servidor. Inténtelo de nuevo.");
    }
    if (response.status === 401) location.assign("/desk");
    const answer = await response.json().catch(() => null);
    if (response.ok) return answer;
    const detail = typeof answer?.detail === "string" ? answer.detail : "";
    throw new DeskRefusal(detail || `El servidor no pudo hacerlo (código ${response.status}).`);
  }
}
