"""The form before the chat on the desk: what a person sees of it, and what stands in the place of the address."""

from datetime import datetime

from content.catalogue import Catalogue
from conversation.conversation import Conversation
from conversation.entrance import Entrance, FormValue
from conversation.message import Channel
from desk.screen_pop import screen_pop

NOW = datetime.fromisoformat("2026-10-15T10:00:00-06:00")
FORM = (
    FormValue(name="nombre", label="Nombre", kind="text", value="Lucía Inés"),
    FormValue(name="telefono", label="Teléfono", kind="tel", value="5500001234"),
    FormValue(name="correo", label="Correo electrónico", kind="email", value="lucia.estrada@correo.mx"),
    FormValue(name="entidad", label="Entidad federativa", kind="select", value="Oaxaca"),
    FormValue(name="asunto", label="Asunto", kind="text", value="mi NSS es 00058500018"),
)


def conversation(channel: Channel = Channel.WEBCHAT) -> Conversation:
    return Conversation(
        id="1", folio="VEN-20261015-0000001-5", campaign="derechohabiente", bot_campaign="derechohabiente",
        channel=channel, origin="203.0.113.7", agent_type="avanzado_a", bot_version="1", opened_at=NOW,
        last_activity=NOW, facts=Entrance(form=FORM).facts(),
    )  # fmt: skip


def test_who_takes_over_sees_the_form_masked(catalogue: Catalogue) -> None:
    campaign = catalogue.get("derechohabiente")
    assert campaign is not None
    assert screen_pop(conversation(), campaign)["form"] == {
        "Nombre": "Lucía I.",
        "Teléfono": "******1234",
        "Correo electrónico": "l***@c***.mx",
        "Entidad federativa": "Oaxaca",
        "Asunto": "mi NSS es *******0018",
    }


def test_the_campaign_words_what_stands_for_the_address(catalogue: Catalogue) -> None:
    campaign = catalogue.get("derechohabiente")
    assert campaign is not None
    assert screen_pop(conversation(), campaign)["origin"] == "203.0.113.*"
    worded = campaign.model_copy(update={"origin_mask": "Conexión registrada"})
    assert screen_pop(conversation(), worded)["origin"] == "Conexión registrada"
    assert screen_pop(conversation(Channel.VOICE), worded)["origin"] == "203.0.113.*", "it is for web chat only"
