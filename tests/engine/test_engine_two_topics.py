"""A citizen who names two topics in one sentence is served both, one after the other (campaigns.md §2.1, step 6)."""

import httpx
import pytest

from evaluation.world import World


class Chat:
    """A conversation over the interface for integrators."""

    def __init__(self, api: httpx.Client, campaign: str) -> None:
        opened = api.post(f"/api/v1/campaigns/{campaign}/conversations").raise_for_status().json()
        self._api, self._path = api, f"/api/v1/conversations/{opened['conversation_id']}/messages"
        self._headers = {"Authorization": f"Bearer {opened['token']}"}
        self.campaign = campaign

    def says(self, text: str) -> str:
        """Everything that is answered."""
        answer = self._api.post(self._path, json={"text": text}, headers=self._headers).raise_for_status().json()
        self.campaign = answer["campaign"]
        return " ".join(message["text"] for message in answer["messages"])


@pytest.mark.parametrize(
    ("campaign", "sentence", "first", "second"),
    [
        ("derechohabiente", "quiero saber mi vigencia y sacar una cita", "Vigencia", "Agendar cita"),
        ("derechohabiente", "ocupo mis semanas cotizadas y tambien checar si estoy vigente", "Semanas", "Vigencia"),
        ("cita_medica", "kiero saber si estoy vigente y sacar una sita con el doctor", "Vigencia", "Agendar cita"),
        ("recepcion", "quiero saber mi vigencia y sacar una cita", "Vigencia", "Agendar cita"),
    ],
)
def test_both_topics_are_heard(
    api: httpx.Client, world: World, campaign: str, sentence: str, first: str, second: str
) -> None:
    said = Chat(api, campaign).says(sentence)
    assert f"Empezamos con «{first}" in said and f"Al terminar vemos «{second}" in said


def test_the_second_is_offered_and_a_yes_begins_it(api: httpx.Client, world: World) -> None:
    chat = Chat(api, "derechohabiente")
    chat.says("quiero saber mi vigencia y sacar una cita")
    chat.says("00058500018")
    done = chat.says("12/03/1985")
    assert "aparecen vigentes" in done and "También mencionó «Agendar cita de Medicina Familiar»" in done
    assert "La cita más próxima" in chat.says("sí") and chat.campaign == "cita_medica"


@pytest.mark.parametrize(
    "sentence",
    [
        "quiero saber mi vigencia, mi nss es 00058500018 y nací el 12/03/1985",
        "soy pensionado y quiero saber si sigo vigente",
    ],
)
def test_one_topic_is_one_topic(api: httpx.Client, world: World, sentence: str) -> None:
    assert "Al terminar" not in Chat(api, "derechohabiente").says(sentence)
