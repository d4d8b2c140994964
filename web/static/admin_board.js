/** The live board: asks for its figures every few seconds and puts them in the place of the old ones. */

import { required } from "./dom.js";

const EVERY_MS = 5000;
const board = required("#board");
const problem = required("#problem");

/** @param {string} text */
function warn(text) {
  problem.textContent = text;
  problem.hidden = text === "";
}

async function ask() {
  // JSON is what a script asks for: a session that ended is then told by its status, not by the log-in page.
  const response = await fetch(board.dataset.figures ?? "", { headers: { Accept: "text/html, application/json" } }).catch(
    () => null,
  );
  if (response?.status === 401 || response?.status === 403) {
    warn("Su sesión terminó y el tablero ya no se actualiza. Recargue la página y entre de nuevo.");
    return;
  }
  if (response?.ok) {
    const figures = document.createElement("template");
    figures.innerHTML = await response.text(); // made by our own server, with every value escaped
    board.replaceChildren(figures.content);
    warn("");
  } else {
    warn("Sin conexión con el servidor: los datos son los de la última actualización. Reintentando…");
  }
  setTimeout(ask, EVERY_MS);
}

setTimeout(ask, EVERY_MS);
