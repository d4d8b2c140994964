/** The panel "Lo que ya se sabe": what the bot learned before the hand-over, so that nobody has to repeat it. */

import { element } from "./dom.js";
import { clockTime } from "./institution_time.js";

/** @typedef {import("./desk_api.js").ScreenPop} ScreenPop */

const CHANNELS = { webchat: "Chat web", whatsapp: "WhatsApp", voice: "Teléfono", sms: "SMS", email: "Correo" };
const LEVELS = {
  L0: "Sin identificar",
  L1: "Dato declarado, sin verificar",
  L2: "Dos datos verificados",
  L3: "Verificada con CURP",
};

/**
 * @param {string} title
 * @param {Node[]} content
 */
function section(title, content) {
  return element("section", {}, [element("h3", { text: title }), ...content]);
}

/** @param {[string, unknown][]} pairs those without a value are left out; a folio is kept on one line */
function facts(pairs) {
  const known = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return element("dl", {}, known.map(([label, value]) => element("div", {}, [
    element("dt", { text: label }),
    element("dd", {}, [label === "Folio" ? element("span", { class: "folio", text: String(value) }) : String(value)]),
  ])));
}

/**
 * The telephones, masked until the agent asks for them: who saw them stays recorded.
 * @param {string[]} masked
 * @param {() => Promise<string[]|null>} onSee
 */
function telephones(masked, onSee) {
  const list = element("ul", { class: "telephones" }, masked.map((number) => element("li", { text: number })));
  const button = /** @type {HTMLButtonElement} */ (element("button", { type: "button", class: "button", text: "Ver teléfono" }));
  const note = element("p", { class: "none", text: "Queda registrado quién lo vio." });
  button.addEventListener("click", async () => {
    button.disabled = true;
    const clear = await onSee();
    button.disabled = false;
    if (!clear) return;
    list.replaceChildren(...clear.map((number) => element("li", {}, [telephoneLink(number)])));
    button.remove();
    list.querySelector("a")?.focus();
  });
  return section("Teléfono para llamarle", [list, button, note]);
}

/** `5512345678` as people read it, and as a link that a soft phone can dial. @param {string} number */
export function telephoneLink(number) {
  const shown = number.replace(/^(\d{2})(\d{4})(\d{4})$/, "$1 $2 $3");
  return element("a", { href: `tel:+52${number}`, text: shown });
}

/**
 * Fills the panel.
 * @param {HTMLElement} panel
 * @param {ScreenPop} known
 * @param {boolean} priority
 * @param {(() => Promise<string[]|null>)|null} onSeeTelephones null for whoever does not attend
 */
export function showContext(panel, known, priority, onSeeTelephones) {
  const { identified, data, lookups } = known;
  const path = known.path.filter((step) => !step.includes(":")); // keys such as "menu:7" tell a person nothing
  const parts = [
    element("div", { class: `reason${priority ? " is-priority" : ""}` }, [
      element("p", { class: "reason-title", text: "Motivo de la transferencia" }),
      element("p", { class: "reason-text", text: known.reason_label }),
      known.emergency_words ? element("p", { class: "reason-words", text: `«${known.emergency_words}»` }) : null,
      known.topic ? element("p", { text: `Tema: ${known.topic}` }) : null,
    ]),
    section("Identificación", [
      identified
        ? facts([["Nivel", LEVELS[identified.level] ?? identified.level], ["NSS", identified.masked_nss]])
        : element("p", { class: "none", text: "La persona no se ha identificado." }),
    ]),
  ];
  const entries = Object.entries({ ...known.form, ...data });
  if (known.telephones.length && onSeeTelephones) parts.push(telephones(known.telephones, onSeeTelephones));
  if (entries.length) parts.push(section("Datos que ya dio", [facts(entries)]));
  if (lookups.length) {
    parts.push(section("Consultas hechas", [
      element("ul", { class: "lookups" }, lookups.map(({ service, at, result }) => element("li", {}, [
        element("span", { class: "lookup-service", text: service }),
        element("time", { datetime: at, text: at.slice(0, 5) }),
        element("span", { class: "lookup-result", text: result }),
      ]))),
    ]));
  }
  if (path.length) {
    parts.push(section("Camino en el menú", [
      element("ol", { class: "path" }, path.map((step) => element("li", { text: step }))),
    ]));
  }
  parts.push(section("Interacción", [
    facts([
      ["Folio", known.folio],
      ["Campaña", known.campaign_name],
      ["Canal", CHANNELS[known.channel] ?? known.channel],
      ["Origen", known.origin],
      ["Inicio", clockTime(known.opened_at)],
    ]),
  ]));
  panel.replaceChildren(...parts);
}
