"""The exported tree: valid, complete, and the same as the campaign's menu in each of its forms."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from lxml import etree

from channels.ivr_tree import IvrTree, StepKind
from channels.menu_diagram import mermaid
from channels.voicexml import NAMESPACE, voicexml
from content.catalogue import Catalogue
from server.command_line import main
from server.export_command import tree_of

ROOT = Path(__file__).resolve().parents[2]
BOTS = [campaign.id for campaign in Catalogue(ROOT).with_bot()]
DTD = etree.DTD(str(ROOT / "tests" / "data" / "vxml" / "vxml.dtd"))
V = f"{{{NAMESPACE}}}"
DURATION, KEYS = r"\+?(\d*\.)?\d+(ms|s)", r"[0-9#*]( ?[0-9#*])*"
# What W3C's XML Schema asks of attributes beyond the document type.
FORMS = {
    "timeout": DURATION, "connecttimeout": DURATION, "fetchtimeout": DURATION, "maxage": r"\d+", "count": r"[1-9]\d*",
    "dtmf": rf"{KEYS}|true|false", "id": r"[A-Za-z_][\w.-]*", "name": r"[\w.-]+", "bargein": "true|false",
    "next": r"#\w+|\w+\.vxml|https?://\S+", "dest": r"tel:\+\d+|sip:[\w.@-]+", "version": r"2\.1|1\.0",
}  # fmt: skip


def document(tree: IvrTree) -> etree._Element:
    return etree.fromstring(voicexml(tree))


@pytest.fixture(scope="module", params=BOTS)
def tree(request: pytest.FixtureRequest) -> IvrTree:
    return tree_of(
        ROOT, request.param, submit_url="https://ivr.example.mx/tramite", person="sip:{campaign}@pbx.example.mx"
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for folder in ("bots", "knowledge"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path


def targets(root: etree._Element) -> Iterator[str]:
    for element in root.iter(f"{V}goto", f"{V}choice", f"{V}link"):
        if element.get("next"):
            yield element.get("next")


def test_the_document_is_valid_voicexml_2_1(tree: IvrTree) -> None:
    root = document(tree)
    assert DTD.validate(root), DTD.error_log
    assert (root.tag, root.get("version")) == (f"{V}vxml", "2.1")
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == "es-MX"


def test_validation_would_notice(tree: IvrTree) -> None:
    for tag, attribute in (("goto", "to"), ("menu", "title"), ("field", "length")):
        root = document(tree)
        etree.SubElement(root[-1], f"{V}{tag}", {attribute: "1"})
        assert not DTD.validate(root)


def test_every_attribute_has_the_form_that_the_schema_asks(tree: IvrTree) -> None:
    for element in document(tree).iter():
        for name, value in element.attrib.items():
            if name == "name" and element.tag == f"{V}prompt":
                continue
            assert name not in FORMS or re.fullmatch(FORMS[name], value), f"{element.tag} {name}={value!r}"
        if element.tag == f"{V}property" and element.get("name").endswith("timeout"):
            assert re.fullmatch(DURATION, element.get("value"))
        if element.tag == f"{V}transfer":
            assert (element.get("type"), element.get("bridge")) == ("blind", None)


def test_whatever_is_named_is_there(tree: IvrTree) -> None:
    root = document(tree)
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    for target in targets(root):
        assert target.removeprefix("#") in ids if target.startswith("#") else target.removesuffix(".vxml") in BOTS
    declared = {element.get("name") for element in root.iter(f"{V}var", f"{V}field")}
    for assign in root.iter(f"{V}assign"):
        assert assign.get("name") in declared
    for submit in root.iter(f"{V}submit"):
        assert set(submit.get("namelist").split()) <= declared
    # «Escuchar otra vez» goes to whatever was heard last.
    heard = [json.loads(one.get("expr")) for one in root.iter(f"{V}assign") if one.get("name") == "ultimo"]
    assert set(heard) <= set(ids)


def test_every_menu_has_the_keys_of_menu_yml_each_once(tree: IvrTree) -> None:
    root = document(tree)

    def check(menu_id: str, options: list[dict[str, object]]) -> None:
        menu = root.find(f"{V}menu[@id='{menu_id}']")
        keys = [choice.get("dtmf") for choice in menu.iter(f"{V}choice")]
        assert keys == [option["key"] for option in options]
        assert menu.get("dtmf") == "false"  # «true» would number the options anew
        for option in options:
            if option.get("options"):
                check(f"{menu_id}_{option['key']}", option["options"])  # type: ignore[arg-type]

    content = yaml.safe_load((ROOT / "bots" / tree.campaign / "menu.yml").read_text(encoding="utf-8"))
    check("menu", content["options"])
    for menu in root.iter(f"{V}menu"):
        keys = [choice.get("dtmf") for choice in menu.iter(f"{V}choice")]
        assert len(keys) == len(set(keys))


def test_the_round_trip_has_the_same_prompts_words_and_transfers(tree: IvrTree) -> None:
    root = document(tree)
    for step in tree.steps:
        place = next(element for element in root if element.get("id") == step.id)
        prompts = [prompt.text for prompt in place.iter(f"{V}prompt")]
        if step.kind is StepKind.TRANSACTION:
            assert prompts == [text for one in tree.fields for text in (one.prompt, one.retry)] + [
                tree.texts["voz_un_momento"]
            ]
            continue
        assert prompts[0] == step.says
        words = {
            choice.get("dtmf"): tuple(item.text for item in choice.iter(f"{V}item")) or (choice.text,)
            for choice in place.iter(f"{V}choice")
        }
        assert words == {option.key: option.words for option in step.options}
        destinations = [one.get("dest") or one.get("next") for one in place.iter(f"{V}transfer", f"{V}goto")]
        assert not step.destination or destinations[0] == step.destination


def test_information_and_menus_are_played_twice_at_most(tree: IvrTree) -> None:
    root = document(tree)
    counted = [step for step in tree.steps if step.kind in (StepKind.MENU, StepKind.INFORMATION)]
    for step in counted:
        form_id = f"ir_{step.id}" if step.kind is StepKind.MENU else step.id
        form = root.find(f"{V}form[@id='{form_id}']")
        counter = f"veces_{step.id}"
        assert form.find(f".//{V}assign[@name='{counter}']").get("expr") == f"{counter} + 1"
        limit = form.find(f".//{V}if[@cond='{counter} > 2']")
        assert limit.find(f"{V}goto").get("next") == "#limite"
    # A menu is reached only by the form that counts.
    for step in counted:
        if step.kind is StepKind.MENU:
            assert list(targets(root)).count(f"#{step.id}") == 1
    limit_menu = root.find(f"{V}menu[@id='limite']")
    assert {handler.find(f"{V}goto").get("next") for handler in limit_menu.iter(f"{V}noinput", f"{V}nomatch")} == {
        "#despedida"
    }
    assert root.find(f"{V}form[@id='despedida']").find(f".//{V}disconnect") is not None


def test_the_third_failure_goes_to_a_person(tree: IvrTree) -> None:
    root = document(tree)
    for event in ("noinput", "nomatch"):
        handlers = root.findall(f"{V}{event}")
        assert [handler.get("count") for handler in handlers] == ["1", "2", "3"]
        said = [handler.findtext(f"{V}prompt") for handler in handlers]
        assert said[0] and said[1] and said[0] != said[1] and said[2] is None
        assert handlers[2].find(f"{V}goto").get("next") == "#persona"
    person = root.find(f"{V}form[@id='persona']/{V}transfer")
    assert person.get("dest") == f"sip:{tree.campaign}@pbx.example.mx"


def test_a_transaction_collects_the_numbers_and_sends_them_by_post() -> None:
    root = document(tree_of(ROOT, "cita_medica", submit_url="https://ivr.example.mx/tramite"))
    form = root.find(f"{V}form[@id='tema_agendar_medicina_familiar']")
    fields = {field.get("name"): field for field in form.iter(f"{V}field")}
    assert {name: field.get("type") for name, field in fields.items()} == {
        "nss": "digits?length=11", "fecha_nacimiento": "digits?length=8",
    }  # fmt: skip
    assert all(field.get("modal") == "true" for field in fields.values())  # else the digit 0 would call a person
    submit = form.find(f".//{V}submit")
    assert (submit.get("next"), submit.get("method")) == ("https://ivr.example.mx/tramite", "post")
    assert submit.get("namelist") == "campania tema nivel nss fecha_nacimiento"


def test_another_campaign_is_its_document_its_number_or_its_people() -> None:
    steps = {step.id: step.destination for step in tree_of(ROOT, "recepcion", person="sip:{campaign}@pbx").steps}
    assert steps["ruta_cita_medica"] == "cita_medica.vxml"
    assert steps["ruta_orientacion_medica"] == "tel:+528002222668"
    assert steps["ruta_contribuyente"] == "sip:contribuyente@pbx", "its number is ours: it would lead back here"
    assert steps["ruta_cobranza_dir"] == "sip:cobranza_dir@pbx", "it has no number of its own"


def test_no_caller_is_promised_a_folio_that_only_we_give(tree: IvrTree) -> None:
    root = document(tree)
    greetings = [prompt.text for prompt in root.find(f"{V}form[@id='inicio']").iter(f"{V}if", f"{V}prompt")]
    assert any("Buenos días" in (text or "") for text in greetings)
    assert "folio es" not in voicexml(tree).decode() and "{" not in voicexml(tree).decode()


def test_the_same_tree_gives_the_same_bytes_in_every_format(tree: IvrTree) -> None:
    again = tree_of(ROOT, tree.campaign, submit_url=tree.submit_url, person="sip:{campaign}@pbx.example.mx")
    assert voicexml(again) == voicexml(tree) and mermaid(again) == mermaid(tree)
    assert IvrTree.model_validate_json(tree.model_dump_json()) == tree


def test_the_diagram_has_every_place_and_every_key(tree: IvrTree) -> None:
    drawn = mermaid(tree).splitlines()
    assert drawn[1] == "flowchart LR"
    assert sum("-->" in line for line in drawn) == sum(len(step.options) for step in tree.steps)
    for step in tree.steps:
        assert sum(re.match(rf"  {step.id}\W", line) is not None and "-->" not in line for line in drawn) == 1


def test_version_and_approval_travel_with_the_document(copy: Path) -> None:
    def meta() -> dict[str, str]:
        root = document(tree_of(copy, "cita_medica"))
        return {one.get("name"): one.get("content") for one in root.iter(f"{V}meta")}

    before = meta()
    assert before["approval"] == "ejemplo" and before["article.tema_que_llevar"] == "versión 1, ejemplo"
    assert before["version"] == Catalogue(copy).get("cita_medica").version  # type: ignore[union-attr]
    prompts = copy / "bots" / "shared" / "prompts.yml"
    prompts.write_text(prompts.read_text(encoding="utf-8").replace("approval: ejemplo", "approval: aprobado"), "utf-8")
    assert meta()["approval"] == "ejemplo", "one article without approval is enough"
    for article in copy.glob("knowledge/*/*.md"):
        article.write_text(
            article.read_text(encoding="utf-8").replace("approval: ejemplo", "approval: aprobado"), "utf-8"
        )
    assert meta()["approval"] == "aprobado"
    assert meta()["version"] != before["version"]


def test_whatever_an_administrator_writes_stays_a_valid_document(copy: Path) -> None:
    menu = {
        "options": [
            {"key": "1", "title": 'Pagos < 5 & "otros"', "topic": "que_llevar", "keywords": ["<b>", "¿qué?", "pagos"]},
            {"key": "*", "title": "Más", "options": [{"key": "1", "title": "Citas", "topic": "consultar_citas"}]},
            {"key": "2", "title": "Raro", "topic": "tema's raro"}, {"key": "3", "title": "Lejos", "to": "desconocida"},
        ]
    }  # fmt: skip
    (copy / "bots" / "cita_medica" / "menu.yml").write_text(yaml.safe_dump(menu, allow_unicode=True), "utf-8")
    tree = tree_of(copy, "cita_medica")
    assert DTD.validate(document(tree)), DTD.error_log
    assert {step.id for step in tree.steps} >= {"menu_estrella", "tema_tema_s_raro", "ruta_desconocida"}
    assert 'tema_que_llevar["Pagos #lt; 5 #amp; #quot;otros#quot;"]' in mermaid(tree)


@pytest.mark.parametrize(("form", "begins"), [("voicexml", "<?xml"), ("json", "{"), ("mermaid", "%% cita_medica")])
def test_the_command_writes_a_file(form: str, begins: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "arbol"
    assert main(["export", "cita_medica", "--format", form, "--out", str(out)]) == 0
    assert out.read_text(encoding="utf-8").startswith(begins)
    warned = capsys.readouterr().err
    assert "sin aprobación" in warned and "--submit-url" in warned and "--person" in warned


def test_a_campaign_without_a_menu_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "pensionados"]) == 2
    assert "«pensionados» no existe o no tiene asistente" in capsys.readouterr().err
