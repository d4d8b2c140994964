/**
 * The chat's side of the talk with `widget.js` when it lives in an iframe on another site. Nothing of the conversation
 * crosses: only the campaign's name, how many messages are unread, and the wish to be hidden.
 *
 * The host page speaks first. Its origin is then the only one answered, and only messages of the direct parent with
 * the agreed shape are read; which sites may embed at all is decided by the server's `frame-ancestors`.
 */

const MARK = "ventanilla";

export class Embedding {
  /** @type {string|null} */ #hostOrigin = null;

  /**
   * @param {boolean} embedded
   * @param {{name: string, onShown: (shown: boolean, focus: boolean) => void}} options `onShown`: the widget opened or
   *   hid the chat; `focus`: because the person asked for it, who then goes on there by keyboard
   */
  constructor(embedded, { name, onShown }) {
    this.active = embedded && window.parent !== window;
    if (!this.active) return;
    window.addEventListener("message", (event) => {
      const message = event.data;
      if (event.source !== window.parent || message?.source !== MARK || message.type !== "visibility") return;
      if (typeof message.shown !== "boolean") return;
      if (this.#hostOrigin !== null && event.origin !== this.#hostOrigin) return;
      const isFirst = this.#hostOrigin === null;
      this.#hostOrigin = event.origin;
      if (isFirst) this.#post({ type: "ready", name });
      onShown(message.shown, message.focus !== false);
    });
  }

  /** @param {number} count */
  reportUnread(count) {
    this.#post({ type: "unread", count });
  }

  /** Asks the widget to hide the chat; the conversation goes on. */
  requestHide() {
    this.#post({ type: "hide" });
  }

  /** @param {object} message */
  #post(message) {
    if (this.active && this.#hostOrigin) window.parent.postMessage({ source: MARK, ...message }, this.#hostOrigin);
  }
}
