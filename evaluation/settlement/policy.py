"""The payment policy: what the two parties agreed where the contract is silent, and who approved it."""

import hashlib
import json
import unicodedata
from collections.abc import Iterator, Mapping
from decimal import ROUND_DOWN, Decimal
from typing import Annotated, Literal

import yaml
from pydantic import (
    BeforeValidator,
    Field,
    PlainSerializer,
    StrictBool,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from evaluation.settlement.interaction import AgentType, Identifier, Moment, Record
from evaluation.settlement.refusal import InputRefused, Problem, dotted, field_problems

CENT = Decimal("0.01")
Status = Literal["PRELIMINAR", "ACORDADO"]


def decimal_text(value: Decimal) -> str:
    """Write a decimal with at least two places and no idle zeros after them: `2.5` -> `2.50`."""
    return format(value.quantize(CENT) if value == value.quantize(CENT) else value.normalize(), "f")


def _no_truth_value(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("debe ser un número, no true ni false")
    return value


def _choice(value: object) -> object:
    # Python holds False == 0 == 0.0: without this, `false` would pass for a choice of 0 %.
    if isinstance(value, bool | float):
        raise ValueError("debe ser un entero o una de las palabras previstas")
    return value


def _window(value: object) -> object:
    is_days = isinstance(value, int) and not isinstance(value, bool) and 0 < value <= 36500
    if not is_days and value not in ("month", "contract"):
        raise ValueError("use 'month', 'contract' o un número entero de días, de 1 a 36500")
    return value


Choice = BeforeValidator(_choice)
Percentage = Annotated[int, Field(strict=True, ge=0, le=100)]
Exact = Annotated[
    Decimal,
    BeforeValidator(_no_truth_value),
    PlainSerializer(decimal_text, when_used="json"),
    Field(decimal_places=6),
]
# The upper bounds keep every product inside Decimal's 28 digits.
Price = Annotated[Exact, Field(ge=0, le=1_000_000)]
Amount = Annotated[Exact, Field(ge=0, le=10**12)]


class DeductionCap(Record):
    """The most that deductivas may take over the whole contract (L420, L483, L10196).

    Either `percent` of `contract_maximum`, or `amount`, in MXN without IVA. With neither, there is no cap.
    """

    percent: Annotated[Exact, Field(ge=0, le=100)] = Decimal(10)
    contract_maximum: Amount | None = None
    amount: Amount | None = None

    @field_validator("amount")
    @classmethod
    def _one_cap(cls, amount: Decimal | None, info: ValidationInfo) -> Decimal | None:
        if amount is not None and info.data.get("contract_maximum") is not None:
            raise ValueError("el tope es un importe o un porcentaje de contract_maximum, no ambos")
        return amount

    def limit(self) -> Decimal | None:
        """The cap in MXN, cut to the cent so that it is never exceeded; None means no cap."""
        limit = self.amount
        if self.contract_maximum is not None:
            limit = self.contract_maximum * self.percent / 100
        return None if limit is None else limit.quantize(CENT, ROUND_DOWN)


class Approval(Record):
    """One party's approval of exactly one policy: the party, the role (no name), the time, the SHA-256."""

    party: Identifier
    role: Identifier
    at: Moment
    policy_sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Policy(Record):
    """The settings of a settlement. Every one has its default; `payment.md` gives the reason of each."""

    prices: dict[AgentType, Price | None] = Field(default={}, validate_default=True)
    prices_by_campaign: dict[Identifier, dict[AgentType, Price | None]] = {}
    unanswered_survey: Annotated[Literal["pending", 0, 30, 100], Choice] = "pending"
    unresolved_not_transferred: Annotated[Literal[0, 30], Choice] = 0
    transferred_but_resolved: Annotated[Literal[30, 100], Choice] = 30
    user_hangup: Annotated[Literal[0, 30], Choice] = 30
    wrong_answer_dominates: StrictBool = True
    recurrence_key: Literal["campaign_deviation", "deviation"] = "campaign_deviation"
    recurrence_window: Annotated[Literal["month", "contract"] | int, BeforeValidator(_window)] = "contract"
    recurrence_price_multiple: Annotated[Exact, Field(ge=0, le=1000)] = Decimal(5)
    basico_complete: Percentage = 100
    basico_incomplete: Percentage = 0
    minutes_incomplete_not_imputable: Annotated[Literal[0, 100], Choice] = 0
    deduction_cap: DeductionCap = DeductionCap()
    approvals: tuple[Approval, ...] = ()

    @field_validator("prices", mode="after")
    @classmethod
    def _absent_price_is_null(cls, prices: Mapping[AgentType, Decimal | None]) -> dict[AgentType, Decimal | None]:
        every: tuple[AgentType, ...] = ("avanzado_a", "avanzado_b", "basico", "sin_agente_humano")
        return {agent_type: prices.get(agent_type) for agent_type in every}

    def price(self, agent_type: AgentType, campaign: str) -> Decimal | None:
        """The price of one unit in MXN without IVA: the campaign's, if it names one, before the product's."""
        return self.prices_by_campaign.get(campaign, {}).get(agent_type, self.prices.get(agent_type))

    def sha256(self) -> str:
        """SHA-256 of the policy without approvals as canonical JSON: all settings, sorted keys, no spaces."""
        settings = self.model_dump(mode="json", exclude={"approvals"})
        canonical = json.dumps(settings, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()

    def settings(self) -> list[tuple[str, str]]:
        """Every setting and its value as text, defaults included, in the order of the specification."""
        return list(_flat("", self.model_dump(mode="json", exclude={"approvals"})))

    def standing_approvals(self) -> list[Approval]:
        """The approvals of exactly this content; a change of any setting voids those given before it (L2911)."""
        sha256 = self.sha256()
        return [approval for approval in self.approvals if approval.policy_sha256 == sha256]

    def status(self) -> Status:
        """`ACORDADO` when two different parties approved exactly this policy (L2911), else `PRELIMINAR`."""
        parties = {same_party(approval.party) for approval in self.standing_approvals()}
        return "ACORDADO" if len(parties) >= 2 else "PRELIMINAR"


def same_party(name: str) -> str:
    """Reduce a party's name so that «Institución» and «institucion » are one party, never two."""
    letters = unicodedata.normalize("NFKD", name.strip().casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _flat(prefix: str, settings: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for name, value in settings.items():
        if isinstance(value, dict) and value:
            yield from _flat(f"{prefix}{name}.", value)
        else:
            yield f"{prefix}{name}", value if isinstance(value, str) else json.dumps(value)


def read_policy(text: str) -> Policy:
    """Read a policy file (YAML; an empty one is the default policy).

    Raises `InputRefused` with the line, the setting and the reason of every problem.
    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        settings = yaml.safe_load(text)
        problems = [] if root is None else _repeated_keys(root)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = None if mark is None else mark.line + 1
        raise InputRefused("la política", [Problem(line, "(archivo)", "no es YAML válido")]) from error
    try:
        policy = Policy.model_validate({} if settings is None else settings)
    except ValidationError as error:
        found = field_problems(error)
        problems += [Problem(_line(root, path), dotted(path), reason) for path, reason in found]
        raise InputRefused("la política", problems) from error
    if problems:
        raise InputRefused("la política", problems)
    return policy


def _repeated_keys(node: yaml.Node) -> list[Problem]:
    """YAML silently keeps the last of two equal keys; two prices for one product must not pass like that."""
    problems = []
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if key.value in seen:
                problems.append(Problem(key.start_mark.line + 1, str(key.value), "aparece dos veces"))
            seen.add(key.value)
            problems += _repeated_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            problems += _repeated_keys(value)
    return problems


def _line(node: yaml.Node | None, path: tuple[int | str, ...]) -> int | None:
    """Find the line of the file on which the field at `path`, or the nearest thing around it, stands."""
    if node is None:
        return None
    line: int = node.start_mark.line + 1
    for part in path:
        if isinstance(node, yaml.MappingNode):
            entry = next(((key, value) for key, value in node.value if key.value == str(part)), None)
            if entry is None:
                return line
            line, node = entry[0].start_mark.line + 1, entry[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
            line = node.start_mark.line + 1
    return line
