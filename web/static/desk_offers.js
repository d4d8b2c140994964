/** What rings at this desk: accept or decline before the time is over (contract L1573). Seen, heard, and by keyboard. */

import { element, icon, required } from "./dom.js";
import { now } from "./institution_time.js";

/** @typedef {import("./desk_api.js").DeskConversation & {until: string}} Offer */

const RING_EVERY_MS = 4_000;
const TONES = [660, 880];

export class Offers {
  /** @type {Offer[]} */ #offers = [];
  #rings = 0;
  #ticks = 0;

  /**
   * @param {HTMLElement} panel
   * @param {import("./desk_sound.js").Chime} chime
   * @param {{onAccept: (offer: Offer) => Promise<void>, onDecline: (offer: Offer) => Promise<void>}} handlers
   */
  constructor(panel, chime, handlers) {
    this.panel = panel;
    this.list = required("ul", panel);
    this.chime = chime;
    this.handlers = handlers;
    document.addEventListener("keydown", (event) => {
      if (!event.altKey || event.ctrlKey || event.metaKey || !this.#offers.length) return;
      if (event.code === "KeyA") this.#answer(event, this.handlers.onAccept);
      if (event.code === "KeyR") this.#answer(event, this.handlers.onDecline);
    });
  }

  /** @param {Offer[]} offers */
  show(offers) {
    const known = new Set(this.#offers.map((one) => one.conversation_id));
    const fresh = offers.filter((one) => !known.has(one.conversation_id));
    const same = fresh.length === 0 && offers.length === this.#offers.length;
    this.#offers = offers;
    if (!same) {
      this.list.replaceChildren(...offers.map((offer) => this.#card(offer)));
      this.panel.hidden = offers.length === 0;
      clearInterval(this.#rings);
      clearInterval(this.#ticks);
      if (offers.length) {
        this.#rings = setInterval(() => this.chime.play(TONES), RING_EVERY_MS);
        this.#ticks = setInterval(() => this.#count(), 1_000);
        this.chime.play(TONES);
      }
    }
    this.#count();
  }

  get ringing() {
    return this.#offers.length > 0;
  }

  /** @param {Offer} offer */
  #card(offer) {
    const { campaign_name, folio, reason_label, topic_label, priority, emergency_words } = offer;
    const accept = this.#button("Aceptar", "is-main", "Alt+A", () => this.handlers.onAccept(offer));
    const decline = this.#button("Rechazar", "", "Alt+R", () => this.handlers.onDecline(offer));
    return element("li", { class: `offer${priority ? " is-priority" : ""}`, "data-id": offer.conversation_id }, [
      icon(priority ? "alert" : "chat"),
      element("div", { class: "offer-text" }, [
        element("p", { class: "offer-title", text: priority ? `Emergencia para usted: ${campaign_name}` : `Conversación para usted: ${campaign_name}` }),
        element("p", {}, [
          [reason_label, topic_label && `Tema: ${topic_label}`, emergency_words && `«${emergency_words}»`].filter(Boolean).join(" · "),
          " · ", element("span", { class: "folio", text: folio }),
        ]),
      ]),
      element("p", { class: "offer-left", "aria-hidden": "true" }),
      element("div", { class: "button-row" }, [accept, decline]),
    ]);
  }

  /**
   * @param {string} text
   * @param {string} kind
   * @param {string} keys
   * @param {() => Promise<void>} onPress
   */
  #button(text, kind, keys, onPress) {
    const button = element("button", { type: "button", class: `button ${kind}`, text, "aria-keyshortcuts": keys, title: keys });
    button.addEventListener("click", async () => {
      this.list.querySelectorAll("button").forEach((one) => { one.disabled = true; });
      await onPress();
      this.list.querySelectorAll("button").forEach((one) => { one.disabled = false; });
    });
    return button;
  }

  /**
   * @param {KeyboardEvent} event
   * @param {(offer: Offer) => Promise<void>} act
   */
  #answer(event, act) {
    event.preventDefault();
    act(this.#offers[0]);
  }

  #count() {
    for (const { conversation_id, until } of this.#offers) {
      const left = Math.max(0, Math.ceil((Date.parse(until) - now()) / 1000));
      const place = this.list.querySelector(`[data-id="${CSS.escape(conversation_id)}"] .offer-left`);
      if (place) place.textContent = `${left} s`;
    }
  }
}
