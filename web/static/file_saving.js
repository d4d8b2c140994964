/** Files for the reader to keep: made here, or fetched with a proof that must not stand in an address. */

import { element } from "./dom.js";

/**
 * Offers content as a file to keep.
 * @param {string} name
 * @param {Blob} content
 */
export function saveBlob(name, content) {
  const address = URL.createObjectURL(content);
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

/**
 * Fetches a file with the conversation's token and offers it.
 * @param {string} url
 * @param {string} name
 * @param {string} token
 * @returns {Promise<string>} empty once offered, else why not, in Spanish
 */
export async function fetchFile(url, name, token) {
  let response;
  try {
    response = await fetch(url, { headers: { Authorization: `Bearer ${token}` } });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // fetch reports an unreachable server as a TypeError
    return "No fue posible conectarse. Inténtelo de nuevo.";
  }
  if (!response.ok) {
    const answer = await response.json().catch(() => null);
    return typeof answer?.detail === "string" ? answer.detail : "El archivo no está disponible en este momento.";
  }
  saveBlob(name, await response.blob());
  return "";
}
