"""What was written into the form before a chat goes through every turn of the dialogue, and the name is known."""

from actions.facts import Facts
from conversation.entrance import Entrance, FormValue, given_in

FORM = (
    FormValue(name="nombre", label="Nombre", kind="text", value="Lucía"),
    FormValue(name="apellidos", label="Apellidos", kind="text", value="Estrada"),
    FormValue(name="telefono", label="Teléfono", kind="tel", value="5500001234"),
)


def test_a_turn_carries_the_form_along() -> None:
    facts = Facts.model_validate(Entrance(form=FORM).facts())
    assert facts.nombre == "Lucía Estrada"
    facts.begin("vigencia_derechos")
    facts.drop_task()
    given = given_in(facts.model_dump(mode="json"))
    assert given.form == FORM and given.telephones == ("5500001234",)
