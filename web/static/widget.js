/**
 * Puts the chat on another site with one tag:
 *
 *   <script src="https://HOST/static/widget.js" data-campaign="cita_medica" data-name="Cita médica" async></script>
 *
 * It adds a floating button that opens and hides an iframe with the chat. The iframe is created at the first opening
 * and then only hidden, so the conversation goes on; the next page of the site opens it again as it was. Everything lives in a shadow root with a constructed style sheet:
 * the host's styles cannot reach in, ours cannot leak out, and a strict content security policy is respected (the
 * host needs only `script-src` and `frame-src` for this origin). `data-name` is optional. With `data-styled` the button
 * takes the campaign's own colours, too; a host with a security policy then allows this origin in `style-src`.
 *
 * A classic script, not a module, because only classic scripts can read their own tag.
 */
(() => {
  "use strict";

  const MARK = "ventanilla";
  const SHOWN = "shown";
  const script = /** @type {HTMLScriptElement} */ (document.currentScript);
  const campaign = script.dataset.campaign;
  if (!campaign) {
    console.error('Ventanilla: falta data-campaign en la etiqueta <script>, por ejemplo data-campaign="cita_medica".');
    return;
  }
  const origin = new URL(script.src).origin;
  const spelled = campaign.replaceAll("_", " ");
  let name = script.dataset.name || spelled[0].toUpperCase() + spelled.slice(1);
  let unread = 0;
  /** Where the host's tab keeps whether its visitor has the chat open; nothing of the conversation. */
  const kept = `${MARK}:${campaign}:widget`;
  let shown = false;
  let focus = true;
  let loaded = false;
  /** @type {HTMLIFrameElement|null} */ let frame = null;

  const STYLE = `
    :host { all: initial; }
    * { box-sizing: border-box; }
    [hidden] { display: none !important; }
    .launcher {
      position: fixed; right: 20px; bottom: 20px; z-index: 2147483000; width: 64px; height: 64px; padding: 0;
      border: 2px solid #fff; border-radius: 50%; background: var(--green-900, #13322b); color: #fff; cursor: pointer;
      box-shadow: 0 6px 24px rgb(11 31 26 / 35%); display: grid; place-items: center;
    }
    .launcher:hover { background: var(--green-700, #235b4e); }
    .launcher:focus-visible { outline: 3px solid #0b1f1a; outline-offset: 3px; box-shadow: 0 0 0 3px #fff; }
    .launcher svg { width: 32px; height: 32px; }
    .badge {
      position: absolute; top: -6px; right: -6px; min-width: 26px; height: 26px; padding: 0 7px; border-radius: 13px;
      border: 2px solid #fff; background: #e0b45c; color: #13322b;
      font: 700 14px/22px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; text-align: center;
    }
    .panel {
      position: fixed; right: 20px; bottom: 100px; z-index: 2147483000; width: 400px; height: 640px;
      max-width: calc(100vw - 40px); max-height: calc(100dvh - 120px); overflow: hidden; background: #f6f4ef;
      border: 1px solid var(--green-900, #13322b); border-radius: 16px; box-shadow: 0 18px 60px rgb(11 31 26 / 35%);
    }
    iframe { display: block; width: 100%; height: 100%; border: 0; }
    @media (max-width: 520px), (max-height: 480px) {
      .panel { inset: 0; width: auto; height: auto; max-width: none; max-height: none; border: 0; border-radius: 0; }
      .launcher[aria-expanded="true"].is-covered { display: none; }
    }
    @media (prefers-reduced-motion: no-preference) {
      .launcher { transition: background-color 120ms; }
      .panel { animation: rise 160ms ease-out; }
      @keyframes rise { from { opacity: 0; transform: translateY(12px); } }
    }
  `;
  const BUBBLE = "M5 4h22a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3H16l-7 6v-6H5a3 3 0 0 1-3-3V7a3 3 0 0 1 3-3Z";
  const LINES = "M9 11h14M9 17h9";
  const CROSS = "M8 8l16 16M24 8L8 24";

  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  if ("styled" in script.dataset) {
    const colours = document.createElement("link");
    colours.rel = "stylesheet";
    colours.href = `${origin}/chat/${encodeURIComponent(campaign)}/theme.css`;
    root.append(colours);
  }

  const panel = document.createElement("div");
  panel.className = "panel";
  panel.id = "panel";
  panel.hidden = true;
  const launcher = document.createElement("button");
  launcher.type = "button";
  launcher.className = "launcher";
  launcher.setAttribute("aria-controls", "panel");
  const badge = document.createElement("span");
  badge.className = "badge";
  root.append(panel, launcher);

  /** @param {[string, boolean][]} paths each with whether it is filled */
  function drawing(paths) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 32 32");
    svg.setAttribute("aria-hidden", "true");
    for (const [d, filled] of paths) {
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      path.setAttribute("d", d);
      path.setAttribute("fill", filled ? "currentColor" : "none");
      path.setAttribute("stroke", d === LINES ? "#235b4e" : "currentColor");
      path.setAttribute("stroke-width", "2.5");
      path.setAttribute("stroke-linecap", "round");
      path.setAttribute("stroke-linejoin", "round");
      svg.append(path);
    }
    return svg;
  }

  function describe() {
    const news = unread === 1 ? ", 1 mensaje nuevo" : unread > 1 ? `, ${unread} mensajes nuevos` : "";
    launcher.setAttribute("aria-label", `${shown ? "Cerrar" : "Abrir"} chat: ${name}${news}`);
    launcher.setAttribute("aria-expanded", String(shown));
    launcher.replaceChildren(drawing(shown ? [[CROSS, false]] : [[BUBBLE, true], [LINES, false]]));
    badge.textContent = unread > 99 ? "99+" : String(unread);
    if (unread && !shown) launcher.append(badge);
    if (frame) frame.title = `Chat: ${name}`;
  }

  function tellVisibility() {
    if (loaded) frame?.contentWindow?.postMessage({ source: MARK, type: "visibility", shown, focus }, origin);
  }

  function load() {
    if (frame) return;
    frame = document.createElement("iframe");
    // Its scripts have run when it reports "load", so it is already listening.
    frame.addEventListener("load", () => { loaded = true; tellVisibility(); });
    frame.allow = "microphone"; // for «Llamar»; the browser still asks the person
    frame.src = `${origin}/chat/${encodeURIComponent(campaign)}?embedded=1`;
    panel.append(frame);
  }

  /** @param {boolean} asked by the visitor, whose focus it then takes */
  function open(asked) {
    shown = true;
    focus = asked;
    remember(SHOWN);
    panel.hidden = false;
    load();
    describe();
    tellVisibility();
    if (asked) frame?.focus();
  }

  function hide() {
    if (!shown) return;
    shown = false;
    remember("hidden");
    panel.hidden = true;
    describe();
    tellVisibility();
    launcher.focus();
  }

  /** @param {string} state */
  function remember(state) {
    try {
      sessionStorage.setItem(kept, state);
    } catch {
      // The host forbids storage: its next page begins with the button alone.
    }
  }

  function remembered() {
    try {
      return sessionStorage.getItem(kept);
    } catch {
      return null;
    }
  }

  launcher.addEventListener("click", () => (shown ? hide() : open(true)));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && shown && !event.defaultPrevented) hide();
  });
  window.addEventListener("message", (event) => {
    if (!frame || event.origin !== origin || event.source !== frame.contentWindow) return;
    const message = event.data;
    if (typeof message !== "object" || message === null || message.source !== MARK) return;
    if (message.type === "ready" && typeof message.name === "string") {
      name = message.name.slice(0, 80);
      launcher.classList.add("is-covered"); // from now on the chat's own button hides it, where it fills a telephone
    } else if (message.type === "unread" && Number.isInteger(message.count)) unread = Math.max(0, message.count);
    else if (message.type === "hide") return hide();
    describe();
  });

  describe();
  if (remembered() === SHOWN) open(false);
  else if (remembered()) load();
  if (document.body) document.body.append(host);
  else document.addEventListener("DOMContentLoaded", () => document.body.append(host));
})();
