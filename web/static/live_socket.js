/**
 * A WebSocket that comes back by itself: exponential backoff with jitter, at once when the network or the page returns.
 */

/** @typedef {"connecting"|"online"|"offline"} LinkStatus */
/**
 * @typedef {object} LiveSocketHandlers
 * @property {() => void} [onOpen] the socket is open; nothing has been received
 * @property {(frame: any) => void} onFrame one JSON object from the server
 * @property {(status: LinkStatus) => void} onStatus
 * @property {(code: number) => void} onRefused the server closed with a code in the 4400s; no further attempt
 */

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
/** A connection that lasted this long was a good one, even if the server had nothing to say. */
const STABLE_MS = 10_000;

/**
 * Wait before the n-th attempt (0 = first). Half is fixed and half is chance, so that the browsers cut off together
 * do not come back together.
 * @param {number} attempt
 * @param {number} [chance] number in [0, 1)
 */
export function backoff(attempt, chance = Math.random()) {
  const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt);
  return ceiling / 2 + (ceiling / 2) * chance;
}

export class LiveSocket {
  /** @type {WebSocket|null} */ #socket = null;
  #attempt = 0;
  #timer = 0;
  #wanted = false;

  /**
   * @param {string} path path on this same server
   * @param {LiveSocketHandlers} handlers
   */
  constructor(path, handlers) {
    this.url = new URL(path, location.href);
    this.url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    this.handlers = handlers;
    this.retryNow = () => {
      if (this.#wanted && !this.#socket) this.#connect();
    };
    this.noticeOffline = () => this.restart();
    this.noticeVisible = () => {
      if (document.visibilityState === "visible") this.retryNow();
    };
  }

  open() {
    this.#wanted = true;
    window.addEventListener("online", this.retryNow);
    window.addEventListener("offline", this.noticeOffline);
    document.addEventListener("visibilitychange", this.noticeVisible);
    this.#connect();
  }

  /** Ends the connection for good. */
  close() {
    this.#wanted = false;
    clearTimeout(this.#timer);
    window.removeEventListener("online", this.retryNow);
    window.removeEventListener("offline", this.noticeOffline);
    document.removeEventListener("visibilitychange", this.noticeVisible);
    this.#drop();
  }

  /** Gives up a connection that seems dead and tries anew; a browser can take minutes to notice by itself. */
  restart() {
    if (!this.#wanted || !this.#socket) return;
    this.#drop();
    this.#retryLater();
  }

  /**
   * @param {object} frame
   * @returns {boolean} whether it was handed to an open connection; that is not yet proof of delivery
   */
  send(frame) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  #connect() {
    clearTimeout(this.#timer);
    this.handlers.onStatus(this.#attempt === 0 ? "connecting" : "offline");
    const socket = new WebSocket(this.url);
    this.#socket = socket;
    let openedAt = Infinity;
    socket.addEventListener("open", () => {
      openedAt = Date.now();
      this.handlers.onOpen?.();
    });
    socket.addEventListener("message", (event) => {
      if (socket !== this.#socket) return;
      // A first frame, not the mere opening, proves that the server works: only then the waits start small again.
      this.#attempt = 0;
      this.handlers.onStatus("online");
      this.handlers.onFrame(JSON.parse(event.data));
    });
    socket.addEventListener("close", (event) => {
      if (socket !== this.#socket) return;
      this.#socket = null;
      if (Date.now() - openedAt > STABLE_MS) this.#attempt = 0;
      if (event.code >= 4400 && event.code < 4500) {
        this.close();
        this.handlers.onRefused(event.code);
      } else if (this.#wanted) {
        this.#retryLater();
      }
    });
  }

  #retryLater() {
    this.handlers.onStatus("offline");
    this.#timer = setTimeout(() => this.#connect(), backoff(this.#attempt));
    this.#attempt += 1;
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }
}
