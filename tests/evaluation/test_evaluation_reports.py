"""The reports of a run: every figure recomputed here from the results, every document parsed strictly."""

import json
import re
from collections import Counter
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from lxml import etree, html
from rich.console import Console
from synthetic_run import STARTED, build_question, build_record, build_result, build_run, synthetic_run

from evaluation.gates import Gate, Gates, check_gates
from evaluation.reports import HTML, JSON, JUNIT, write_reports
from evaluation.reports.charts import dots, sampled, steps, up
from evaluation.reports.findings import find
from evaluation.reports.html import as_html
from evaluation.reports.json_report import as_json
from evaluation.reports.junit import as_junit
from evaluation.reports.payment import pay_run
from evaluation.reports.summary import print_summary
from evaluation.reports.trend import trend
from evaluation.results import ConversationResult, Line, Run, Status
from evaluation.settlement.policy import Policy
from evaluation.settlement.refusal import InputRefused
from evaluation.thresholds import choose, pairs_of, reliability
from ledger.recontact import Recontact

POLICY = Policy.model_validate({"prices": {"avanzado_a": "12.00", "basico": "4.00"}})
GATES = Gates(gates=(Gate(campaign="derechohabiente", channel="webchat", minimum_resolved=99, maximum_wrong=999),))
RECONTACTS = (
    Recontact("derechohabiente", None, 2310, 150, 301, 1402, 1660, 12),
    Recontact("recepcion", "otros_numeros", 8, 1, 2, 3, 4, 0),
)


@pytest.fixture(scope="module")
def run() -> Run:
    return synthetic_run(cases=30)


@pytest.fixture(scope="module")
def page(run: Run) -> html.HtmlElement:
    return html.document_fromstring(as_html(find(run, POLICY, check_gates(run, GATES), RECONTACTS)))


def _text(element: Any) -> str:
    return re.sub(r"\s+", " ", element.text_content()).strip()


def _counts(results: list[ConversationResult]) -> Counter[Status]:
    return Counter(one.status for one in results)


# --- What is said ---


def test_the_seed_makes_the_run_and_it_has_everything_to_report(run: Run) -> None:
    assert run == synthetic_run(cases=30)
    assert all(_counts(list(run.results))[status] for status in Status)
    assert any(one.is_wrong for one in run.results)


def test_the_payment_is_the_settlement_of_what_was_counted(run: Run) -> None:
    payment = pay_run(run.results, POLICY)
    held = [one for one in run.results if one.status is not Status.INFRASTRUCTURE]
    paid = Decimal(0)
    for one in held:
        assert one.interaction is not None
        line = payment.lines[one.interaction["folio"]]
        if one.interaction["agent_type"] == "basico":
            expected = 100
        elif one.is_wrong:
            expected = 0
        elif one.interaction["transferred_to_human"]:
            expected = 30
        else:
            expected = 100 if one.interaction["survey"] else 0
        assert line.percent == expected
        paid += Decimal(expected) / 100
    assert payment.total.interactions == len(held) == sum(rule.interactions for rule in payment.rules)
    assert payment.total.equivalents == paid
    assert payment.total.percent == paid * 100 / len(held)
    assert payment.total.gross == sum(rule.amount or 0 for rule in payment.rules)
    assert payment.total.net == sum(pay.net or 0 for pay in payment.campaigns.values())


def test_a_repeated_deviation_takes_five_interactions_off() -> None:
    wrong = (build_question("vigencia_derechos", "incorrect", deviation="d1"),)
    results = [
        build_result(case=f"c{n}", questions=wrong, interaction=build_record(f"VEN-{n}", "derechohabiente", wrong))
        for n in range(3)
    ]
    results += [
        build_result(case=f"r{n}", interaction=build_record(f"VEN-1{n}", "derechohabiente", ())) for n in range(7)
    ]
    total = pay_run(results, POLICY).total
    assert (total.deductions, total.deducted, total.percent, total.net_percent) == (2, 10, 70, -30)
    assert (total.gross, total.deductions_amount, total.net) == (84, 120, -36)


def test_without_a_price_there_are_percentages_and_no_amounts(run: Run) -> None:
    payment = pay_run(run.results, Policy())
    assert payment.total.percent == pay_run(run.results, POLICY).total.percent
    assert payment.total.net is None and all(rule.amount is None for rule in payment.rules)
    assert "Sin precio pactado" in as_html(find(run, Policy()))


def test_a_record_that_cannot_be_settled_costs_the_payment_and_not_the_report() -> None:
    record = build_record("VEN-1", "derechohabiente", ())
    twice = [build_result(case="a", interaction=record), build_result(case="b", interaction=record)]
    with pytest.raises(InputRefused, match=r"VEN-1 aparece dos veces"):
        pay_run(twice, POLICY)
    damaged = build_run([build_result(interaction=record | {"end": "vanished"})])
    with pytest.raises(InputRefused, match="campo end"):
        pay_run(damaged.results, POLICY)
    findings = find(damaged, POLICY)
    assert "campo end" in as_html(findings)
    assert "campo end" in json.loads(as_json(findings))["payment"]["refused"]
    assert trend([damaged], POLICY)[0].total.pay_percent is None


def test_the_first_topic_served_instead_of_the_expected_one_is_the_confusion() -> None:
    served = [("a",), ("b", "c"), ("b",), ("b", "a"), ()]
    results = [build_result(case=f"c{n}", expected_topic="a", served_topics=topics) for n, topics in enumerate(served)]
    results.append(build_result(case="none", expected_topic=None, served_topics=("z",)))
    results.append(build_result(case="out", expected_topic="a", served_topics=("z",), status=Status.INFRASTRUCTURE))
    topics = find(build_run(results), POLICY).topics["derechohabiente"]
    assert (topics.expected, topics.right) == (5, 2)
    found = [(one.expected, one.served, one.times, one.cases) for one in topics.confusions]
    assert found == [("a", "b", 2, ("c1", "c2")), ("a", None, 1, ("c4",))]


def test_coverage_names_what_is_missing_and_outages_cover_nothing() -> None:
    results = [
        build_result(case="a", covers=("topic:x", "menu:1", "topic:not_expected")),
        build_result(case="b", covers=("menu:2",), status=Status.FAILED),
        build_result(case="c", covers=("menu:3",), status=Status.INFRASTRUCTURE),
    ]
    expected = {"derechohabiente": ("topic:x", "topic:y", "menu:1", "menu:2", "menu:3"), "unheard": ("topic:z",)}
    found = find(build_run(results, expected_coverage=expected), POLICY).coverage
    assert [(one.campaign, one.kind, one.covered, one.expected, one.missing) for one in found] == [
        ("derechohabiente", "menu", 2, 3, ("3",)),
        ("derechohabiente", "topic", 1, 2, ("y",)),
        ("unheard", "topic", 0, 1, ("z",)),
    ]


def test_a_trend_has_one_row_a_run_the_oldest_first(run: Run) -> None:
    later = synthetic_run(seed=8)
    later = later.model_copy(update={"header": later.header.model_copy(update={"run_id": "later"})})
    rows = trend([later, run], POLICY)
    assert [row.run_id for row in rows] == ["20261124-0800", "later"]
    first = rows[0]
    assert (first.started_at, first.is_complete, list(first.campaigns)) == (STARTED, True, run.campaigns())
    counts = _counts(run.of("recepcion"))
    cell = first.campaigns["recepcion"]
    assert (cell.passed.hits, cell.passed.total) == (
        counts[Status.PASSED],
        counts[Status.PASSED] + counts[Status.FAILED],
    )
    assert cell.infrastructure == counts[Status.INFRASTRUCTURE]
    assert cell.pay_percent == 100
    assert first.total.wrong == sum(one.is_wrong for one in run.results)


# --- JUnit XML ---


def test_junit_has_a_suite_per_campaign_and_a_case_per_conversation(run: Run) -> None:
    root = etree.fromstring(as_junit(run))
    assert root.tag == "testsuites" and [suite.get("name") for suite in root] == run.campaigns()
    for suite in root:
        counts = _counts(run.of(str(suite.get("name"))))
        assert [int(suite.get(name) or "") for name in ("tests", "failures", "errors")] == [
            counts.total(), counts[Status.FAILED], counts[Status.INFRASTRUCTURE],
        ]  # fmt: skip
        assert len(suite.findall("testcase")) == counts.total()
        assert len(suite.findall("testcase/failure")) == counts[Status.FAILED]
        assert len(suite.findall("testcase/error[@type='infrastructure']")) == counts[Status.INFRASTRUCTURE]
    names = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
    assert len(set(names)) == len(names) == len(run.results)


def test_junit_holds_problems_and_transcript_and_survives_any_character() -> None:
    awkward = "\x00\x1b[31m & <b> ]]> \ud83d \uffff áé 🙂"
    result = build_result(
        status=Status.FAILED, case=awkward, problems=(awkward, "segundo"),
        transcript=(Line(sender="user", text=awkward),),
    )  # fmt: skip
    failure = etree.fromstring(as_junit(build_run([result]))).find("testsuite/testcase/failure")
    assert failure is not None and failure.text is not None
    assert "segundo" in failure.text and "Ciudadano: " in failure.text
    assert failure.text.count("& <b> ]]>") == 2 and "áé 🙂" in failure.text
    assert "\x00" not in failure.text and "\ufffd" in failure.text


# --- JSON ---


def test_json_says_what_the_results_say(run: Run) -> None:
    data = json.loads(as_json(find(run, POLICY, check_gates(run, GATES), RECONTACTS)))
    assert (data["schema"], data["complete"], data["passed"]) == (1, True, False)
    assert [gate["name"] for gate in data["gates"]] == ["complete", "minimum_resolved", "maximum_wrong"]
    assert len(data["results"]) == len(run.results)
    written = [ConversationResult.model_validate(one) for one in data["results"]]
    assert written == sorted(run.results, key=lambda one: one.key)
    for row in data["summary"]["campaigns"]:
        counts = _counts(run.of(row["campaign"]))
        assert row["pass_1"]["hits"] == counts[Status.PASSED]
        assert row["pass_1"]["low"] < row["pass_1"]["share"] < row["pass_1"]["high"]
        assert row["infrastructure"] == counts[Status.INFRASTRUCTURE]
    assert re.fullmatch(r"-?\d+\.\d\d", data["payment"]["total"]["net"])
    assert data["confidence"]["derechohabiente"]["break_even"] == 0.3
    optimal = data["confidence"]["derechohabiente"]["pay_optimal"]
    assert optimal["probability"] > 0.3 and optimal["pay"] >= max(
        point["pay"] for point in data["confidence"]["derechohabiente"]["curve"]
    )
    assert data["recontacts"][0]["within_week"] == 301


# --- HTML ---


def test_the_page_is_one_file_that_loads_nothing(run: Run) -> None:
    text = as_html(find(run, POLICY))
    assert text.startswith("<!doctype html>")
    root = html.document_fromstring(text)
    assert not root.xpath("//script | //link | //img | //iframe | //object | //@onclick | //@src")
    assert all(target.startswith("#") for target in root.xpath("//@href | //@*[name()='xlink:href']"))
    assert "url(" not in text and "@import" not in text


def test_the_page_can_be_found_through_by_everybody(page: html.HtmlElement) -> None:
    assert page.get("lang") == "es-MX" and len(page.xpath("//h1")) == 1
    levels = [int(heading.tag[1]) for heading in page.xpath("//*[self::h1 or self::h2 or self::h3 or self::h4]")]
    assert all(later - earlier <= 1 for earlier, later in zip(levels, levels[1:], strict=False))
    assert not page.xpath("//th[not(@scope)]")
    assert all(image.get("aria-label") or image.get("aria-hidden") == "true" for image in page.xpath("//svg"))
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert {target[1:] for target in page.xpath("//nav//@href")} <= set(ids)
    assert set(page.xpath("//section/@aria-labelledby")) <= set(ids)


def test_the_page_tells_gates_figures_and_verdict(page: html.HtmlElement, run: Run) -> None:
    counts = _counts(list(run.results))
    verdict = _text(page.xpath("//div[starts-with(@class, 'verdict')]")[0])
    assert "No cumple 1 de 3 condiciones" in verdict
    assert f"{counts[Status.PASSED]} terminaron como debían" in verdict
    assert f"Otras {counts[Status.INFRASTRUCTURE]} no cuentan" in verdict
    gates = _text(page.get_element_by_id("condiciones"))
    assert gates.count("✗ No cumple") == 1 and gates.count("✓ Cumple") == 2
    assert "Sin condiciones propias: cita_medica · chat web; recepcion · chat web" in gates
    for row in page.xpath("//section[@id='resumen']//tbody/tr"):
        campaign = _text(row.xpath("./th")[0]).split(" · ")[0]
        shown = {cell.get("data-label"): _text(cell) for cell in row.xpath("./td")}
        assert shown["Fallaron"] == str(_counts(run.of(campaign))[Status.FAILED])
        assert shown["Incorrectas"] == str(sum(one.is_wrong for one in run.of(campaign)))


def test_the_page_tells_payment_confidence_coverage_and_recontact(page: html.HtmlElement, run: Run) -> None:
    payment = pay_run(run.results, POLICY)
    text = _text(page.get_element_by_id("pago"))
    assert f"${payment.total.net:,.2f}" in text
    for deduction in payment.statement.deductions:
        assert deduction.folio in text and deduction.first_folio in text
    confidence = page.get_element_by_id("confianza")
    choice = choose(pairs_of(run.of("derechohabiente")))
    assert choice is not None
    assert f"El que más paga: {choice.pay_optimal.threshold:.2f}" in _text(confidence)
    assert len(confidence.xpath(".//figure")) == 2  # campaigns with one confidence have nothing to draw
    assert "no hay umbral que elegir" in _text(confidence)
    coverage = _text(page.get_element_by_id("cobertura"))
    assert coverage.count("aviso_privacidad") == 3 and "5 de 6" in coverage
    recontact = _text(page.get_element_by_id("recontacto"))
    assert "toda la campaña" in recontact and "2 de 8" in recontact and "6.5 %" in recontact


def test_every_failed_conversation_is_there_with_reason_and_transcript(page: html.HtmlElement, run: Run) -> None:
    failed = [one for one in run.results if one.status is Status.FAILED]
    talks = page.xpath("//section[@id='fallas']//ol[@class='talk']")
    assert len(talks) == len(failed)
    bubbles = Counter(bubble.text_content() for bubble in page.xpath("//section[@id='fallas']//*[@class='bubble']"))
    assert bubbles == Counter(line.text for one in failed for line in one.transcript)
    reasons = Counter(_text(item) for item in page.xpath("//section[@id='fallas']//ul[@class='why']/li"))
    assert reasons == Counter(problem for one in failed for problem in one.problems)
    outages = page.xpath("//section[@id='infraestructura']//article")
    assert len(outages) == _counts(list(run.results))[Status.INFRASTRUCTURE]


def test_what_a_bot_says_cannot_become_markup() -> None:
    evil = "<script>alert(1)</script><b>x</b>"
    result = build_result(
        status=Status.FAILED, title=evil, problems=(evil,), served_topics=(evil,),
        transcript=(Line(sender="bot", text=evil),),
    )  # fmt: skip
    text = as_html(find(build_run([result]), POLICY))
    assert "<script" not in text and "<b>x" not in text
    assert html.document_fromstring(text).xpath("//*[@class='bubble']")[0].text_content() == evil


@pytest.mark.parametrize(
    ("results", "planned", "words"),
    [
        ([], 0, "Corrida sin condiciones que cumplir"),
        ([], 3, "Corrida incompleta: 0 de 3 conversaciones"),
        ([build_result(status=Status.INFRASTRUCTURE)], 1, "Otras 1 no cuentan"),
        ([build_result()], 1, "1 de 1"),
    ],
)
def test_a_run_with_hardly_anything_is_reported_all_the_same(
    tmp_path: Path, results: list[ConversationResult], planned: int, words: str
) -> None:
    findings = write_reports(tmp_path, build_run(results, planned), POLICY)
    assert words in _text(html.document_fromstring((tmp_path / HTML).read_text(encoding="utf-8")))
    etree.parse(tmp_path / JUNIT)
    assert json.loads((tmp_path / JSON).read_text())["summary"]["total"]["cases"] == findings.total.cases


def test_the_same_run_gives_the_same_bytes_in_whatever_order_it_ended(tmp_path: Path, run: Run) -> None:
    written = []
    for name, results in (("a", run.results), ("b", run.results[::-1])):
        folder = tmp_path / name
        folder.mkdir()
        write_reports(folder, Run(header=run.header, results=results), POLICY, check_gates(run, GATES), RECONTACTS)
        written.append([(folder / file).read_bytes() for file in (HTML, JSON, JUNIT)])
    assert written[0] == written[1]


# --- Charts and terminal ---


def test_charts_place_figures_where_they_belong() -> None:
    pairs = [(0.25, False), (0.25, True), (0.75, True)]
    low, high = dots(reliability(pairs))
    assert low.y == up(0.5) and high.y == up(1) and low.x < high.x and low.radius > high.radius
    assert low.high < low.y < low.low  # SVG counts downwards
    choice = choose(pairs)
    assert choice is not None
    heights = [float(y) for y in re.findall(r"[ML]\S+ (\S+)", steps(choice, lambda point: point.answered))]
    assert heights[0] == up(1) and heights[-1] == up(0) and heights == sorted(heights)
    for point in sampled(choice):
        assert point in choice.curve


def test_the_terminal_tells_the_same(run: Run) -> None:
    out = StringIO()
    gates = check_gates(run, GATES)
    print_summary(Console(file=out, width=300), find(run, POLICY, gates))
    text = out.getvalue()
    assert "No cumple 1 de 3 condiciones" in text and text.count("✗ derechohabiente · chat web") == 1
    assert "umbral de transferencia: el que más paga" in text
    assert f"{pay_run(run.results, POLICY).total.interactions} interacciones".replace(" ", "\u00a0") in text


def test_the_terminal_prints_brackets_as_they_are() -> None:
    out = StringIO()
    result = build_result(status=Status.FAILED, problems=("se oyó [bold]x[/nothing]",))
    print_summary(Console(file=out, width=200), find(build_run([result]), POLICY))
    assert "[bold]x[/nothing]" in out.getvalue()
