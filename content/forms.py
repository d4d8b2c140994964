"""The form before a web chat (`form.yml`): its fields and rules, one source for browser and server (L6711, L6715).

The page draws its fields and messages from here; whether an entrance is in order is decided by `Form.check` alone.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from content.files import APPROVED, misfit, parse_yaml, unapproved
from conversation.entrance import EMAIL, NAME, SURNAMES, TELEPHONE, FieldKind, FormValue
from conversation.telephone import telephones

MAX_FIELDS = 20
MAX_VALUE = 300
"""Longest answer, in characters."""
TICKED = "Sí"
_EMAIL = r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+"
_TELEPHONE = r"[0-9 +.\(\)\-]{10,20}"
"""What the browser lets through; the server reads the ten digits."""
_AUTOCOMPLETE = {NAME: "given-name", SURNAMES: "family-name", EMAIL: "email", TELEPHONE: "tel"}
"""So that browsers can fill it in (WCAG 1.3.5)."""
_ASK = {
    FieldKind.EMAIL: "Escriba un correo como nombre@ejemplo.mx.",
    FieldKind.TEL: "Escriba los 10 dígitos de su teléfono.",
    FieldKind.SELECT: "Elija una opción de la lista.",
    FieldKind.CHECKBOX: "Marque o deje sin marcar esta casilla.",
    FieldKind.CONSENT: "Marque esta casilla para continuar.",
}
# Browsers compile a pattern as JavaScript with the flag «v», which wants these escaped inside a class; look-around,
# named groups and anchors are written differently there or mean something else.
_FOREIGN = re.compile(r"\(\?(?!:)|\\[AZzbB]|[*+?}]\+")
_CLASS = re.compile(r"\[\^?((?:\\.|[^\]\\])*)\]")
_UNESCAPED = re.compile(r"(?<!\\)[()\[{}/|]|--|&&|~~")


class FormError(Exception):
    """Answers that are not in order; `fields` says what to do, by name of field."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__("Revise los datos marcados.")
        self.fields = fields


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FormField(_Data):
    """One field."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    label: str = Field(min_length=1, max_length=200)
    type: FieldKind = FieldKind.TEXT
    required: bool = False
    pattern: str | None = None
    """What a text must match as a whole; written so that Python and JavaScript read it alike."""
    help: str = ""
    message: str = ""
    """What to do when the answer is not in order; in plain words."""
    options: tuple[str, ...] = ()
    max_length: int = Field(default=120, ge=1, le=MAX_VALUE)
    order: int = 0
    """Fields stand by it; those with the same as they are written."""

    @model_validator(mode="after")
    def _holds_together(self) -> "FormField":
        if (self.type is FieldKind.SELECT) != bool(self.options):
            raise ValueError(f"field «{self.name}»: options belong to a select, and a select needs them")
        if len(set(self.options)) != len(self.options):
            raise ValueError(f"field «{self.name}» offers an option twice")
        if self.pattern is not None:
            if self.type is not FieldKind.TEXT:
                raise ValueError(f"field «{self.name}»: pattern belongs to a text; the other types have their own")
            _check_pattern(self.name, self.pattern)
        if self.pattern and not self.message:
            raise ValueError(f"field «{self.name}» has a pattern: write in `message` what is expected")
        return self

    @property
    def is_required(self) -> bool:
        """A consent always is."""
        return self.required or self.type is FieldKind.CONSENT

    @property
    def is_box(self) -> bool:
        """Whether it is ticked instead of written."""
        return self.type in (FieldKind.CHECKBOX, FieldKind.CONSENT)

    @property
    def shape(self) -> str | None:
        """Pattern of the browser's first check."""
        return {FieldKind.EMAIL: _EMAIL, FieldKind.TEL: _TELEPHONE}.get(self.type, self.pattern)

    @property
    def autocomplete(self) -> str:
        """The browser's own word for what is asked."""
        return _AUTOCOMPLETE.get(self.name, "off")

    @property
    def when_missing(self) -> str:
        """What to do when there is no answer."""
        return self.message or _ASK.get(self.type, f"Escriba este dato: {self.label}.")

    @property
    def when_wrong(self) -> str:
        """What to do when the answer does not fit."""
        return self.message or _ASK.get(self.type, f"Escriba de nuevo este dato: {self.label}.")

    def read(self, raw: str) -> str:
        """The answer as it is kept; empty when there is none.

        Raises:
            FormError: it does not fit; names the field and what to do.
        """
        value = " ".join(raw.split())
        if not value or (self.is_box and value not in ("on", "true", TICKED)):
            if self.is_required or value:
                raise FormError({self.name: self.when_missing if not value else self.when_wrong})
            return ""
        if len(value) > (MAX_VALUE if self.options else self.max_length):
            raise FormError({self.name: f"Escriba a lo más {self.max_length} caracteres."})
        if self.is_box:
            return TICKED
        if self.type is FieldKind.TEL:
            numbers = telephones(value)
            fits, value = len(numbers) == 1, numbers[0] if numbers else value
        elif self.options:
            fits = value in self.options
        else:
            fits = self.shape is None or re.fullmatch(self.shape, value, re.ASCII) is not None  # as browsers read it
        if not fits:
            raise FormError({self.name: self.when_wrong})
        return value


class FormRule(_Data):
    """A rule over several fields: one of them at least must be answered."""

    at_least_one: tuple[str, ...] = Field(min_length=2)
    message: str = Field(min_length=1)


class Form(_Data):
    """The form of one campaign."""

    approval: Literal["ejemplo", "aprobado"] = "ejemplo"
    """Production serves only what the institution approved."""
    title: str = "Sus datos para iniciar el chat"
    intro: str = ""
    submit: str = "Iniciar la conversación"
    captcha: bool = True
    """The challenge that programs pay for (L6713); without it anybody's script can open conversations."""
    fields: tuple[FormField, ...] = Field(min_length=1, max_length=MAX_FIELDS)
    rules: tuple[FormRule, ...] = ()

    @model_validator(mode="after")
    def _names_fit(self) -> "Form":
        names = [field.name for field in self.fields]
        if len(set(names)) != len(names):
            raise ValueError("two fields have the same name")
        for rule in self.rules:
            unknown = [name for name in rule.at_least_one if name not in names]
            if unknown:
                raise ValueError(f"a rule names «{unknown[0]}», which is no field of this form")
        return self

    @property
    def ordered(self) -> tuple[FormField, ...]:
        """The fields as they stand on the page."""
        return tuple(sorted(self.fields, key=lambda field: field.order))

    def check(self, answers: Mapping[str, str]) -> tuple[FormValue, ...]:
        """What is kept of the answers; fields without one are left out.

        Raises:
            FormError: something is missing or wrong, all of it by name of field.
        """
        known = {field.name for field in self.fields}
        wrong = {name: "Este dato no se pide aquí." for name in answers if name not in known}
        values: dict[str, FormValue] = {}
        for field in self.ordered:
            try:
                value = field.read(answers.get(field.name, ""))
            except FormError as error:
                wrong.update(error.fields)
                continue
            if value:
                values[field.name] = FormValue(name=field.name, label=field.label, kind=field.type, value=value)
        wrong.update(self._unmet(values, wrong))
        if wrong:
            raise FormError(wrong)
        return tuple(values.values())

    def _unmet(self, values: Mapping[str, FormValue], wrong: Mapping[str, str]) -> dict[str, str]:
        """Rules that are not met, told at their first field; where one of its fields is wrong, that is told already."""
        return {
            rule.at_least_one[0]: rule.message
            for rule in self.rules
            if not any(name in values or name in wrong for name in rule.at_least_one)
        }


def parse_form(text: str, path: Path, *, approved_only: bool = False) -> Form:
    """The form of a file.

    Raises:
        ContentError: not a form, or not approved where it must be; names file, place and what is wrong.
    """
    try:
        form = Form.model_validate(parse_yaml(text, path))
    except ValidationError as error:
        raise misfit(error, str(path)) from error
    if approved_only and form.approval != APPROVED:
        raise unapproved(path, "the form is", form.approval)
    return form


def _check_pattern(name: str, pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"field «{name}»: «{pattern}» is not a regular expression: {error}") from error
    inside = next((match for match in _CLASS.finditer(pattern) if _UNESCAPED.search(match[1])), None)
    foreign = _FOREIGN.search(pattern)
    if inside or foreign:
        part = inside.group() if inside else foreign.group() if foreign else ""
        raise ValueError(
            f"field «{name}»: browsers read «{part}» otherwise than the server. Write it without look-around, anchors "
            "and named groups, and with a backslash before ( ) [ { } / | inside [ ]."
        )
