"""What a citizen brings through the entrance of web chat: the form's data, and what the browser says of itself.

The data live encrypted with the conversation (`facts["form"]`) and once more, sealed, in the ledger's event; whatever
is shown of them is masked. Fields by the names of `CONTACT` are known to the dialogue, so nobody is asked twice.
"""

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from conversation.masking import mask, mask_name
from conversation.telephone import mask_telephone, telephones

NAME, SURNAMES, EMAIL, TELEPHONE = CONTACT = ("nombre", "apellidos", "correo", "telefono")
"""Names of fields with a meaning of their own: how to address somebody and how to reach him or her."""
MAX_USER_AGENT = 300


class FieldKind(StrEnum):
    """What a field of the form takes."""

    TEXT = "text"
    EMAIL = "email"
    TEL = "tel"
    SELECT = "select"
    CHECKBOX = "checkbox"
    CONSENT = "consent"
    """A box that must be ticked."""


class FormValue(BaseModel):
    """One answer, with the label it was asked under at that time."""

    model_config = ConfigDict(frozen=True)

    name: str
    label: str
    kind: FieldKind
    value: str

    @property
    def masked(self) -> str:
        """The answer as pages and reports show it (security.md §4); what was chosen from a list stays."""
        if self.kind is FieldKind.TEL:
            return mask_telephone(self.value)
        if self.name in (NAME, SURNAMES):
            return mask_name(self.value) if self.name == NAME else " ".join(f"{one[0]}." for one in self.value.split())
        return (
            self.value if self.kind in (FieldKind.SELECT, FieldKind.CHECKBOX, FieldKind.CONSENT) else mask(self.value)
        )


class Entrance(BaseModel):
    """How somebody came in (L6714, L6718)."""

    model_config = ConfigDict(frozen=True)

    form: tuple[FormValue, ...] = ()
    user_agent: str = ""
    visits: int | None = None
    """How often this browser came, by its own count; None when it does not tell."""

    def facts(self) -> dict[str, Any]:
        """What the dialogue knows from the start."""
        if not self.form:
            return {}
        given = {one.name: one.value for one in self.form}
        name = " ".join(given[part] for part in (NAME, SURNAMES) if given.get(part))
        return {"form": [one.model_dump(mode="json") for one in self.form], **({"nombre": name} if name else {})}

    def statistics(self) -> dict[str, Any]:
        """What reports may count: nothing of it names a person."""
        known = {"user_agent": self.user_agent[:MAX_USER_AGENT], "visits": self.visits}
        return {name: value for name, value in known.items() if value}


class Given(BaseModel):
    """The form as a conversation's facts keep it."""

    model_config = ConfigDict(extra="ignore")

    form: tuple[FormValue, ...] = Field(default=())

    def masked(self) -> dict[str, str]:
        """Label -> masked answer, for who takes over."""
        return {one.label: one.masked for one in self.form if one.value}

    @property
    def telephones(self) -> tuple[str, ...]:
        """Ten digits each; telephones that were written into the form."""
        return tuple(number for one in self.form if one.kind is FieldKind.TEL for number in telephones(one.value))


def given_in(facts: dict[str, Any]) -> Given:
    """The form that came with a conversation; empty when there was none."""
    return Given.model_validate({"form": facts.get("form") or ()})
