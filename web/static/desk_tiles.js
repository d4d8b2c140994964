/** Conversations side by side: which are in sight, which one is active, and how the keyboard goes from one to the next. */

import { required } from "./dom.js";

/** @typedef {import("./desk_tile.js").Tile} Tile */

/** As many as an agent attends at once (`max_sessions` in desk/assignment.py); an emergency beyond them finds room too. */
const MOST = 5;

export class Tiles {
  /** In sight or put away with what was typed; the one used last stands last. @type {Map<string, Tile>} */
  #tiles = new Map();
  /** @type {Tile|null} */ #active = null;

  /**
   * @param {HTMLElement} section
   * @param {{active: (tile: Tile|null) => void, reach: (tile: Tile) => void}} on `active`: another one is, or none;
   *   `reach`: the keyboard goes there
   */
  constructor(section, on) {
    this.row = required("#tiles", section);
    this.none = required("#none-open", section);
    this.on = on;
    for (const kind of ["focusin", "pointerdown"]) {
      this.row.addEventListener(kind, (/** @type {Event} */ event) => {
        const node = /** @type {HTMLElement|null} */ (/** @type {Element} */ (event.target).closest("[data-id]"));
        const tile = this.get(node?.dataset.id ?? "");
        if (tile) this.activate(tile);
      });
    }
    document.addEventListener("keydown", (event) => this.#move(event));
  }

  get active() {
    return this.#active;
  }

  /** All of them, also those put away. */
  get all() {
    return [...this.#tiles.values()];
  }

  /** Those side by side; where there is room for one, only the active one is to be seen. */
  get open() {
    return this.all.filter((tile) => tile.panel.node.isConnected);
  }

  /** @param {string} id */
  get(id) {
    return this.#tiles.get(id);
  }

  /** Opens a conversation beside the others; one that is open already only becomes active. @param {Tile} tile */
  show(tile) {
    if (!tile.panel.node.isConnected) {
      this.#makeRoom();
      this.row.append(tile.panel.node);
      tile.panel.reveal();
    }
    this.#tiles.set(tile.id, tile);
    this.activate(tile);
  }

  /** @param {Tile} tile */
  activate(tile) {
    if (tile === this.#active) return;
    const appears = !tile.panel.inSight;
    this.#active = tile;
    this.#tiles.delete(tile.id);
    this.#tiles.set(tile.id, tile);
    this.#mark();
    if (appears) tile.panel.reveal();
    this.on.active(tile);
  }

  /** Out of sight; what is attended is kept as it is. The one used before becomes active. @param {Tile} tile */
  hide(tile) {
    if (!tile.isMine) this.#tiles.delete(tile.id);
    tile.panel.node.remove();
    this.#mark();
    if (tile !== this.#active) return;
    this.#active = null;
    const before = this.open.at(-1);
    if (before) this.activate(before);
    else this.on.active(null);
  }

  /** Forgets a conversation that is over here. @param {Tile} tile */
  drop(tile) {
    tile.isMine = false;
    this.hide(tile);
  }

  /** Whether the agent has this conversation before their eyes. @param {string} id */
  isLookedAt(id) {
    return this.#active?.id === id && !document.hidden && this.#active.panel.inSight;
  }

  /** What is looked at has been read; what is put away and attended no more is forgotten. */
  review() {
    for (const tile of this.all) {
      if (this.isLookedAt(tile.id)) tile.panel.unread = 0;
      if (!tile.isMine && !tile.panel.node.isConnected) this.#tiles.delete(tile.id);
    }
  }

  /** A conversation that is over makes room; beyond the most, the one not used for longest is put away. */
  #makeRoom() {
    this.open.filter((tile) => !tile.isMine && !tile.isWatched).forEach((tile) => this.hide(tile));
    while (this.open.length >= MOST) this.hide(this.open[0]);
  }

  #mark() {
    this.none.hidden = this.row.children.length > 0;
    this.row.hidden = !this.none.hidden;
    for (const { panel: { node } } of this.open) {
      const isActive = node.dataset.id === this.#active?.id;
      node.classList.toggle("is-active", isActive);
      node.setAttribute("aria-current", String(isActive));
    }
  }

  /** F6 goes to the next conversation, with Shift to the one before; from elsewhere, back to the active one. */
  #move(/** @type {KeyboardEvent} */ event) {
    if (event.key !== "F6" || event.altKey || event.ctrlKey || event.metaKey || !this.#active) return;
    if (document.querySelector("dialog[open]")) return;
    event.preventDefault();
    const inOrder = [...this.row.children].map((node) => this.#tiles.get(node.dataset.id));
    const step = !this.row.contains(document.activeElement) ? 0 : event.shiftKey ? -1 : 1;
    const next = inOrder.at((inOrder.indexOf(this.#active) + step) % inOrder.length);
    if (next) this.on.reach(next);
  }
}
