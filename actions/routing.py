"""Topics that another campaign serves: go there, with everything that is known."""

from actions.protocol import CampaignAction
from actions.turn import Turn
from conversation.handoff import HandoffReason


class Route(CampaignAction):
    """Go to the campaign that `routes` of campaign.yml names, or open the submenu that stands for the topic."""

    action_name = "action_enrutar"
    changes_subject = True

    async def serve(self, turn: Turn, topic: str) -> None:
        """Move, keeping the citizen's words for the next bot when they were words and not a menu choice."""
        turn.mark(topic)
        submenu = turn.menu.submenu_of(topic)
        if submenu is not None:
            turn.say("Elija una opción:", turn.menu.choices(submenu))
            return
        target = turn.settings.routes.get(topic)
        if target is None:
            turn.hand_off(HandoffReason.RESTRICTED_TOPIC)
        turn.move_to(target, forward=bool(turn.text))
