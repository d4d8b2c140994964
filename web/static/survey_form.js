/**
 * The exit survey, one question a screen: whether the doubt was solved, a mark for each level that attended, and how
 * likely one is to recommend the service. Each answer is sent at once, as any other message is, so that who leaves in
 * the middle keeps what was said. What is not answered is never sent as an answer.
 */

import { element, required } from "./dom.js";

/** @typedef {{id: string, text: string, place: number, of: number}} Question `id`: resolved, nps, or a level */
/** @typedef {{id: string, title: string}} Choice */

const YES_NO = [["yes", "Sí", null], ["no", "No", null]];
const MARKS = [
  ["1", "1", "1, muy mala"], ["2", "2", "2, mala"], ["3", "3", "3, regular"], ["4", "4", "4, buena"],
  ["5", "5", "5, muy buena"],
];
const LIKELY = Array.from({ length: 11 }, (_, number) => [String(number), String(number), null]);
const SKIP = { id: "survey:skip", title: "Omitir" };

export class SurveyForm {
  /** @type {Question|null} */ #question = null;
  #waiting = false;

  /**
   * @param {HTMLFormElement} form
   * @param {{onChoice: (choice: Choice) => void, onText: (text: string) => void, onLeave: () => void}} handlers
   *   `onLeave`: the survey is left without an answer
   */
  constructor(form, { onChoice, onText, onLeave }) {
    this.form = form;
    /** @type {HTMLElement} */ this.fields = required("fieldset", form);
    /** @type {HTMLElement} */ this.problem = required(".survey-problem", form);
    /** @type {NodeListOf<HTMLButtonElement>} */ this.buttons = form.querySelectorAll("button");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#waiting || !this.#question) return;
      const answer = new FormData(form).get("answer");
      this.problem.hidden = answer !== null;
      if (answer === null) {
        required("input", form).focus();
        return;
      }
      this.#wait(true);
      if (this.#question.id === "nps") onText(String(answer));
      else onChoice({ id: `survey:${answer}`, title: labelOf(String(answer)) });
    });
    required("[data-skip]", form).addEventListener("click", () => {
      if (this.#waiting || !this.#question) return;
      this.#wait(true);
      if (this.#question.id === "resolved") onLeave();
      else onChoice(SKIP);
    });
  }

  /**
   * Shows the open question, or hides the survey. What was ticked stays until another question takes its place.
   * @param {Question|null} question
   */
  show(question) {
    const before = this.#question;
    this.#question = question;
    this.form.hidden = question === null;
    if (!question) this.#wait(false);
    if (!question || (before?.id === question.id && before.place === question.place)) return;
    this.#wait(false);
    this.#draw(question);
    required("legend", this.form).focus({ preventScroll: before === null });
  }

  /** The answer did not arrive: it may be given again. */
  release() {
    this.#wait(false);
  }

  /** @param {Question} question */
  #draw({ id, text, place, of }) {
    const kind = id === "resolved" ? YES_NO : id === "nps" ? LIKELY : MARKS;
    this.problem.hidden = true;
    this.problem.textContent = id === "resolved"
      ? "Elija Sí o No para enviar su respuesta."
      : "Elija un número para enviar su respuesta, o elija Omitir.";
    this.fields.replaceChildren(
      element("legend", { tabindex: "-1", text }),
      element("p", { class: "survey-place", text: `Pregunta ${place} de ${of}` }),
      element("div", { class: id === "nps" ? "marks is-many" : "marks" }, kind.map(([value, shown, said]) => mark(value ?? "", shown ?? "", said))),
      kind === MARKS ? ends("Muy mala", "Muy buena") : kind === LIKELY ? ends("Nada probable", "Muy probable") : "",
      this.problem,
    );
  }

  /**
   * A button that is `disabled` loses the keyboard's focus, which must pass on to what follows.
   * @param {boolean} waiting
   */
  #wait(waiting) {
    this.#waiting = waiting;
    this.buttons.forEach((button) => button.setAttribute("aria-disabled", String(waiting)));
  }
}

/** @param {string} value @param {string} shown @param {string|null} said */
function mark(value, shown, said) {
  const radio = element("input", {
    type: "radio", name: "answer", value, "aria-label": said, "aria-describedby": "survey-problem",
  });
  return element("label", { class: "mark" }, [radio, element("span", { text: shown })]);
}

/** @param {string} least @param {string} most */
function ends(least, most) {
  return element("p", { class: "mark-ends", "aria-hidden": "true" }, [
    element("span", { text: least }), element("span", { text: most }),
  ]);
}

/** @param {string} answer as it is sent */
function labelOf(answer) {
  return { yes: "Sí", no: "No" }[answer] ?? answer;
}
