/**
 * The institution's time. Every hour is shown in its zone, wherever the reader is, and "now" is the server's: the clock
 * of a citizen's device may be wrong, and the sandbox lives on a day of its own.
 */

const ZONE = "America/Mexico_City";
const CLOCK = new Intl.DateTimeFormat("es-MX", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: ZONE });
const MOMENT = new Intl.DateTimeFormat("es-MX", {
  day: "2-digit", month: "2-digit", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: ZONE,
});

/** Milliseconds from the device's clock to the server's. */
let ahead = 0;

/** @param {string|undefined} instant the server's present, ISO; one that cannot be read changes nothing */
export function learnNow(instant) {
  const milliseconds = Date.parse(instant ?? "");
  if (!Number.isNaN(milliseconds)) ahead = milliseconds - Date.now();
}

/** @returns {number} the server's present, in milliseconds since 1970 */
export function now() {
  return Date.now() + ahead;
}

/**
 * Hour and minute of an ISO instant; empty if the instant cannot be read.
 * @param {string} instant
 */
export function clockTime(instant) {
  return written(CLOCK, instant);
}

/**
 * Day, hour and minute of an ISO instant; empty if the instant cannot be read.
 * @param {string} instant
 */
export function momentText(instant) {
  return written(MOMENT, instant);
}

/**
 * @param {Intl.DateTimeFormat} format
 * @param {string} instant
 */
function written(format, instant) {
  const date = new Date(instant);
  return Number.isNaN(date.getTime()) ? "" : format.format(date);
}
