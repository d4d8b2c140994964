/** What the desk's dialogs have in common: they are sent once, and stay open with the reason when that failed. */

/**
 * @param {{dialog: HTMLDialogElement, submit: HTMLButtonElement, problem: HTMLElement}} parts
 * @param {() => Promise<string>} send resolves with a Spanish reason if it could not be done, else with an empty text
 */
export async function sendDialog({ dialog, submit, problem }, send) {
  submit.disabled = true;
  problem.textContent = await send();
  submit.disabled = false;
  if (!problem.textContent) dialog.close();
}
