/** The page of one evaluation run: asks for its progress and shows it until it ends. */

import { required } from "./dom.js";

const EVERY_MS = 2000;
/** Tenths of the run at which a screen reader is told; every conversation would be noise. */
const STEPS = 10;

const run = required("#run");
const view = {
  state: required("#state"),
  counted: required("#counted"),
  bar: /** @type {HTMLProgressElement} */ (required("#bar")),
  announcer: required("#announcer"),
  problem: required("#problem"),
};
let told = -1;

/** @param {{state: string, state_words: string, done: number, planned: number, passed: number, failed: number, infrastructure: number, problem: string}} progress */
function show(progress) {
  view.state.textContent = progress.state_words;
  view.counted.textContent = `${progress.done} de ${progress.planned}`;
  view.bar.max = progress.planned || 1;
  view.bar.value = progress.done;
  for (const name of /** @type {const} */ (["passed", "failed", "infrastructure"])) {
    required(`#${name}`).textContent = String(progress[name]);
  }
  required("#failed").parentElement?.classList.toggle("is-bad", progress.failed > 0);
  const step = progress.planned ? Math.floor((STEPS * progress.done) / progress.planned) : 0;
  if (step === told) return;
  told = step;
  view.announcer.textContent = `${progress.done} de ${progress.planned} conversaciones, ${progress.failed} con fallas.`;
}

/** @param {string} text */
function warn(text) {
  view.problem.textContent = text;
  view.problem.hidden = text === "";
}

async function ask() {
  const response = await fetch(run.dataset.progress ?? "", { headers: { Accept: "application/json" } }).catch(() => null);
  if (response?.status === 401) {
    warn("Su sesión terminó; la evaluación sigue. Recargue la página y entre de nuevo para ver el avance.");
    return;
  }
  if (!response?.ok) {
    warn("Sin conexión con el servidor; la evaluación sigue. Reintentando…");
  } else {
    const progress = await response.json();
    warn(progress.problem);
    show(progress);
    if (progress.state !== "running") {
      location.reload(); // brings the reports and the table by campaign
      return;
    }
  }
  setTimeout(ask, EVERY_MS);
}

if (run.dataset.state === "running") await ask();
