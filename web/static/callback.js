/**
 * The page that asks for a call: sends the request, shows what was taken, and cancels it. What opens a request again
 * stands behind the «#» of the address, which no browser sends to anybody.
 */

import { element, required } from "./dom.js";
import { Captcha, CaptchaFailed } from "./pre_chat_captcha.js";

/** @typedef {{folio: string, slot: {start: string, words: string}, open?: boolean, cancelled?: boolean, attempts?: number}} Asked */

const NO_CONNECTION = "No fue posible conectarse. Revise su conexión a internet e inténtelo de nuevo.";
const page = required("#callback");
const form = required("#call-form");
const asked = {
  section: required("#call-asked"), title: required("#asked-title"), words: required("#asked-words"),
  folio: required("#asked-folio"), keep: required("#asked-keep"), problem: required("#asked-problem"),
  cancel: required("#call-cancel"),
};
const captcha = "captcha" in page.dataset ? new Captcha() : null;
let busy = false;

/** The request that the address names. @returns {{id: string, token: string}|null} */
function key() {
  const [id, token] = location.hash.slice(1).split(".");
  return id && token ? { id, token } : null;
}

/**
 * Asks the server; what goes wrong is a text for the person.
 * @param {string} path @param {RequestInit} [options]
 * @returns {Promise<{answer: any, problem: string}>}
 */
async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, { cache: "no-store", ...options });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // fetch reports an unreachable server so
    return { answer: null, problem: NO_CONNECTION };
  }
  const answer = await response.json().catch(() => null);
  if (response.ok) return { answer, problem: "" };
  const detail = typeof answer?.detail === "string" ? answer.detail : "Revise los datos e inténtelo de nuevo.";
  return { answer: null, problem: detail };
}

/** @param {Asked} request @param {boolean} focus */
function show(request, focus) {
  const open = request.open ?? true;
  form.hidden = true;
  asked.section.hidden = false;
  asked.title.textContent = request.cancelled ? "Llamada cancelada" : open ? "Le llamaremos" : "Solicitud terminada";
  asked.words.textContent = request.cancelled
    ? "Ya no le llamaremos."
    : open ? `${request.slot.words}${request.attempts ? "; ya intentamos una vez" : ""}.` : "Esta llamada ya se atendió.";
  asked.folio.textContent = request.folio;
  asked.keep.hidden = asked.cancel.hidden = !open || Boolean(request.cancelled);
  if (focus) asked.title.focus();
}

/** Marks what is missing; the first of it gets the focus. @returns {boolean} */
function isComplete() {
  const wrong = [...form.querySelectorAll("[required]")].filter((control) => {
    const digits = control.value.replace(/\D/g, "").length;
    const fits = control.type === "checkbox" ? control.checked : control.type === "tel" ? digits >= 10 : control.value !== "";
    required(`#${control.id}-problem`).hidden = fits;
    if (fits) control.removeAttribute("aria-invalid");
    else control.setAttribute("aria-invalid", "true");
    return !fits;
  });
  wrong[0]?.focus();
  return wrong.length === 0;
}

async function send() {
  tell("");
  if (!isComplete()) {
    tell("Revise los datos marcados.", false);
    return;
  }
  wait(true, captcha ? "Un momento: comprobamos que no es un programa automático." : "Enviando…");
  let solution = null;
  try {
    solution = captcha ? await captcha.solution() : null;
  } catch (error) {
    if (!(error instanceof CaptchaFailed)) throw error;
    wait(false, "");
    tell("No fue posible hacer la comprobación de seguridad en este navegador. Inténtelo de nuevo.");
    return;
  }
  const answers = new FormData(form);
  const { answer, problem } = await ask(`/api/v1/campaigns/${encodeURIComponent(page.dataset.campaign ?? "")}/callbacks`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      telephone: answers.get("telephone"), slot: answers.get("slot"), topic: answers.get("topic") ?? "",
      consent: answers.has("consent"), captcha: solution,
    }),
  });
  captcha?.forget();
  wait(false, "");
  if (problem) {
    tell(problem);
    return;
  }
  history.replaceState(null, "", `#${answer.callback_id}.${answer.token}`);
  show(answer, true);
}

/** @param {string} problem @param {boolean} [focus] whether it gets the focus */
function tell(problem, focus = true) {
  const box = required("#call-problem");
  box.hidden = problem === "";
  box.replaceChildren(element("p", { text: problem, tabindex: "-1" }));
  if (problem && focus) box.querySelector("p")?.focus();
}

/** @param {boolean} on @param {string} words */
function wait(on, words) {
  busy = on;
  required("button", form).setAttribute("aria-disabled", String(on));
  required("#call-status").textContent = words;
}

async function cancel() {
  const opened = key();
  if (!opened || busy) return;
  busy = true;
  const headers = { Authorization: `Bearer ${opened.token}` };
  const { answer, problem } = await ask(`/api/v1/callbacks/${encodeURIComponent(opened.id)}/cancel`, { method: "POST", headers });
  busy = false;
  asked.problem.hidden = problem === "";
  asked.problem.textContent = problem;
  if (answer) show(answer, true);
}

async function read() {
  const opened = key();
  if (!opened) return;
  const headers = { Authorization: `Bearer ${opened.token}` };
  const { answer } = await ask(`/api/v1/callbacks/${encodeURIComponent(opened.id)}`, { headers });
  if (answer) show(answer, false);
}

if (form instanceof HTMLFormElement) {
  form.addEventListener("focusin", () => captcha?.begin(), { once: true });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!busy) send();
  });
}
asked.cancel.addEventListener("click", cancel);
await read();
