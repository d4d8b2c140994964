/** One conversation that is open at the desk, whole: its panel, what is already known, and the agent's tools for it. */

import { showContext } from "./desk_context.js";
import { ConversationPanel } from "./desk_conversation.js";
import { DeskTools } from "./desk_tools.js";
import { element, required } from "./dom.js";

/** @typedef {import("./desk_api.js").DeskDetail} DeskDetail */
/** @typedef {"hide"|"phrases"|"transfer"|"end"|"takeOver"} TileAction what its buttons ask for */

/** @param {string} template @returns {HTMLElement} */
function copyOf(template) {
  return document.importNode(required(template).content.firstElementChild, true);
}

export class Tile {
  /** Whether this agent attends it. */ isMine = false;
  /** Whether a supervisor only looks on. */ isWatched = false;
  /** The campaign's tipificaciones. @type {import("./desk_api.js").DeskTopic[]} */ topics = [];
  /** What `known` shows, to leave it alone while nothing of it changes. */
  #shown = "";

  /**
   * @param {string} id
   * @param {import("./desk_api.js").DeskApi} api
   * @param {import("./desk_tools.js").Attempt} attempt
   * @param {{act: (action: TileAction) => void, say: (text: string) => Promise<boolean>, typing: () => void,
   *   problem: (detail: string) => void, use: (text: string) => void}} on
   */
  constructor(id, api, attempt, on) {
    this.id = id;
    this.api = api;
    this.attempt = attempt;
    const node = copyOf("#conversation-template");
    this.panel = new ConversationPanel(id, node, { ...on, files: () => api.filesOf(id) });
    /** Shown beside the tiles while this one is active; else out of the page, with all that was typed into it. */
    this.known = copyOf("#context-template");
    this.tools = new DeskTools(required("#desk-tools", this.known), api, attempt, { id, onUse: on.use });
    node.querySelectorAll("[data-do]").forEach((/** @type {HTMLButtonElement} */ button) => {
      button.addEventListener("click", () => on.act(/** @type {TileAction} */ (button.dataset.do)));
    });
  }

  /** @param {DeskDetail} detail */
  show(detail) {
    const { conversation, screen_pop, mine, topics } = detail;
    this.panel.show(detail);
    this.topics = topics;
    const shown = JSON.stringify([screen_pop, conversation.priority, mine]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    required("#context-of", this.known).replaceChildren(
      `${conversation.campaign_name} · `, element("span", { class: "folio", text: conversation.folio }),
    );
    showContext(required("#context-body", this.known), screen_pop, conversation.priority, mine ? () => this.#telephones() : null);
  }

  /** @param {boolean} mine */
  setMine(mine) {
    this.isMine = mine;
    if (mine) this.isWatched = false;
    this.panel.setMine(mine, this.isWatched ? "Usted observa esta conversación; quien atiende no lo ve." : undefined);
    required("[data-do=takeOver]", this.panel.node).hidden = !this.isWatched;
  }

  async #telephones() {
    return (await this.attempt(() => this.api.telephones(this.id))).value?.telephones ?? null;
  }
}
