/**
 * Sending of files: a real button, paste and drop; progress, cancelling and refusals in words. Shared by the citizen's
 * chat and the agents' desk, which differ in where a file goes and with whose proof.
 */

import { required } from "./dom.js";

/** The server decides by content; this only spares a long upload that would be refused. */
const MAX_BYTES = 10 * 1024 * 1024;

/**
 * @typedef {object} FileSenderOptions
 * @property {() => {url: string, headers: Record<string, string>}|null} target where a file goes now; null = nowhere
 * @property {(detail: string) => void} onProblem Spanish text; empty = none (any more)
 */

export class FileSender {
  /** @type {{file: File, id: string}[]} */ #queue = [];
  /** @type {XMLHttpRequest|null} */ #request = null;

  /**
   * @param {HTMLFormElement} form the composer, with `.attach`, `input[type=file]` and `.file-sending`
   * @param {FileSenderOptions} options
   */
  constructor(form, options) {
    this.options = options;
    /** @type {HTMLButtonElement} */ this.button = required(".attach", form);
    /** @type {HTMLInputElement} */ this.input = required("input[type=file]", form);
    /** @type {HTMLElement} */ this.sending = required(".file-sending", form);
    /** @type {HTMLElement} */ this.name = required(".file-name", form);
    /** @type {HTMLProgressElement} */ this.bar = required("progress", form);
    /** @type {HTMLElement} */ this.status = required(".file-status", form);
    this.button.addEventListener("click", () => this.input.click());
    this.input.addEventListener("change", () => {
      this.send([...(this.input.files ?? [])]);
      this.input.value = ""; // the same file may be chosen again
    });
    required(".file-sending button", form).addEventListener("click", () => this.cancel());
    form.addEventListener("paste", (event) => this.#offered(event, event.clipboardData));
    form.addEventListener("dragover", (event) => {
      if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
    });
    form.addEventListener("drop", (event) => this.#offered(event, event.dataTransfer));
  }

  /** @param {boolean} enabled */
  set enabled(enabled) {
    this.button.disabled = !enabled;
    if (!enabled) this.cancel();
  }

  /** Sends files one after the other. @param {File[]} files */
  send(files) {
    if (this.button.disabled || !files.length) return;
    this.options.onProblem("");
    for (const file of files) {
      if (file.size > MAX_BYTES) this.options.onProblem(`«${file.name}» pesa más de 10 MB.`);
      else this.#queue.push({ file, id: `file-${Date.now()}-${Math.random().toString(36).slice(2)}` });
    }
    if (!this.#request) this.#next();
  }

  /** Gives up what is under way and what waits. */
  cancel() {
    this.#queue = [];
    this.#request?.abort();
  }

  /** @param {Event} event @param {DataTransfer|null} data */
  #offered(event, data) {
    const files = [...(data?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    this.send(files);
  }

  #next() {
    const next = this.#queue.shift();
    const target = next ? this.options.target() : null;
    this.sending.hidden = !target;
    if (next && target) this.#upload(next, target);
  }

  /**
   * @param {{file: File, id: string}} next
   * @param {{url: string, headers: Record<string, string>}} target
   */
  #upload({ file, id }, target) {
    const request = new XMLHttpRequest(); // fetch tells no progress of what is sent
    this.#request = request;
    this.name.textContent = file.name;
    this.bar.value = 0;
    this.status.textContent = `Enviando ${file.name}.`;
    request.upload.addEventListener("progress", ({ loaded, total }) => { this.bar.value = (100 * loaded) / total; });
    request.addEventListener("load", () => {
      if (request.status < 300) this.#ended(`Se envió ${file.name}.`, "");
      else this.#ended("", `No se envió «${file.name}». ${detailOf(request)}`);
    });
    request.addEventListener("error", () => {
      this.#ended("", `No se envió «${file.name}». Revise su conexión e inténtelo de nuevo.`);
    });
    request.addEventListener("abort", () => this.#ended(`Se canceló el envío de ${file.name}.`, ""));
    request.open("POST", target.url);
    for (const [name, value] of Object.entries(target.headers)) request.setRequestHeader(name, value);
    const body = new FormData();
    body.append("client_message_id", id);
    body.append("file", file, file.name);
    request.send(body);
  }

  /** @param {string} told @param {string} problem */
  #ended(told, problem) {
    const hadFocus = this.sending.contains(document.activeElement);
    this.#request = null;
    this.status.textContent = told;
    if (problem) this.options.onProblem(problem);
    this.#next();
    if (hadFocus && this.sending.hidden) this.button.focus();
  }
}

/** The server's reason, in Spanish. @param {XMLHttpRequest} request */
function detailOf(request) {
  try {
    const { detail } = JSON.parse(request.responseText);
    if (typeof detail === "string") return detail;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return "El servicio no responde en este momento.";
}
