/** Attending several conversations at once: opening them side by side, answering, passing on, ending. */

import { DeskRefusal } from "./desk_api.js";
import { ClosingDialog } from "./desk_closing.js";
import { PhrasesDialog } from "./desk_phrases.js";
import { Tile } from "./desk_tile.js";
import { Tiles } from "./desk_tiles.js";
import { TransferDialog } from "./desk_transfer.js";
import { required } from "./dom.js";

/** @typedef {import("./desk_api.js").DeskConversation} DeskConversation */
/**
 * @typedef {object} DeskHands what the rest of the desk does when something happens here
 * @property {() => Promise<void>} refresh asks for the lists again
 * @property {() => void} changed another conversation is active, or one has been read
 * @property {() => void} reach brings the conversations into sight
 * @property {() => void} leave shows the lists where there is no room for all
 * @property {(id?: string) => void} focusList with nothing else in sight, the card of `id` or the first
 * @property {(detail: string) => void} problem
 * @property {(words: string) => void} told
 */

export class Attention {
  /**
   * @param {import("./desk_api.js").DeskApi} api
   * @param {import("./desk_tools.js").Attempt} attempt
   * @param {DeskHands} desk
   */
  constructor(api, attempt, desk) {
    this.api = api;
    this.attempt = attempt;
    this.desk = desk;
    this.context = required("#context");
    this.contextNone = required("#context-none");
    this.contextPlace = required("#context-place");
    this.closing = new ClosingDialog(required("#closing"));
    this.transferring = new TransferDialog(required("#transfer"));
    this.phrases = new PhrasesDialog(required("#phrases"));
    this.tiles = new Tiles(required("#conversation"), {
      active: (tile) => this.#showKnown(tile),
      reach: (tile) => this.#reach(tile),
    });
  }

  /** Opens a conversation beside those that are open, or goes to it. @param {string} id @param {boolean} [watched] */
  async open(id, watched = false) {
    const { value: detail } = await this.attempt(() => this.api.detail(id));
    if (!detail) return;
    const tile = this.tiles.get(id) ?? this.#build(id);
    if (watched) tile.isWatched = true;
    tile.show(detail);
    tile.setMine(detail.mine);
    this.desk.reach(); // before it is shown: what is out of sight cannot be scrolled to its end
    this.tiles.show(tile);
    tile.panel.focus();
    await tile.tools.show(detail.mine);
  }

  /** A supervisor looks on at one conversation; what is said comes by the stream. @param {string} id */
  async watch(id) {
    const { done } = await this.attempt(() => this.api.watch(id));
    if (!done) return;
    this.tiles.open.filter((tile) => tile.isWatched && tile.id !== id).forEach((tile) => this.tiles.hide(tile));
    await this.open(id, true);
  }

  /** Completes what is open; the stream may have been cut while something was said. */
  async renewAll() {
    await Promise.all(this.tiles.all.filter((tile) => tile.isMine || tile.isWatched).map((tile) => this.#renew(tile)));
  }

  /** The lists as the server tells them: who is still attended here, and where an emergency arose. @param {DeskConversation[]} mine */
  follow(mine) {
    for (const tile of this.tiles.all) {
      const one = mine.find((other) => other.conversation_id === tile.id);
      tile.setMine(Boolean(one));
      if (one?.priority && !tile.panel.isUrgent) this.#renew(tile);
    }
  }

  /** The focus goes to the conversation used before; with none in sight, to the list. @param {string} [id] */
  goOn(id) {
    const before = this.tiles.active;
    if (before?.panel.inSight) before.panel.focus();
    else this.desk.focusList(id);
  }

  /** @param {Tile|null} tile whose context is shown; it keeps what was typed into it while it is not */
  #showKnown(tile) {
    this.contextNone.hidden = tile !== null;
    this.contextPlace.replaceChildren(...(tile ? [tile.known] : []));
    this.context.scrollTop = 0;
    this.desk.changed();
  }

  /** @param {Tile} tile */
  #reach(tile) {
    this.desk.reach();
    this.tiles.activate(tile);
    tile.panel.focus();
  }

  /** @param {string} id */
  #build(id) {
    /** @type {Tile} */ const tile = new Tile(id, this.api, this.attempt, {
      act: (action) => this.#act(tile, action),
      say: (text) => this.#say(tile, text),
      typing: () => this.#tellTyping(id),
      problem: this.desk.problem,
      use: (text) => {
        this.desk.reach();
        tile.panel.insert(text);
      },
    });
    return tile;
  }

  /** @param {Tile} tile @param {import("./desk_tile.js").TileAction} action */
  async #act(tile, action) {
    if (action === "hide") this.#hide(tile);
    if (action === "takeOver") await this.#takeOver(tile);
    if (action === "end") this.closing.open(tile.topics, (topics, note) => (
      this.#leave(tile, this.closing, () => this.api.close(tile.id, topics, note), "Atención terminada.")));
    if (action === "phrases") {
      const { value } = await this.attempt(() => this.api.phrases(tile.id));
      if (value) this.phrases.open(value.phrases, (text) => tile.panel.insert(text));
    }
    if (action === "transfer") {
      const { value } = await this.attempt(() => this.api.targets(tile.id));
      if (value) this.transferring.open(value, (transfer) => (
        this.#leave(tile, this.transferring, () => this.api.transfer(tile.id, transfer), "Conversación transferida.")));
    }
  }

  /** @param {Tile} tile */
  #hide(tile) {
    this.tiles.hide(tile);
    this.goOn(tile.id);
  }

  /** @param {Tile} tile */
  async #takeOver(tile) {
    const { done } = await this.attempt(() => this.api.takeOver(tile.id));
    await this.desk.refresh();
    if (done) await this.open(tile.id);
  }

  /**
   * @param {Tile} tile
   * @param {{dialog: HTMLDialogElement}} asked what the agent decided it in
   * @param {() => Promise<unknown>} action what takes the conversation away
   * @param {string} told
   */
  async #leave(tile, { dialog }, action, told) {
    const { done, detail } = await this.attempt(action);
    if (!done) return detail;
    this.tiles.drop(tile);
    this.desk.told(told);
    await this.desk.refresh();
    this.desk.leave();
    // Until the dialog is closed nothing else can take the focus.
    if (dialog.open) dialog.addEventListener("close", () => this.goOn(), { once: true });
    return "";
  }

  /** @param {Tile} tile @param {string} text */
  async #say(tile, text) {
    const { done } = await this.attempt(() => this.api.say(tile.id, text));
    if (done && tile.isMine) await this.#renew(tile);
    return done;
  }

  /** @param {Tile} tile */
  async #renew(tile) {
    const { value: detail } = await this.attempt(() => this.api.detail(tile.id));
    if (!detail) return;
    tile.show(detail);
    this.desk.changed();
  }

  /** A sign that fails is not worth a word: the next one comes in a moment. @param {string} id */
  #tellTyping(id) {
    this.api.typing(id).catch((error) => { if (!(error instanceof DeskRefusal)) throw error; });
  }
}
