/** The desk's alarm: an emergency is shown until somebody acknowledges it, is read out at once, and is heard. */

import { element, required } from "./dom.js";

/** @typedef {import("./desk_api.js").DeskConversation} DeskConversation */

export class EmergencyAlarm {
  /** What was already raised, by conversation and words, so that a refresh does not raise it again. @type {Set<string>} */
  #raised = new Set();

  /**
   * @param {HTMLElement} banner has role="alert", a `ul` and a button
   * @param {import("./desk_sound.js").Chime} chime
   */
  constructor(banner, chime) {
    this.banner = banner;
    this.chime = chime;
    this.list = required("ul", banner);
    required("button", banner).addEventListener("click", () => this.#acknowledge());
  }

  /**
   * @param {DeskConversation[]} queued
   * @param {DeskConversation[]} mine
   */
  watch(queued, mine) {
    const urgent = [
      ...mine.filter((one) => one.priority).map((one) => ({ one, where: "Emergencia en una conversación suya" })),
      ...queued.filter((one) => one.priority).map((one) => ({ one, where: "Emergencia en espera" })),
    ];
    // One that was taken from the queue is known to whoever took it, and nobody else's business.
    for (const node of [...this.list.children]) {
      const stays = urgent.some(({ one, where }) => one.conversation_id === node.dataset.id && where === node.dataset.where);
      if (!stays) node.remove();
    }
    const fresh = urgent.filter(({ one }) => !this.#raised.has(`${one.conversation_id} ${one.emergency_words}`));
    for (const { one, where } of fresh) {
      this.#raised.add(`${one.conversation_id} ${one.emergency_words}`);
      [...this.list.children].find((node) => node.dataset.id === one.conversation_id)?.remove();
      const words = one.emergency_words ? `: «${one.emergency_words}»` : "";
      this.list.append(element("li", { "data-id": one.conversation_id, "data-where": where }, [
        `${where}${words}. ${one.campaign_name}, `, element("span", { class: "folio", text: one.folio }),
      ]));
    }
    if (fresh.length) this.chime.play([880, 660]);
    this.banner.hidden = this.list.children.length === 0;
  }

  #acknowledge() {
    this.list.replaceChildren();
    this.banner.hidden = true;
  }
}
