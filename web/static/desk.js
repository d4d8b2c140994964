/** The agents' desk: joins the lists, the conversations that are open side by side, and what comes by the stream. */

import { EmergencyAlarm } from "./desk_alarm.js";
import { DeskApi, DeskRefusal } from "./desk_api.js";
import { Attention } from "./desk_attention.js";
import { ConversationList, byUrgency } from "./desk_lists.js";
import { Callbacks } from "./desk_callbacks.js";
import { LeftMessages } from "./desk_messages.js";
import { Offers } from "./desk_offers.js";
import { Chime } from "./desk_sound.js";
import { StaffMessagesDialog } from "./desk_staff.js";
import { Station } from "./desk_station.js";
import { TeamList } from "./desk_team.js";
import { required } from "./dom.js";
import { learnNow } from "./institution_time.js";
import { LiveSocket } from "./live_socket.js";

/** @typedef {import("./desk_api.js").DeskConversation} DeskConversation */

const page = required("#desk");
const api = new DeskApi(page.dataset.csrfToken);
const view = {
  connection: required("#desk-connection"),
  problem: required("#desk-problem"),
  problemText: required("#desk-problem-text"),
  announcer: required("#announcer"),
};
const tabs = /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll("[data-show]"));
const pageTitle = document.title;

/** @type {DeskConversation[]} */ let mine = [];
/** @type {DeskConversation[]} */ let queued = [];
/** @type {Set<string>|null} */ let knownQueue = null;
/** Counts the requests for the lists, so that a late answer does not overwrite a newer one. */
let listsAsked = 0;

const queueList = new ConversationList(required("#queue"), { action: "take", onPick: take });
const mineList = new ConversationList(required("#mine"), { action: "open", onPick: (picked) => attention.open(picked.conversation_id) });
const attention = new Attention(api, attempt, {
  refresh,
  changed: showLists,
  reach: () => showTab("conversation"),
  leave: () => showTab("lists"),
  focusList: (id) => mineList.focus(id),
  problem: showProblem,
  told: (words) => { view.announcer.textContent = words; },
});
const team = new TeamList(required("#team"), (id) => attention.watch(id));
const staffRoom = new StaffMessagesDialog(required("#open-staff"), required("#staff-messages"), {
  onRead: async () => (await attempt(() => api.staffMessages())).value,
  onWrite: async (text, to) => (await attempt(() => api.writeToStaff(text, to))).value,
});
const chime = new Chime();
const alarm = new EmergencyAlarm(required("#emergency"), chime);
const offers = new Offers(required("#offers"), chime, {
  onAccept: take,
  onDecline: async (offer) => {
    await attempt(() => api.decline(offer.conversation_id));
    await refresh();
    if (document.activeElement === document.body) attention.goOn(); // the button that had the focus is gone
  },
});
const station = new Station(api, {
  onChoose: async (state) => {
    await attempt(() => api.choose(state));
    await refresh();
  },
  onLeave: () => stream.close(), // what changes from now on is not this desk's any more
});
const leftMessages = new LeftMessages(required("#left-messages"), required("#left-message"), {
  onOpen: async (id) => {
    const { value } = await attempt(() => api.openLeftMessage(id));
    if (!value) refreshMessages(); // somebody else was faster
    return value ?? null;
  },
  onDone: async (id, note) => {
    const { done, detail } = await attempt(() => api.finishLeftMessage(id, note));
    if (done) await refreshMessages();
    return detail;
  },
});
const callbacks = new Callbacks(required("#callbacks"), required("#callback"), {
  onOpen: async (id) => {
    const { value } = await attempt(() => api.openCallback(id));
    if (!value) refreshCallbacks(); // somebody else was faster, or it was cancelled
    return value ?? null;
  },
  onTried: async (id, result, note) => {
    const { done, detail } = await attempt(() => api.callbackTried(id, result, note));
    if (done) await refreshCallbacks();
    return detail;
  },
});

/**
 * Runs what may be refused and shows the reason to the agent.
 * @template T
 * @param {() => Promise<T>} action
 * @returns {Promise<{done: boolean, value?: T, detail: string}>}
 */
async function attempt(action) {
  try {
    const value = await action();
    showProblem("");
    return { done: true, value, detail: "" };
  } catch (error) {
    if (!(error instanceof DeskRefusal)) throw error;
    showProblem(error.message);
    return { done: false, detail: error.message };
  }
}

async function refresh() {
  const turn = ++listsAsked;
  try {
    const lists = await api.lists();
    if (turn !== listsAsked) return;
    learnNow(lists.now);
    station.show(lists.me);
    offers.show(lists.offers);
    if (lists.me.supervisor) team.show(await api.team());
    queued = [...lists.queued].sort(byUrgency);
    mine = [...lists.mine].sort(byUrgency);
  } catch (error) {
    // A missed refresh is told by the connection notice and made good when the stream returns.
    if (!(error instanceof DeskRefusal)) throw error;
    return;
  }
  announceArrivals();
  attention.follow(mine);
  showLists();
  alarm.watch(queued, mine);
}

async function refreshMessages() {
  try {
    const { messages } = await api.leftMessages();
    leftMessages.show(messages);
  } catch (error) {
    // As with the lists: made good at the next turn.
    if (!(error instanceof DeskRefusal)) throw error;
  }
}

async function refreshCallbacks() {
  try {
    const { callbacks: found, results } = await api.callbacks();
    callbacks.show(found, results);
  } catch (error) {
    if (!(error instanceof DeskRefusal)) throw error; // made good at the next turn
  }
}

function showLists() {
  const { tiles } = attention;
  tiles.review();
  queueList.show(queued);
  mineList.show(mine.map((one) => ({ ...one, unread: tiles.get(one.conversation_id)?.panel.unread ?? one.unread })));
  mineList.mark(tiles.open.map((tile) => tile.id), tiles.active?.id ?? null);
  const waiting = queued.length ? `(${queued.length}) ` : "";
  document.title = offers.ringing ? `¡Conversación para usted! · ${pageTitle}` : `${waiting}${pageTitle}`;
  required("#tab-count").textContent = queued.length ? String(queued.length) : "";
}

function announceArrivals() {
  const ids = new Set(queued.map((one) => one.conversation_id));
  const known = knownQueue;
  knownQueue = ids;
  const arrived = known === null ? [] : queued.filter((one) => !known.has(one.conversation_id));
  if (arrived.length === 0) return;
  view.announcer.textContent = arrived
    .map((one) => `${one.priority ? "Emergencia" : "Nueva conversación"} en espera: ${one.campaign_name}. ${one.reason_label}.`)
    .join(" ");
}

/** @param {DeskConversation} conversation */
async function take(conversation) {
  const { done } = await attempt(() => api.take(conversation.conversation_id));
  await refresh();
  if (done) await attention.open(conversation.conversation_id);
}

/** @param {string} detail */
function showProblem(detail) {
  view.problemText.textContent = detail;
  view.problem.hidden = detail === "";
}

/** @param {string} name panel to show where there is no room for all */
function showTab(name) {
  page.dataset.view = name;
  tabs.forEach((tab) => tab.setAttribute("aria-pressed", String(tab.dataset.show === name)));
}

/** @param {any} frame */
function receive(frame) {
  if (frame.type === "changed" || frame.type === "staff") refresh();
  if (frame.type === "idle") station.warn();
  if (frame.type === "staff_message") {
    view.announcer.textContent = `Mensaje interno de ${frame.from}.`;
    chime.play([520]);
    staffRoom.check();
  }
  if (frame.type === "typing") attention.tiles.get(frame.conversation_id)?.panel.citizenTypes();
  if (frame.type === "whisper") hearWhisper(frame.conversation_id);
  if (frame.type === "taken_over") showProblem(`${frame.by} continúa una conversación que usted atendía.`);
  if (frame.type === "left_messages") refreshMessages();
  if (frame.type === "left_messages" || frame.type === "changed") refreshCallbacks();
  if (frame.type === "message") hear(frame.conversation_id, frame.message);
}

/**
 * @param {string} id
 * @param {import("./desk_api.js").TranscriptLine} message
 */
function hear(id, message) {
  const isUser = message.from === "user";
  attention.tiles.get(id)?.panel.add(message);
  const one = mine.find((other) => other.conversation_id === id);
  if (one && isUser) {
    one.last_text = message.text;
    one.unread += 1;
  }
  if (one && isUser && !attention.tiles.isLookedAt(id)) {
    view.announcer.textContent = `Mensaje nuevo: ${one.campaign_name}, ${one.folio}.`;
    if (!attention.tiles.get(id)?.panel.inSight || document.hidden) chime.play([620]);
  }
  showLists();
}

/** A supervisor's note for this agent. @param {string} id */
async function hearWhisper(id) {
  const tile = attention.tiles.get(id);
  view.announcer.textContent = "La supervisión le dejó una nota.";
  chime.play([520]);
  await tile?.tools.renewNotes();
  const where = tile ? `: ${tile.panel.name}` : "";
  if (!tile || tile !== attention.tiles.active) showProblem(`La supervisión le dejó una nota en otra de sus conversaciones${where}.`);
}

const stream = new LiveSocket("/desk/stream", {
  onOpen: () => {
    view.connection.textContent = "";
    refresh().then(() => attention.renewAll());
    refreshMessages();
    refreshCallbacks();
    staffRoom.check();
  },
  onFrame: receive,
  onStatus: (status) => {
    if (status === "offline") {
      view.connection.textContent = "Sin conexión. Reintentando…";
      refresh(); // a session that ended is refused here too, and leads back to the login
    }
  },
  onRefused: () => location.assign("/desk"),
});

tabs.forEach((tab) => tab.addEventListener("click", () => {
  showTab(tab.dataset.show ?? "lists");
  showLists();
}));
required("#problem-close").addEventListener("click", () => showProblem(""));
document.addEventListener("visibilitychange", () => { if (!document.hidden) showLists(); });
setInterval(() => { queueList.tick(); mineList.tick(); }, 15_000);
setInterval(refreshCallbacks, 60_000); // what is due, and what is late, goes by the clock

await refresh();
await refreshMessages();
await refreshCallbacks();
stream.open();
