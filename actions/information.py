"""Topics answered from the authorised content, word for word; what is not in it goes to a person (L4343)."""

from actions.protocol import CampaignAction
from actions.turn import Turn
from content.articles import Article
from conversation.handoff import HandoffReason
from conversation.message import Choice


class Inform(CampaignAction):
    """Answer a topic with its article."""

    action_name = "action_informar"
    changes_subject = True

    async def serve(self, turn: Turn, topic: str) -> None:
        """Say the article, and offer what goes with it."""
        related = ((key, turn.campaign.topic(key)) for key in self._tell(turn, topic).related)
        turn.done(topic, tuple(Choice(id=key, title=entry.label) for key, entry in related if entry))

    def tell_aside(self, turn: Turn, topic: str) -> bool:
        """Say the article and nothing else."""
        self._tell(turn, topic)
        return True

    def _tell(self, turn: Turn, topic: str) -> Article:
        """Say the article; cite nothing it does not say."""
        turn.mark(topic)
        article = self.protocol.catalogue.articles.get(turn.campaign.id, topic)
        if article is None:
            turn.say("No tengo contenido autorizado sobre ese tema.")
            turn.hand_off(HandoffReason.OUT_OF_KNOWLEDGE)
        turn.say(article.body, document=article.document)
        return article
