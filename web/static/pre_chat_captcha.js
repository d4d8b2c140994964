/**
 * The proof of work that opens the entrance: fetches a challenge and has ALTCHA's own solver work on it beside the page,
 * from the moment somebody begins to fill in the form. Nobody has anything to solve, see or hear.
 */

const SOLVER = "/static/vendor/altcha/pbkdf2.js";
/** A little less than the ten minutes that the server allows. */
const GOOD_FOR_MS = 9 * 60_000;
const PATIENCE_MS = 120_000;

export class CaptchaFailed extends Error {}

export class Captcha {
  /** @type {Promise<string>|null} */ #work = null;
  #since = 0;

  /** Begins to work, unless a good solution is there or on its way. */
  begin() {
    if (this.#work && Date.now() - this.#since < GOOD_FOR_MS) return;
    this.#since = Date.now();
    this.#work = solve();
    this.#work.catch(() => {}); // told to whoever asks for the solution
  }

  /** The solution is used up, or was no good. */
  forget() {
    this.#work = null;
  }

  /**
   * @returns {Promise<string>} the solved challenge as the server takes it
   * @throws {CaptchaFailed}
   */
  async solution() {
    this.begin();
    try {
      return await /** @type {Promise<string>} */ (this.#work);
    } catch (error) {
      this.forget();
      throw error;
    }
  }
}

/** @returns {Promise<string>} */
async function solve() {
  const challenge = await fetchChallenge();
  const solution = await derive(challenge);
  return btoa(JSON.stringify({ challenge, solution }));
}

async function fetchChallenge() {
  let response;
  try {
    response = await fetch("/api/v1/captcha", { cache: "no-store" });
  } catch (error) {
    if (error instanceof TypeError) throw new CaptchaFailed("offline"); // fetch reports an unreachable server so
    throw error;
  }
  if (!response.ok) throw new CaptchaFailed(`status ${response.status}`);
  return response.json();
}

/**
 * @param {object} challenge
 * @returns {Promise<{counter: number, derivedKey: string, time: number}>}
 */
function derive(challenge) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(SOLVER);
    worker.addEventListener("message", ({ data }) => {
      worker.terminate();
      // The solver gives null after its time is over, and `error` where the browser has no Web Crypto (plain http).
      if (data && !data.error) resolve(data);
      else reject(new CaptchaFailed("not solved"));
    });
    worker.addEventListener("error", () => {
      worker.terminate();
      reject(new CaptchaFailed("no worker"));
    });
    worker.postMessage({ type: "work", challenge, counterStart: 0, counterStep: 1, timeout: PATIENCE_MS });
  });
}
