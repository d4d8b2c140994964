"""What the dialogue knows of one conversation. It travels with every message and is kept encrypted in the ledger."""

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from conversation.message import Asks, Choice, Reply

_IDENTITY = ("fecha_nacimiento", "agregado_medico", "patient")
"""What belongs to one person of a family; the NSS is the whole family's."""
_ABOUT_TASK = ("own",)
"""What a task works on that does not depend on whose data were given."""


class Pending(BaseModel):
    """The question that is open."""

    name: str
    """The datum or the decision that is asked for."""
    kind: Literal["datum", "choice"]
    prompt: str
    choices: tuple[Choice, ...] = ()
    asks: Asks | None = None
    """In what form a datum is answered; channels make that easy."""


class Lookup(BaseModel):
    """One call of a service, for the person who takes over."""

    service: str
    at: str
    result: str


class Facts(BaseModel):
    """Facts of one conversation; moving to another campaign keeps them."""

    model_config = ConfigDict(extra="ignore")

    nss: str | None = None
    fecha_nacimiento: date | None = None
    agregado_medico: str | None = None
    curp: str | None = None
    nombre: str | None = None
    """As the citizen gave it unasked; a person addresses him or her by it."""
    form: list[dict[str, str]] = Field(default_factory=list)
    """The form before the chat, as `conversation.entrance` reads it; carried along unchanged."""
    last_given: str | None = None
    """Datum given last: what «me equivoqué» takes back."""
    nss_found: bool = False
    patient: dict[str, Any] | None = None
    """The institution's answer on who this is, once both data matched (level L2)."""
    task: str | None = None
    """Topic of the transaction under way."""
    last_task: str | None = None
    work: dict[str, Any] = Field(default_factory=dict)
    """What the task works on: service, offered slot, request id."""
    answers: dict[str, str] = Field(default_factory=dict)
    """Decisions taken in the task."""
    pending: Pending | None = None
    attempts: dict[str, int] = Field(default_factory=dict)
    preference: str | None = None
    """Wish of day or hour in the citizen's words; only a person can follow it (L5737)."""
    misses: int = 0
    anger: int = 0
    apologised: bool = False
    person_offered: bool = False
    """A person was offered after an insult; the next message answers."""
    also: Choice | None = None
    """Another topic that the same sentence named; offered when the first one is served."""
    suggested: Choice | None = None
    """The same, while it is on offer: a plain «sí» takes it."""
    served: list[str] = Field(default_factory=list)
    lookups: list[Lookup] = Field(default_factory=list)
    said: tuple[Reply, ...] = ()
    """What was said last, for «repítame»."""

    def begin(self, task: str) -> None:
        """Start a transaction, or go on with the one under way."""
        if self.task != task:
            self.drop_task()
            self.task = task

    def begin_for_relative(self, task: str) -> None:
        """Start a transaction for another person of the family: that person's data live only inside it."""
        own = {name: getattr(self, name) for name in _IDENTITY}
        self.begin(task)
        self.work["own"] = {**own, "fecha_nacimiento": own["fecha_nacimiento"] and str(own["fecha_nacimiento"])}
        for name in _IDENTITY:
            setattr(self, name, None)

    def drop_task(self) -> None:
        """Forget the transaction; the citizen's own data stay, and come back after one for a relative."""
        for name, value in self.work.get("own", {}).items():
            is_date = name == "fecha_nacimiento" and value
            setattr(self, name, date.fromisoformat(value) if is_date else value)
        self.last_task = self.task or self.last_task
        self.task, self.pending = None, None
        self.work, self.answers = {}, {}
        self.attempts.pop("offer", None)

    def forget(self, datum: str) -> None:
        """Take one datum back, and all that was concluded from it."""
        setattr(self, datum, None)
        if datum == "nss":
            self.nss_found = False
            if self.patient is not None:  # both data had matched: another NSS is another family
                self.fecha_nacimiento = self.agregado_medico = None
        self.patient = None
        # An offer was made to the person that the data had named; only what is wanted stays.
        self.work = {name: value for name, value in self.work.items() if name in _ABOUT_TASK}
        self.answers = {name: value for name, value in self.answers.items() if name == "service"}
