/**
 * «Llamar»: a call with the assistant from the page. Permission first, then a web socket to this same server:
 * sound both ways, keys as JSON, captions of what the assistant says. A call that needs a person goes on in writing.
 */

import { AudioUnavailable, CallAudio } from "./call_audio.js";
import { element, required } from "./dom.js";

const KEYS = "123456789*0#";
/** Sound louder than this, of 32768, counts as speech in what is shown. */
const LOUD = 400;
/** How much of the level shown is left after 20 ms. */
const FADING = 0.9;
/** How long somebody counts as speaking after the last sound; pauses between words are shorter. */
const HANGOVER_MS = 500;
/** Bytes that may wait for the network, two seconds; beyond it new sound is left out, so that none comes late. */
const MOST_WAITING = 2 * 16_000;
const CONNECT_MS = 10_000;
/** For what waits in the page when the assistant has said its last word: the most that the worklet holds. */
const LAST_WORDS_MS = 500;
const CLOSED = {
  4401: "El permiso para llamar venció. Inténtelo de nuevo.",
  4403: "Solo se puede llamar desde la página del asistente.",
  4429: "Todas las líneas están ocupadas. Inténtelo en unos minutos, o siga por escrito.",
  4503: "Por ahora no es posible llamar desde esta página. Puede seguir por escrito.",
};
const LOST = "Se perdió la conexión y la llamada terminó. Puede llamar otra vez, o seguir por escrito.";

const campaign = required("#chat").dataset.campaign;
const dialog = required("#call-dialog");
const view = {
  intro: required("#call-intro"),
  live: required("#call-live"),
  status: required("#call-status"),
  problem: required("#call-problem"),
  turn: required("#call-turn"),
  level: required("#call-level"),
  captions: required("#call-captions"),
  pressed: required("#call-pressed"),
  begin: required("#call-begin"),
  hangUp: required("#call-end"),
  back: required("#call-back"),
};

/** @type {Call|null} */ let current = null;

class Call {
  /** @type {WebSocket|null} */ #socket = null;
  /** @type {CallAudio|null} */ #audio = null;
  #spokenAt = 0;
  #heardAt = 0;
  #ticking = 0;
  #loudest = 0;
  over = false;

  /** From the click on; ends in words on the screen, whatever happens. */
  async begin() {
    show("live", "Permita usar el micrófono…");
    try {
      this.#audio = new CallAudio({ onFrame: (frame) => this.#speak(frame), onLost: () => this.end("Se desconectó el micrófono.") });
      await this.#audio.start();
      if (this.over) return this.#audio.close();
      view.status.textContent = "Llamando…";
      this.#connect(await permission());
    } catch (error) {
      if (!(error instanceof AudioUnavailable || error instanceof Refused)) {
        this.end("No fue posible llamar. Puede seguir por escrito.");
        throw error;
      }
      this.end(error.message);
    }
  }

  /** @param {string} key */
  press(key) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#socket.send(JSON.stringify({ type: "key", digit: key }));
    if (key !== "#") this.#audio?.flush(); // after a number that was complete it means nothing, and cuts nothing off
    view.pressed.textContent += key;
  }

  hangUp() {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ type: "hangup" }));
    this.end("", "Usted colgó.");
  }

  /**
   * @param {string} problem what went wrong, if anything did
   * @param {string} [words] how it ended otherwise
   * @param {number} [lastWords] milliseconds of sound that are still to be heard
   */
  end(problem, words = "La llamada no se realizó.", lastWords = 0) {
    if (this.over) return;
    this.over = true;
    clearInterval(this.#ticking);
    this.#audio?.close(lastWords);
    this.#socket?.close();
    show("over", words);
    view.problem.textContent = problem;
  }

  /** @param {string} token */
  #connect(token) {
    if (this.over) return;
    const url = new URL("/api/v1/calls/stream", location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    const patience = setTimeout(() => this.end(CLOSED[4503]), CONNECT_MS);
    socket.addEventListener("open", () => socket.send(JSON.stringify({ type: "hello", token })));
    socket.addEventListener("message", ({ data }) => {
      clearTimeout(patience);
      if (typeof data === "string") this.#handle(JSON.parse(data));
      else this.#hear(data);
    });
    socket.addEventListener("close", ({ code }) => {
      clearTimeout(patience);
      this.end(CLOSED[code] ?? LOST, "La llamada terminó.");
    });
  }

  #handle(message) {
    switch (message.type) {
      case "welcome":
        view.status.textContent = "En llamada con el asistente virtual.";
        this.#ticking = setInterval(() => this.#showTurn(), 100);
        break;
      case "caption":
        view.pressed.textContent = "";
        view.captions.append(element("p", { text: message.text }));
        view.captions.scrollTop = view.captions.scrollHeight;
        break;
      case "flush":
        this.#audio?.flush();
        break;
      case "ended":
        this.#finish(message);
        break;
      // Unknown kinds of message are left alone, so that the server can gain new ones before the pages do.
    }
  }

  /** @param {{next: string, folio: string, conversation_id?: string, token?: string}} ended */
  #finish({ next, folio, conversation_id, token }) {
    const named = folio ? ` Su folio: ${folio}.` : "";
    if (next !== "chat") {
      this.end("", `La llamada terminó.${named}`, LAST_WORDS_MS);
      return;
    }
    this.end("", `Su atención sigue por escrito en este chat.${named} No cierre la página.`, LAST_WORDS_MS);
    document.dispatchEvent(new CustomEvent("call-continues", { detail: { conversation_id, token, folio } }));
  }

  /** @param {ArrayBuffer} frame */
  #speak(frame) {
    const loudness = peak(frame);
    if (loudness > LOUD) this.#spokenAt = performance.now();
    this.#loudest = Math.max(loudness, this.#loudest * FADING);
    const socket = this.#socket;
    if (socket?.readyState === WebSocket.OPEN && socket.bufferedAmount < MOST_WAITING) socket.send(frame);
  }

  /** @param {ArrayBuffer} frame */
  #hear(frame) {
    if (peak(frame) > LOUD) this.#heardAt = performance.now();
    this.#audio?.play(frame);
  }

  #showTurn() {
    const speaks = performance.now() - this.#heardAt < HANGOVER_MS;
    const heard = performance.now() - this.#spokenAt < HANGOVER_MS;
    view.turn.dataset.turn = speaks ? "speaking" : "listening";
    const words = speaks ? "Habla el asistente" : heard ? "Le estamos escuchando" : "Puede hablar o marcar";
    if (view.turn.textContent !== words) view.turn.textContent = words;
    view.level.value = Math.sqrt(this.#loudest / 32_768);
  }
}

/** The server does not let this page call; the text is for the person. */
class Refused extends Error {}

/** A token for one call. */
async function permission() {
  let response;
  try {
    response = await fetch(`/api/v1/campaigns/${encodeURIComponent(campaign)}/calls`, { method: "POST" });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // fetch reports an unreachable server as a TypeError
    throw new Refused("No fue posible conectarse. Revise su conexión a internet e inténtelo de nuevo.");
  }
  const answer = await response.json().catch(() => null);
  if (response.ok && typeof answer?.token === "string") return answer.token;
  throw new Refused(typeof answer?.detail === "string" ? answer.detail : CLOSED[4503]);
}

/**
 * @param {ArrayBuffer} frame
 * @returns {number} the loudest sample, 0 to 32768
 */
function peak(frame) {
  return new Int16Array(frame).reduce((loudest, sample) => Math.max(loudest, Math.abs(sample)), 0);
}

/**
 * @param {"intro"|"live"|"over"} stage
 * @param {string} status
 */
function show(stage, status) {
  view.intro.hidden = stage !== "intro";
  view.live.hidden = stage === "intro";
  view.begin.hidden = stage === "live";
  view.begin.textContent = stage === "over" ? "Llamar de nuevo" : "Iniciar la llamada";
  view.hangUp.hidden = stage !== "live";
  view.back.hidden = stage === "live";
  view.turn.hidden = view.level.hidden = stage !== "live";
  dialog.dataset.stage = stage;
  view.status.textContent = status;
  view.problem.textContent = "";
  if (stage === "live") {
    view.turn.textContent = view.pressed.textContent = "";
    view.captions.replaceChildren();
    view.hangUp.focus();
  } else if (stage === "over") {
    view.back.focus();
  }
}

required("#call-keypad").addEventListener("click", (event) => {
  const key = event.target.closest("button")?.dataset.key;
  if (key) current?.press(key);
});
dialog.addEventListener("keydown", (event) => {
  if (!KEYS.includes(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  current?.press(event.key);
});
// Escape must not cut a call off; it closes the dialog once the call is over.
dialog.addEventListener("cancel", (event) => { if (current && !current.over) event.preventDefault(); });
dialog.addEventListener("close", () => current?.hangUp());
view.begin.addEventListener("click", () => {
  current = new Call();
  current.begin();
});
view.hangUp.addEventListener("click", () => current?.hangUp());
view.back.addEventListener("click", () => dialog.close());
required("#call-open").addEventListener("click", () => {
  show("intro", "");
  dialog.showModal();
});
window.addEventListener("pagehide", () => current?.hangUp());
