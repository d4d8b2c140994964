/** The citizen's own copy of the conversation, made in the browser: nothing is sent anywhere. */

import { saveBlob } from "./file_saving.js";
import { momentText } from "./institution_time.js";

/** @param {string} url of this site or another */
const addressOf = (url) => new URL(url, location.origin).href;

/**
 * Text of a conversation, one message per paragraph.
 * @param {{title: string, folio: string, names: Record<string, string>}} heading
 * @param {import("./conversation_client.js").Message[]} messages
 */
export function transcriptText({ title, folio, names }, messages) {
  const lines = messages.map(({ at, sender, text, document: page }) => {
    const said = `[${momentText(at)}] ${names[sender] || "Aviso"}: ${text}`;
    return page ? `${said}\r\n${page.title}: ${addressOf(page.url)}` : said;
  });
  return [title, `Folio: ${folio}`, "", ...lines, ""].join("\r\n");
}

/**
 * Offers a text as a file to keep.
 * @param {string} name
 * @param {string} text
 */
export function saveText(name, text) {
  saveBlob(name, new Blob([text], { type: "text/plain;charset=utf-8" }));
}
