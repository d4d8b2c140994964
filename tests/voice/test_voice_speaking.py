"""What the bot writes, as it is said on the telephone."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from actions.questions import DATA
from conversation.message import Choice
from voice.speaking import menu_prompt, spoken

ROOT = Path(__file__).resolve().parents[2]
SAID = {
    # Folios, in the groups of services.md §8.
    "Su folio es CMT-261015-00001-7.": (
        "Su folio es ce eme te, dos seis uno cero uno cinco, cero cero cero cero uno, siete."
    ),
    "Su mensaje quedó registrado con el folio VEN-20261015-0000042-7.": (
        "Su mensaje quedó registrado con el folio uve e ene, dos cero dos seis, uno cero uno cinco, cero cero cero, "
        "cero cero cuatro dos, siete."
    ),
    # Identifiers; what is masked stays so.
    "NSS *******0018": "Número de Seguridad Social terminación cero cero uno ocho.",
    "00058500018": "Cero cero, cero cinco, ocho cinco, cero cero cero uno, ocho.",
    "CURP ****************09": "Curp terminación cero nueve.",
    "LOMA850312MDFPRR09": "Ele o eme a, ocho cinco cero tres uno dos, eme de efe pe erre erre, cero nueve.",
    "NUÑE900101HDFXXX01": "Ene u eñe e, nueve cero cero uno cero uno, hache de efe equis equis equis, cero uno.",
    "por ejemplo 1F1985OR": "Por ejemplo uno, efe, uno nueve ocho cinco, o erre.",
    "*F****OR": "Terminación o erre.",
    "******1234": "Terminación uno dos tres cuatro.",
    "nació el **/**/1985": "Nació el año mil novecientos ochenta y cinco.",
    "a***@g***.com": "Su correo electrónico.",
    "***": "Un dato protegido.",
    # Dates.
    "12/03/1985": "Doce de marzo de mil novecientos ochenta y cinco.",
    "1/5/2026": "Primero de mayo de dos mil veintiséis.",
    "2026-10-16": "Dieciséis de octubre de dos mil veintiséis.",
    "el 1 de mayo": "El primero de mayo.",
    "el viernes 16 de octubre de 2026": "El viernes dieciséis de octubre de dos mil veintiséis.",
    "Estomatología, 16/10 08:45": (
        "Estomatología, dieciséis de octubre a las ocho cuarenta y cinco de la mañana."
    ),
    "05/13/2026": "Cero cinco, trece, dos mil veintiséis.",
    # Hours.
    "8:45": "Ocho cuarenta y cinco.",
    "a las 8:45 de la mañana": "A las ocho cuarenta y cinco de la mañana.",
    "19:45": "Siete cuarenta y cinco de la noche.",
    "a las 12:00 del día": "A las doce del día.",
    "a las 1:15 de la tarde": "A la una quince de la tarde.",
    "9:05": "Nueve cero cinco.",
    "12:30 p. m.": "Doce treinta del día.",
    "12:10 a.m.": "Doce diez de la noche.",
    "18:00 hrs": "Seis de la tarde.",
    "Atendemos nuevamente el viernes 16 a las 08:00 horas.": (
        "Atendemos nuevamente el viernes dieciséis a las ocho de la mañana."
    ),
    # Money.
    "$1,234.50": "Mil doscientos treinta y cuatro pesos con cincuenta centavos.",
    "$1": "Un peso.",
    "$21.01 M.N.": "Veintiún pesos con un centavo.",
    "$2,000,000": "Dos millones de pesos.",
    "$1,000": "Mil pesos.",
    # Telephones.
    "al 800 623 23 23": "Al ochocientos, seis veintitrés, veintitrés, veintitrés.",
    "5512345678": "Cincuenta y cinco, doce treinta y cuatro, cincuenta y seis setenta y ocho.",
    "+52 (55) 1234-5678": "Cincuenta y cinco, doce treinta y cuatro, cincuenta y seis setenta y ocho.",
    "800 2222 668, 800 904 40 40": (
        "Ochocientos, veintidós veintidós, seis sesenta y ocho; ochocientos, nueve cero cuatro, cuarenta, cuarenta."
    ),
    "cuelgue y marque 911 ahora": "Cuelgue y marque nueve uno uno ahora.",
    # Quantities agree with what they count.
    "Usted tiene 521 semanas cotizadas": "Usted tiene quinientas veintiuna semanas cotizadas.",
    "21 días, 1 vez, 31 años, 201 citas": "Veintiún días, una vez, treinta y un años, doscientas una citas.",
    "50 % de 1,250 o 3.5": "Cincuenta por ciento de mil doscientos cincuenta o tres punto cinco.",
    "2º nivel, 1º nivel, 3er turno, 3ª edad": "Segundo nivel, primer nivel, tercer turno, tercera edad.",
    "Centro Médico Siglo XXI": "Centro Médico Siglo veintiuno.",
    "1 noche, 21 noches, 200 mujeres, 1 programa, 21 sistemas": (
        "Una noche, veintiuna noches, doscientas mujeres, un programa, veintiún sistemas."
    ),
    "$21,000 o 31,000 pesos, 101,000 semanas": (
        "Veintiún mil pesos o treinta y un mil pesos, ciento un mil semanas."
    ),
    "Marque 1 si es para usted, o 21 cuando termine": "Marque uno si es para usted, o veintiuno cuando termine.",
    "tarda 20-30 minutos o 5-10 días": "Tarda veinte a treinta minutos o cinco a diez días.",
    "2do piso, 5ta vez, 1ra cita, 4to nivel": "Segundo piso, quinta vez, primera cita, cuarto nivel.",
    "de Lunes a Viernes de 9:00hrs. a 18hrs. en días hábiles": (
        "De Lunes a Viernes de nueve de la mañana a dieciocho horas en días hábiles."
    ),
    "espere 24 hrs. Gracias": "Espere veinticuatro horas. Gracias.",
    "de 8 a. m. a 8 p.m. todos los días": "De ocho de la mañana a ocho de la noche todos los días.",
    "cierra a las 8 p. m. Llegue antes": "Cierra a las ocho de la noche. Llegue antes.",
    "consultorio #5, N.º 7": "Consultorio número cinco, Número siete.",
    # Abbreviations, addresses, marks.
    "UMF 47 del IMSS": "Unidad de Medicina Familiar cuarenta y siete del Ims.",
    "Dra. Soto, Av. Juárez núm. 5, C.P. 06600": (
        "Doctora Soto, Avenida Juárez número cinco, Código postal cero seis seis cero cero."
    ),
    "Cobranza, SIROC y SMS": "Cobranza, siroc y ese eme ese.",
    "Alta o cambio de clínica (UMF)": "Alta o cambio de clínica.",
    "Obras de construcción (SIROC)": "Obras de construcción, siroc.",
    "Entre a https://www.imss.gob.mx/derechoH.": (
        "Entre a la página del Instituto, ims punto gob punto eme equis."
    ),
    "www.gob.mx": "La página gob punto eme equis.",
    "quejas@imss.gob.mx": "Quejas arroba ims punto gob punto eme equis.",
    "¡Listo! 😀👍🏽 «Gracias» – adiós…": "¡Listo! Gracias, adiós.",
    "Se pide:\n- Su cartilla.\n- CURP\n- Acta y/o pasaporte": "Se pide: Su cartilla. Curp. Acta o pasaporte.",
    "Ximena de Oaxaca": "Jimena de Oajaca.",
    "": "",
    "🙂 …": "",
    # Instructions to write and to read.
    "¿Qué desea hacer? Elija una opción o escríbalo.": "¿Qué desea hacer? Elija una opción o dígala.",
    "Escriba lo que necesita o elija una opción.": "Diga lo que necesita o elija una opción.",
    "Para aceptarla elija Aceptar o escriba 1.": "Para aceptarla diga: aceptar, o marque uno.",
    "Elija Sí o escriba 1.": "Diga: sí, o marque uno.",
    "Puede escribir «cancelar» o «una persona» cuando guste.": "Puede decir cancelar o una persona cuando guste.",
    "Escriba los 10 dígitos. Si no desea dejarlo, escriba «no».": (
        "Diga o marque los diez dígitos. Si no desea dejarlo, diga no."
    ),
    "También anoté lo que acaba de escribir.": "También anoté lo que acaba de decir.",
    "El Número de Seguridad Social tiene 11 dígitos y recibí 10. Escríbalo de nuevo, por favor.": (
        "El Número de Seguridad Social tiene once dígitos y recibí diez. Dígalo o márquelo de nuevo, por favor."
    ),
}  # fmt: skip
QUESTIONS = {
    "nss": "Diga o marque los once dígitos de su Número de Seguridad Social.",
    "fecha_nacimiento": (
        "Diga o marque su fecha de nacimiento: día, mes y año. Por ejemplo, doce de marzo de mil novecientos ochenta y "
        "cinco."
    ),
    "agregado_medico": (
        "Para saber de qué persona se trata, diga el agregado médico de la cartilla, por ejemplo uno, efe, uno nueve "
        "ocho cinco, o erre."
    ),
    "curp": "Diga su curp, dieciocho letras y números.",
}


def written() -> list[str]:
    """Every text that the repository has for citizens."""
    texts = [text for datum in DATA.values() for text in (datum.prompt, datum.retry, datum.explanation)]
    texts += yaml.safe_load((ROOT / "bots/shared/prompts.yml").read_text(encoding="utf-8"))["prompts"].values()
    texts += [
        path.read_text(encoding="utf-8").split("---\n", 2)[2] for path in sorted(ROOT.glob("knowledge/*/[!R]*.md"))
    ]
    return texts


@pytest.mark.parametrize(("text", "said"), SAID.items(), ids=range(len(SAID)))
def test_what_is_written_is_said_as_people_say_it(text: str, said: str) -> None:
    assert spoken(text) == said


def test_a_whole_confirmation() -> None:
    text = (
        "Su cita quedó agendada: Medicina Familiar, el viernes 16 de octubre de 2026 a las 8:45 de la mañana, "
        "consultorio 5, UMF 47. Su folio es CMT-261015-00001-7. Se lo repito: CMT-261015-00001-7."
    )
    folio = "ce eme te, dos seis uno cero uno cinco, cero cero cero cero uno, siete"
    assert spoken(text) == (
        "Su cita quedó agendada: Medicina Familiar, el viernes dieciséis de octubre de dos mil veintiséis a las ocho "
        "cuarenta y cinco de la mañana, consultorio cinco, Unidad de Medicina Familiar cuarenta y siete. "
        f"Su folio es {folio}. Se lo repito: {folio}."
    )


@pytest.mark.parametrize(("name", "said"), QUESTIONS.items())
def test_the_questions_for_data_are_asked_by_ear(name: str, said: str) -> None:
    assert spoken(DATA[name].prompt) == said


def test_no_text_of_the_repository_keeps_a_figure_or_an_instruction_to_write() -> None:
    texts = written()
    assert len(texts) > 30
    for text in texts:
        said = spoken(text)
        assert not any(letter.isdigit() or letter in "«»-()*/" for letter in said), said
        assert "escrib" not in said.lower()
        assert spoken(said) == said


@given(st.text(st.characters(codec="utf-8"), max_size=80) | st.text("0123456789/:-.,$ºª*ACXV() \n", max_size=40))
def test_whatever_is_written_something_sayable_comes_of_it(text: str) -> None:
    said = spoken(text)
    assert said == "" or said[-1] in ".?!"
    assert not set(said) & set("0123456789*/$\n()")


@given(st.text("0123456789", min_size=4, max_size=4), st.integers(4, 12))
def test_no_digit_under_a_mask_is_made_up(ending: str, stars: int) -> None:
    digits = ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve")
    expected = " ".join(digits[int(digit)] for digit in ending)
    assert spoken("*" * stars + ending) == f"Terminación {expected}."


def choices(*titles: str) -> list[Choice]:
    return [Choice(id=title, title=title) for title in titles]


def test_a_menu_says_key_and_words_as_to_the_citizen() -> None:
    options = [
        *choices("Agendar una cita", "Confirmar mi cita", "Soy patrón", "Qué llevar", "Para otra persona"),
        Choice(id="person", title="Hablar con una persona", key="0"),
    ]
    assert menu_prompt("¿Qué desea hacer? Elija una opción o escríbalo.", options) == (
        "¿Qué desea hacer? Para agendar una cita, marque uno o diga: Agendar una cita. Para confirmar su cita, marque "
        "dos. Si es patrón, marque tres. Para saber qué llevar, marque cuatro. Para otra persona, marque cinco. "
        "Para hablar con una persona, marque cero."
    )


def test_yes_and_no_are_not_asked_for_twice() -> None:
    assert menu_prompt("¿Confirma su cita? Elija Sí o escriba 1.", choices("Sí", "No")) == (
        "¿Confirma su cita? Diga: sí, o marque uno. Diga: no, o marque dos."
    )
    accept = menu_prompt("Para aceptarla elija Aceptar o escriba 1.", choices("Aceptar", "No la acepto"))
    assert accept == "Para aceptar, marque uno o diga: Aceptar. Si no la acepta, marque dos."


def test_a_rating_is_a_range() -> None:
    assert menu_prompt("¿Cómo califica la atención?", choices(*"12345")) == (
        "¿Cómo califica la atención? Marque un número del uno al cinco."
    )


def test_a_text_without_options_is_only_said() -> None:
    assert menu_prompt("Elija una opción:", []) == "Elija una opción."


def test_every_menu_of_the_repository_can_be_said() -> None:
    def visit(options: list[dict[str, object]]) -> None:
        said = menu_prompt("", [Choice(id="x", title=str(one["title"]), key=str(one["key"])) for one in options])
        assert said.count("marque") == len(options)
        for one in options:
            if isinstance(one.get("options"), list):
                visit(one["options"])  # type: ignore[arg-type]

    for path in ROOT.glob("bots/*/menu.yml"):
        visit(yaml.safe_load(path.read_text(encoding="utf-8"))["options"])


def test_ten_options_are_too_many_but_the_person_does_not_count() -> None:
    nine = choices(*"ABCDEFGHI")
    assert menu_prompt("", [*nine, Choice(id="0", title="Persona", key="0")]).count("marque") == 10
    with pytest.raises(ValueError, match="at most 9"):
        menu_prompt("", [*nine, Choice(id="J", title="J")])
