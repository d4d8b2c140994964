/** The agents' desk: joins the lists, the open conversation, what is already known and the closing dialog. */

import { EmergencyAlarm } from "./desk_alarm.js";
import { DeskApi, DeskRefusal } from "./desk_api.js";
import { ClosingDialog } from "./desk_closing.js";
import { showContext } from "./desk_context.js";
import { ConversationPanel } from "./desk_conversation.js";
import { ConversationList, byUrgency } from "./desk_lists.js";
import { Callbacks } from "./desk_callbacks.js";
import { LeftMessages } from "./desk_messages.js";
import { Offers } from "./desk_offers.js";
import { PhrasesDialog } from "./desk_phrases.js";
import { Chime } from "./desk_sound.js";
import { StaffMessagesDialog } from "./desk_staff.js";
import { Station } from "./desk_station.js";
import { TeamList } from "./desk_team.js";
import { DeskTools } from "./desk_tools.js";
import { TransferDialog } from "./desk_transfer.js";
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
  context: required("#context-body"),
  contextNone: required("#context-none"),
};
const tabs = /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll("[data-show]"));
const pageTitle = document.title;

/** @type {DeskConversation[]} */ let mine = [];
/** @type {DeskConversation[]} */ let queued = [];
/** @type {Set<string>|null} */ let knownQueue = null;
/** @type {import("./desk_api.js").DeskTopic[]} */ let topics = [];
/** A conversation of somebody else that this supervisor looks on at. @type {string|null} */ let watched = null;
/** Counts the requests for the lists, so that a late answer does not overwrite a newer one. */
let listsAsked = 0;

const queueList = new ConversationList(required("#queue"), { action: "take", onPick: take });
const mineList = new ConversationList(required("#mine"), { action: "open", onPick: (picked) => open(picked.conversation_id) });
const panel = new ConversationPanel(required("#conversation"), say, {
  // A sign that fails is not worth a word: the next one comes in a moment.
  onTyping: (id) => { api.typing(id).catch((error) => { if (!(error instanceof DeskRefusal)) throw error; }); },
  onProblem: showProblem,
  files: (id) => api.filesOf(id),
});
const closing = new ClosingDialog(required("#closing"), close);
const transferring = new TransferDialog(required("#transfer"), async (transfer) => {
  const id = panel.id;
  return id ? leaveConversation(() => api.transfer(id, transfer), "Conversación transferida.") : "";
});
const phrases = new PhrasesDialog(required("#phrases"), (text) => panel.insert(text));
const tools = new DeskTools(required("#desk-tools"), api, attempt, (text) => {
  showTab("conversation");
  panel.insert(text);
});
const team = new TeamList(required("#team"), watch);
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
  showLists();
  alarm.watch(queued, mine);
  renewUrgent();
}

/** An emergency that arises while somebody attends changes the header and what is known. */
function renewUrgent() {
  const id = panel.id;
  const one = mine.find((other) => other.conversation_id === id);
  if (id && one?.priority && !panel.isUrgent) renew(id);
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
  const open = panel.id;
  queueList.show(queued);
  mineList.show(mine.map((one) => (one.conversation_id === open && !document.hidden ? { ...one, unread: 0 } : one)));
  mineList.mark(open);
  if (open && open === watched) panel.setMine(false, "Usted observa esta conversación; quien atiende no lo ve.");
  else if (open) panel.setMine(mine.some((one) => one.conversation_id === open));
  required("#take-over").hidden = !open || open !== watched;
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
  if (done) await open(conversation.conversation_id);
}

/** @param {string} id */
async function open(id) {
  const { value: detail } = await attempt(() => api.detail(id));
  if (!detail) return;
  if (detail.mine) watched = null;
  showTab("conversation"); // before it is filled: a panel out of sight cannot be scrolled to its end
  panel.show(detail);
  topics = detail.topics;
  view.contextNone.hidden = true;
  view.context.hidden = false;
  showKnown(id, detail);
  mine = mine.map((one) => (one.conversation_id === id ? { ...one, unread: 0 } : one));
  showLists();
  panel.composer.focus();
  await tools.show(id, detail.mine);
}

/** A supervisor looks on; what is said comes by the stream. @param {string} id */
async function watch(id) {
  const { done } = await attempt(() => api.watch(id));
  if (!done) return;
  watched = id;
  await open(id);
}

async function takeOver() {
  const id = watched;
  if (!id) return;
  const { done } = await attempt(() => api.takeOver(id));
  await refresh();
  if (done) await open(id);
}

/**
 * @param {string} id
 * @param {import("./desk_api.js").DeskDetail} detail
 */
function showKnown(id, detail) {
  const isMine = mine.some((one) => one.conversation_id === id);
  const onSee = async () => (await attempt(() => api.telephones(id))).value?.telephones ?? null;
  showContext(view.context, detail.screen_pop, detail.conversation.priority, isMine ? onSee : null);
}

/**
 * @param {string} id
 * @param {string} text
 */
async function say(id, text) {
  const { done } = await attempt(() => api.say(id, text));
  if (done && panel.id === id) await renew(id);
  return done;
}

/** Completes the open transcript; the stream may have been cut while something was said. @param {string} id */
async function renew(id) {
  const { value: detail } = await attempt(() => api.detail(id));
  if (!detail || panel.id !== id) return;
  const wasUrgent = panel.isUrgent;
  panel.show(detail);
  if (panel.isUrgent !== wasUrgent) showKnown(id, detail);
}

/**
 * @param {string[]} chosen
 * @param {string} note
 */
async function close(chosen, note) {
  const id = panel.id;
  return id ? leaveConversation(() => api.close(id, chosen, note), "Atención terminada.") : "";
}

/**
 * @param {() => Promise<unknown>} action what takes the open conversation away
 * @param {string} told
 */
async function leaveConversation(action, told) {
  const { done, detail } = await attempt(action);
  if (!done) return detail;
  panel.hide();
  tools.hide();
  view.context.hidden = true;
  view.contextNone.hidden = false;
  view.announcer.textContent = told;
  await refresh();
  showTab("lists");
  const next = mine[0]?.conversation_id;
  if (next) mineList.focus(next);
  return "";
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
  if (frame.type === "typing") panel.citizenTypes(frame.conversation_id);
  if (frame.type === "whisper") hearWhisper(frame.conversation_id);
  if (frame.type === "taken_over") showProblem(`${frame.by} continúa una conversación que usted atendía.`);
  if (frame.type === "left_messages") refreshMessages();
  if (frame.type === "left_messages" || frame.type === "changed") refreshCallbacks();
  if (frame.type !== "message") return;
  const isOpen = frame.conversation_id === panel.id;
  if (isOpen) panel.add(frame.message);
  const isUser = frame.message.sender === "user";
  mine = mine.map((one) => {
    if (one.conversation_id !== frame.conversation_id) return one;
    const unread = isUser && !(isOpen && !document.hidden) ? one.unread + 1 : one.unread;
    return { ...one, last_text: frame.message.text, unread };
  });
  showLists();
}

/** A supervisor's note for this agent. @param {string} id */
async function hearWhisper(id) {
  view.announcer.textContent = "La supervisión le dejó una nota.";
  chime.play([520]);
  if (panel.id === id) await tools.renewNotes();
  else showProblem("La supervisión le dejó una nota en otra de sus conversaciones.");
}

const stream = new LiveSocket("/desk/stream", {
  onOpen: () => {
    view.connection.textContent = "";
    refresh();
    refreshMessages();
    refreshCallbacks();
    staffRoom.check();
    if (panel.id) renew(panel.id);
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

tabs.forEach((tab) => tab.addEventListener("click", () => showTab(tab.dataset.show ?? "lists")));
required("#take-over").addEventListener("click", takeOver);
required("#open-transfer").addEventListener("click", async () => {
  const id = panel.id;
  const { value } = id ? await attempt(() => api.targets(id)) : { value: undefined };
  if (value) transferring.open(value);
});
required("#open-phrases").addEventListener("click", async () => {
  const id = panel.id;
  const { value } = id ? await attempt(() => api.phrases(id)) : { value: undefined };
  if (value) phrases.open(value.phrases);
});
required("#end-attention").addEventListener("click", () => closing.open(topics));
required("#problem-close").addEventListener("click", () => showProblem(""));
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  if (panel.id) mine = mine.map((one) => (one.conversation_id === panel.id ? { ...one, unread: 0 } : one));
  showLists();
});
setInterval(() => { queueList.tick(); mineList.tick(); }, 15_000);
setInterval(refreshCallbacks, 60_000); // what is due, and what is late, goes by the clock

await refresh();
await refreshMessages();
await refreshCallbacks();
stream.open();
