/** The agent's station: state and its time, confirmation after a missed offer, signs of life, leaving. */

import { required } from "./dom.js";
import { now } from "./institution_time.js";

/** @typedef {import("./desk_api.js").Me} Me */

const SIGN_EVERY_MS = 30_000;

/** Time since an instant, `mm:ss` or `h:mm:ss`. @param {string|null} since ISO instant */
export function stopwatch(since) {
  const seconds = Math.max(0, Math.floor((now() - Date.parse(since ?? "")) / 1000));
  if (!since || Number.isNaN(seconds)) return "";
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${two(m)}:${two(s)}`;
}

export class Station {
  /** @type {Me|null} */ #me = null;
  #signed = 0;

  /**
   * @param {import("./desk_api.js").DeskApi} api
   * @param {{onChoose: (state: string) => Promise<unknown>, onLeave: () => void}} handlers
   */
  constructor(api, { onChoose, onLeave }) {
    this.api = api;
    this.onLeave = onLeave;
    this.select = required("#agent-state");
    this.since = required("#state-since");
    this.attending = required("#state-attending");
    this.missed = required("#missed");
    this.idle = required("#idle-warning");
    this.leaving = required("#leaving");
    this.select.addEventListener("change", async () => {
      await onChoose(this.select.value);
      this.#showState(); // what was refused is not what stands there
    });
    required("button", this.missed).addEventListener("click", () => onChoose("disponible"));
    required("button", this.idle).addEventListener("click", () => this.idle.close());
    this.idle.addEventListener("close", () => this.#sign(true));
    for (const kind of ["pointerdown", "pointermove", "keydown", "wheel"]) {
      document.addEventListener(kind, () => this.#sign(false), { passive: true });
    }
    required("#logout").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#leave(false);
    });
    required("[data-stay]", this.leaving).addEventListener("click", () => this.leaving.close());
    required("[data-leave]", this.leaving).addEventListener("click", () => this.#leave(true));
    setInterval(() => this.#showTime(), 1_000);
  }

  /** @param {Me} me */
  show(me) {
    this.#me = me;
    this.#showState();
    this.#showTime();
    this.missed.hidden = !me.must_confirm;
  }

  /** The server is about to end the session. */
  warn() {
    if (!this.idle.open) this.idle.showModal();
  }

  #showState() {
    if (!this.#me) return;
    this.select.value = this.#me.state;
    this.attending.hidden = this.#me.shown !== "en_atencion";
    this.select.dataset.state = this.#me.shown;
  }

  #showTime() {
    this.since.textContent = stopwatch(this.#me?.since ?? null);
  }

  /** @param {boolean} atOnce */
  #sign(atOnce) {
    if (this.idle.open || (!atOnce && Date.now() - this.#signed < SIGN_EVERY_MS)) return;
    this.#signed = Date.now();
    this.api.active().catch(() => null); // a refused or lost sign is told by the next thing the agent does
  }

  /** @param {boolean} giveBack whether open conversations go back to the queue */
  async #leave(giveBack) {
    const known = giveBack ? "" : this.#me?.leaving;
    if (!known) this.onLeave();
    const detail = known || (await this.api.leave(giveBack));
    if (!detail) {
      location.assign("/desk");
      return;
    }
    required("p", this.leaving).textContent = detail;
    if (!this.leaving.open) this.leaving.showModal();
  }
}
