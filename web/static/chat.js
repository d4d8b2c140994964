/** The citizen's chat page: joins the conversation client, the list of messages, the composer and the survey. */

import { Composer } from "./composer.js";
import { ConversationClient } from "./conversation_client.js";
import { Chime } from "./desk_sound.js";
import { required } from "./dom.js";
import { Embedding } from "./embedding.js";
import { fetchFile } from "./file_saving.js";
import { FileSender } from "./file_sender.js";
import { now } from "./institution_time.js";
import { MessageList } from "./message_list.js";
import { PreChat } from "./pre_chat.js";
import { SessionStore } from "./session_store.js";
import { SurveyForm } from "./survey_form.js";
import { saveText, transcriptText } from "./transcript_file.js";
import { TranscriptKeeper } from "./transcript_keeper.js";
import { TypingSign, watchTyping } from "./typing_sign.js";

/** @typedef {import("./conversation_client.js").Situation} Situation */

const page = required("#chat");
const campaign = { id: page.dataset.campaign, name: page.dataset.campaignName };
const names = { user: "Usted", bot: "Asistente virtual", human: "Persona que le atiende", system: "" };
const ATTENDING = {
  bot: "Asistente virtual",
  queued: "En espera de una persona",
  human: "Le atiende una persona",
  survey: "Encuesta de salida",
  closed: "Conversación terminada",
};
/** Below this distance from the end, in pixels, the reader is taken to be following the conversation. */
const NEAR_END = 120;
/** Cuts shorter than this are not worth a notice. */
const CALM_MS = 1200;

const view = {
  title: required("#campaign-name"),
  attending: required("#attending"),
  folio: required("#folio"),
  elapsed: required("#elapsed"),
  connection: required("#connection"),
  problem: required("#problem"),
  scroller: required("#scroller"),
  log: required("#log"),
  queue: required("#queue"),
  closed: required("#closed"),
  expired: required("#expired"),
  notOpened: required("#not-opened"),
  jump: required("#jump"),
  footer: required("#footer"),
  end: required("#end"),
  endDialog: required("#end-dialog"),
};

let state = "bot";
/** The open question of the survey. @type {import("./survey_form.js").Question|null} */
let question = null;
let folio = "";
let unread = 0;
let widgetShown = true;
let calmTimer = 0;
let startedAt = 0;
/** Whether the reader was at the end before the room for messages changed. */
let following = true;
/** Whether the conversation was already there when the page was loaded. */
let resumed = false;
const pageTitle = document.title;

const store = new SessionStore(campaign.id);
const list = new MessageList(view.log, { own: "user", names, onChoose: (choice) => choose(choice), onFile: openFile });
const composer = new Composer(required("#composer"), (text) => sendText(text));
const files = new FileSender(required("#composer"), {
  target: () => {
    const key = store.conversation;
    return key && { url: `${pathOf(key)}/attachments`, headers: { Authorization: `Bearer ${key.token}` } };
  },
  onProblem: (detail) => showProblem(detail),
});
const typing = new TypingSign(required("#typing"), required("#typing-spoken"), () => { if (following) scrollToEnd(); });
const chime = new Chime();
const survey = new SurveyForm(required("#survey"), {
  onChoice: (choice) => client.sendChoice(choice),
  onText: (text) => client.sendText(text),
  onLeave: () => client.sendClose(),
});
const embedding = new Embedding("embedded" in page.dataset, {
  name: campaign.name,
  onShown: (shown, focus) => {
    widgetShown = shown;
    if (!shown) return;
    markRead();
    if (!focus) return;
    if (entrance.isShown) entrance.focus();
    else focusWriting();
  },
});

const client = new ConversationClient(campaign.id, store, {
  onMessages: receive,
  onPending: (message) => {
    list.addPending(message);
    scrollToEnd();
  },
  onConfirmed: (clientMessageId, messageId) => list.confirm(clientMessageId, messageId),
  onRejected: (clientMessageId) => {
    list.reject(clientMessageId);
    survey.release();
  },
  onTyping: (on, who) => {
    if (!on) typing.hide();
    else typing.show(who === "human" ? "La persona está escribiendo." : "El asistente está respondiendo.", who === "human");
  },
  onError: (detail) => showProblem(detail),
  onStatus: showStatus,
  onExpired: () => {
    list.rejectPending();
    list.allowChoices(false);
    showPanels("expired");
  },
  onNotOpened: (detail, answer) => {
    showStatus("online");
    if (answer?.error === "link_void") entrance.show(entrance.isDue);
    if (entrance.isShown) {
      entrance.explain(detail, answer);
      return;
    }
    required("p", view.notOpened).textContent = detail;
    showPanels("notOpened");
  },
});

const entrance = new PreChat(page, (brought) => client.begin(brought));

/** @param {string} text */
function sendText(text) {
  composer.text = "";
  showProblem("");
  client.sendText(text);
}

/** A file of the conversation, with the token that must not stand in an address. @param {string} url @param {string} title */
async function openFile(url, title) {
  const key = store.conversation;
  showProblem(key ? await fetchFile(url, title, key.token) : "Esta conversación ya no está disponible.");
}

/** @param {import("./session_store.js").ConversationKey} key */
function pathOf({ conversation_id }) {
  return `/api/v1/conversations/${encodeURIComponent(conversation_id)}`;
}

/** @param {import("./conversation_client.js").Choice} choice */
function choose(choice) {
  showProblem("");
  client.sendChoice(choice);
  focusWriting();
}

/**
 * @param {import("./conversation_client.js").Message[]} messages
 * @param {Situation} situation
 * @param {boolean} first
 */
function receive(messages, situation, first) {
  if (entrance.isShown) {
    entrance.show(false);
    focusWriting();
  }
  // On opening, greeting, privacy notice and folio are read first; whoever comes back goes on at the end.
  if (first) following = resumed;
  const follow = following;
  const incoming = list.show(messages).filter((message) => message.sender !== "user");
  if (messages.length && !startedAt) startedAt = Date.parse(messages[0].at) || now();
  if (incoming.length) typing.hide();
  showSituation(situation);
  composer.expect(state === "bot" ? list.expected : null);
  if (follow) scrollToEnd();
  else if (first) view.scroller.scrollTop = 0;
  else view.jump.hidden = incoming.length === 0 && view.jump.hidden;
  if (first) {
    setTimeout(() => view.log.setAttribute("aria-live", "polite"), 500);
  } else if (incoming.length && isAway()) {
    countUnread(incoming.length);
    chime.play([660, 880]);
  }
}

/** @param {Situation} situation */
function showSituation(situation) {
  state = situation.state;
  question = situation.survey ?? null;
  page.dataset.state = state;
  if (situation.folio) folio = situation.folio;
  if (situation.campaign_name) view.title.textContent = situation.campaign_name;
  view.attending.textContent = ATTENDING[state] ?? ATTENDING.bot;
  view.folio.textContent = folio;
  required("#closed-folio").textContent = folio;
  const notice = `Le comunicamos con una persona.\n${situation.queue?.words ?? ""}`.trim();
  const words = required("#queue-text");
  if (state === "queued" && words.textContent !== notice) words.textContent = notice;
  if (state !== "queued") words.textContent = "";
  list.allowChoices(state === "bot" || state === "queued");
  showPanels(state === "closed" ? "closed" : "");
}

/** @param {""|"closed"|"expired"|"notOpened"} ending panel that takes the place of the composer, if any */
function showPanels(ending) {
  const wasFocusInside = page.contains(document.activeElement);
  view.queue.hidden = state !== "queued" || ending !== "";
  survey.show(ending === "" ? question : null);
  composer.enabled = ending === "" && state !== "survey";
  files.enabled = composer.enabled;
  view.footer.hidden = ending !== "" || state === "survey";
  view.end.hidden = ending !== "" || state === "survey";
  if (ending) typing.hide();
  for (const name of ["closed", "expired", "notOpened"]) {
    const appears = name === ending && view[name].hidden;
    view[name].hidden = name !== ending;
    if (appears && wasFocusInside) required("button", view[name]).focus({ preventScroll: true });
  }
  if (ending) scrollToEnd();
}

/** @param {import("./live_socket.js").LinkStatus} status */
function showStatus(status) {
  clearTimeout(calmTimer);
  if (status === "online") view.connection.textContent = "";
  else if (!view.connection.textContent) {
    const words = status === "connecting" ? "Conectando…" : "Sin conexión. Reintentando…";
    calmTimer = setTimeout(() => { view.connection.textContent = words; }, CALM_MS);
  } else if (status === "offline") view.connection.textContent = "Sin conexión. Reintentando…";
}

/** @param {string} detail */
function showProblem(detail) {
  view.problem.textContent = detail;
}

/** On a touch screen the text box would raise the keyboard over the answer, so the messages take the focus there. */
function focusWriting() {
  if (matchMedia("(pointer: coarse)").matches) view.scroller.focus({ preventScroll: true });
  else composer.focus();
}

function isFollowing() {
  const { scrollHeight, scrollTop, clientHeight } = view.scroller;
  return scrollHeight - scrollTop - clientHeight < NEAR_END;
}

function scrollToEnd() {
  following = true;
  view.jump.hidden = true;
  view.scroller.scrollTop = view.scroller.scrollHeight;
}

const isAway = () => document.hidden || !widgetShown;

/** @param {number} more */
function countUnread(more) {
  unread += more;
  document.title = `(${unread}) ${pageTitle}`;
  embedding.reportUnread(unread);
}

function markRead() {
  if (isAway()) return;
  unread = 0;
  document.title = pageTitle;
  embedding.reportUnread(0);
}

function showElapsed() {
  if (!startedAt || state === "closed") return;
  const seconds = Math.max(0, Math.floor((now() - startedAt) / 1000));
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  view.elapsed.textContent = shown.map((part) => String(part).padStart(2, "0")).join(":");
}

async function startAnother() {
  list.clear();
  resumed = false;
  startedAt = 0;
  view.elapsed.textContent = "";
  state = "bot";
  showProblem("");
  showPanels("");
  client.leave();
  await enter(true);
}

/**
 * Opens a conversation, through the entrance where the campaign has one.
 * @param {boolean} asked by the person, who then goes on by keyboard where it begins
 */
async function enter(asked) {
  entrance.show(entrance.isDue);
  if (asked && entrance.isDue) entrance.focus();
  else if (asked) focusWriting();
  if (!entrance.isDue) await client.begin(entrance.plain);
}

/** What a link from WhatsApp carries. It opens once, so it stays neither in the address nor in the history. */
function linkOfAddress() {
  const link = /^#enlace=([\w-]+)$/.exec(location.hash)?.[1];
  if (link) history.replaceState(null, "", location.pathname + location.search);
  return link;
}

/**
 * A call from this page goes on in writing: the person who attends answers here, under the call's folio.
 * @param {import("./session_store.js").ConversationKey} key
 */
async function continueCall(key) {
  list.clear();
  startedAt = 0;
  resumed = true;
  showProblem("");
  client.leave();
  store.conversation = key;
  await client.begin(entrance.plain);
}

view.scroller.addEventListener("scroll", () => {
  following = isFollowing();
  if (following) view.jump.hidden = true;
}, { passive: true });
// A notice, a taller text box or the telephone's keyboard must not cover the last message.
new ResizeObserver(() => { if (following) scrollToEnd(); }).observe(view.scroller);
view.jump.addEventListener("click", () => { scrollToEnd(); composer.focus(); });
view.end.addEventListener("click", () => view.endDialog.showModal());
view.endDialog.addEventListener("close", () => {
  if (view.endDialog.returnValue === "end") client.sendClose();
  view.endDialog.returnValue = "";
});
document.querySelectorAll("[data-start]").forEach((button) => button.addEventListener("click", startAnother));
required("#retry").addEventListener("click", () => { showPanels(""); enter(true); });
watchTyping(composer.box, () => client.sendTyping());
new TranscriptKeeper(required("#closed"), () => store.conversation, () => {
  const title = `${view.title.textContent}`;
  saveText(`conversacion-${folio}.txt`, transcriptText({ title, folio, names }, list.delivered));
});
document.addEventListener("visibilitychange", markRead);
document.addEventListener("call-continues", ({ detail }) => continueCall(detail));
document.querySelector("#hide")?.addEventListener("click", () => embedding.requestHide());
document.addEventListener("keydown", (event) => {
  const inDialog = document.querySelector("dialog[open]") !== null;
  if (event.key === "Escape" && !event.defaultPrevented && !inDialog) embedding.requestHide();
});
setInterval(showElapsed, 1000);

// A history must not be read aloud in one go after a reload: the log becomes live again only once it is filled.
const link = linkOfAddress();
if (link) client.leave();
resumed = store.conversation !== null;
if (resumed) view.log.setAttribute("aria-live", "off");
if (link) await client.begin({ ...entrance.plain, link });
else if (resumed) await client.begin(entrance.plain);
else await enter(false);
