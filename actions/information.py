"""Topics answered from the authorised content, word for word; what is not in it goes to a person (L4343)."""

from actions.protocol import CampaignAction
from actions.turn import Turn
from conversation.handoff import HandoffReason
from conversation.message import Choice


class Inform(CampaignAction):
    """Answer a topic with its article."""

    action_name = "action_informar"
    changes_subject = True
    resumes = True

    async def serve(self, turn: Turn, topic: str) -> None:
        """Say the article; cite nothing it does not say."""
        article = self.protocol.catalogue.articles.get(turn.campaign.id, topic)
        if article is None:
            turn.mark(topic)
            turn.say("No tengo contenido autorizado sobre ese tema.")
            turn.hand_off(HandoffReason.OUT_OF_KNOWLEDGE)
        turn.say(article.body, document=article.document)
        labels = ((related, turn.campaign.topic(related)) for related in article.related)
        turn.done(topic, tuple(Choice(id=key, title=entry.label) for key, entry in labels if entry))
