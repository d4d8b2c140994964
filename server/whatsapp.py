"""WhatsApp in the web process: the channel over its tables and Meta, when its four settings are there."""

import logging

from fastapi import FastAPI
from sqlalchemy import Engine

from channels.whatsapp import WhatsAppChannel
from channels.whatsapp_conversing import WhatsAppConversing
from channels.whatsapp_graph import Graph
from channels.whatsapp_hearing import VoskVoiceNotes
from channels.whatsapp_reminders import ReminderAnswers
from channels.whatsapp_sender import WhatsAppSender
from conversation.ports import Campaigns, Clock, Record
from conversation.service import ConversationService
from ledger.attachments import AttachmentStore
from ledger.vault import Vault
from ledger.whatsapp_inbox import WhatsAppInbox
from ledger.whatsapp_outbox import WhatsAppOutbox
from ledger.whatsapp_reminders import WhatsAppReminders
from ledger.whatsapp_users import WhatsAppUsers
from server.entrance import one_time_links
from server.settings import Settings
from voice.models import find_model, models_folder, without_model
from voice.vosk_recogniser import VoskRecogniser

logger = logging.getLogger(__name__)


def whatsapp_channel(
    settings: Settings, service: ConversationService, record: Record, campaigns: Campaigns, database: Engine,
    vault: Vault, clock: Clock,
) -> WhatsAppChannel | None:  # fmt: skip
    """The channel; None when it is not set up."""
    if not settings.whatsapp_phone_id:
        return None
    graph = Graph(settings.whatsapp_phone_id, settings.whatsapp_token, settings.whatsapp_graph_url)
    outbox, users = WhatsAppOutbox(database, vault), WhatsAppUsers(database, vault)
    attachments = AttachmentStore(database, vault, settings.root / settings.attachments)
    reminders = ReminderAnswers(WhatsAppReminders(database, vault), campaigns, clock)
    conversing = WhatsAppConversing(
        service, record, users, outbox, graph, attachments, _voice_notes(settings), reminders, clock
    )
    sender = WhatsAppSender(
        graph, outbox, users, record, service, clock, one_time_links(database, vault),
        site=settings.whatsapp_site, reengagement=settings.whatsapp_reengagement_template,
    )  # fmt: skip
    inbox = WhatsAppInbox(database, vault)
    channel = WhatsAppChannel(settings.whatsapp_phone_id, graph, inbox, outbox, users, conversing, sender, clock)
    service.add_listener(channel)
    return channel


def add_webhook(app: FastAPI, channel: WhatsAppChannel | None, settings: Settings) -> None:
    """Where Meta delivers."""
    if channel is not None:
        app.include_router(channel.routes(settings.whatsapp_verify_token, settings.whatsapp_app_secret))


def _voice_notes(settings: Settings) -> VoskVoiceNotes | None:
    folder = settings.voice_models or models_folder(settings.root.resolve())
    model = find_model(settings.voice_model, folder, for_tests=settings.voice_test_model)
    if model is None:
        logger.warning(without_model(settings.voice_model))
    return VoskVoiceNotes(VoskRecogniser(model)) if model else None
