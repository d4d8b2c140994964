/** The supervisor's list "Equipo": who is here, in which state and for how long, and what is being attended. */

import { element, required } from "./dom.js";
import { stopwatch } from "./desk_station.js";

/** @typedef {import("./desk_api.js").Team} Team */

export class TeamList {
  /** @type {Team|null} */ #team = null;

  /**
   * @param {HTMLElement} section
   * @param {(id: string) => Promise<void>} onWatch
   */
  constructor(section, onWatch) {
    this.section = section;
    this.agents = required("#team-agents", section);
    this.attended = required("#team-attended", section);
    this.count = required(".count", section);
    this.none = required(".empty", section);
    this.onWatch = onWatch;
    setInterval(() => this.#tick(), 1_000);
  }

  /** @param {Team} team */
  show(team) {
    this.#team = team;
    this.section.hidden = false;
    this.count.textContent = String(team.agents.length);
    this.agents.replaceChildren(...team.agents.map((one) => element("li", { class: "team-agent", "data-state": one.state }, [
      element("span", { class: "card-title", text: one.name }),
      element("span", { class: "team-level", text: one.level_label }),
      element("span", { class: "team-state", text: one.must_confirm ? `${one.label}: no respondió` : one.label }),
      element("span", { class: "team-since", "data-since": one.since, text: stopwatch(one.since) }),
      element("span", { class: "team-open", text: `${one.open} de ${one.limit}`, title: "Conversaciones abiertas" }),
    ])));
    const focused = this.attended.querySelector("button:focus")?.closest("li")?.dataset.id;
    this.attended.replaceChildren(...team.attended.map((one) => {
      const watch = element("button", { type: "button", class: "button", text: "Observar", "aria-label": `Observar la conversación ${one.folio} de ${one.agent}` });
      watch.addEventListener("click", () => this.onWatch(one.conversation_id));
      return element("li", { class: `card${one.priority ? " is-priority" : ""}`, "data-id": one.conversation_id }, [
        element("span", { class: "card-title", text: one.agent }),
        element("span", { class: "card-topic", text: one.campaign_name }),
        element("span", { class: "card-meta" }, [
          element("span", { "data-since": one.since, text: stopwatch(one.since) }),
          element("span", { class: "card-folio", text: one.folio }),
        ]),
        watch,
      ]);
    }));
    if (focused) this.attended.querySelector(`[data-id="${CSS.escape(focused)}"] button`)?.focus();
    this.none.hidden = team.attended.length > 0;
  }

  #tick() {
    if (!this.#team) return;
    this.section.querySelectorAll("[data-since]").forEach((node) => {
      node.textContent = stopwatch(/** @type {HTMLElement} */ (node).dataset.since ?? null);
    });
  }
}
