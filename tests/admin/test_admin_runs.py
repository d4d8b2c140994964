"""Runs: started through the port, watched, compared, and their reports taken home and nothing else."""

import json

import pytest
from admin_room import LogIn, Room
from kept_files import keep_run

from admin.charts import percent_chart
from admin.ports import RunProgress, RunState

OPTIONS = {"campaigns": "derechohabiente", "seed": "7", "repetitions": "4"}


def test_a_run_is_started_with_what_was_chosen_and_watched(room: Room, log_in: LogIn) -> None:
    tomas = log_in("tomas")
    answer = tomas.post("/admin/runs", OPTIONS)
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/runs/run-1")
    (options,) = room.runs.started
    assert (options.campaigns, options.seed, options.repetitions) == (("derechohabiente",), 7, 4)
    page = tomas.get("/admin/runs/run-1").text
    assert "/static/admin_run.js" in page
    assert 'aria-live="polite"' in page
    room.runs.runs["run-1"] = room.runs.runs["run-1"].model_copy(update={"done": 5, "passed": 4, "failed": 1})
    shown = tomas.get("/admin/runs/run-1/progress").json()
    assert (shown["done"], shown["planned"], shown["passed"], shown["failed"]) == (5, 12, 4, 1)
    assert (shown["state"], shown["state_words"]) == ("running", "En curso")
    assert "5 de 12 conversaciones" in tomas.get("/admin").text


def test_a_second_run_at_once_is_refused_in_words(room: Room, log_in: LogIn) -> None:
    tomas = log_in("tomas")
    tomas.post("/admin/runs", OPTIONS)
    answer = tomas.post("/admin/runs", OPTIONS)
    assert (answer.status_code, "Ya hay una evaluación en curso" in answer.text) == (422, True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"campaigns": ""}, "ya no tiene suites"),
        ({"campaigns": []}, "Elija al menos una campaña"),
        ({"campaigns": "recepcion"}, "ya no tiene suites"),
        ({"seed": "siete"}, "un número entero de 0 a"),
        ({"repetitions": "11"}, "de 1 a 10"),
    ],
)
def test_wrong_options_are_refused_and_kept(room: Room, log_in: LogIn, change: dict, said: str) -> None:
    answer = log_in("tomas").post("/admin/runs", {**OPTIONS, **change})
    assert (answer.status_code, said in answer.text) == (422, True)
    kept = {**OPTIONS, **change}
    assert f'name="seed" value="{kept["seed"]}"' in answer.text
    assert room.runs.started == []


def test_reports_are_taken_home(room: Room, log_in: LogIn) -> None:
    keep_run(room, "20261101-0800", 9, 1)
    tomas = log_in("tomas")
    page = tomas.get("/admin/runs/20261101-0800").text
    for name, kind in (
        ("report.html", "text/html"),
        ("report.json", "application/json"),
        ("junit.xml", "application/xml"),
    ):
        path = f"/admin/runs/20261101-0800/files/{name}"
        assert f'href="{path}"' in page
        answer = tomas.get(path)
        assert answer.text == f"{name} of 20261101-0800"
        assert answer.headers["content-type"].startswith(kind)
        assert answer.headers["content-disposition"] == f'attachment; filename="20261101-0800-{name}"'


@pytest.mark.parametrize(
    "path",
    [
        "20261101-0800/files/results.jsonl", "20261101-0800/files/run.json", "20261101-0800/files/..%2Fsecret.json",
        "..%2F..%2Fetc/files/report.json", "%2E%2E/files/report.json", "..%5C/files/report.json",
        "20261101-0800%00/files/report.json", "otra/files/report.json", ".hidden/files/report.json",
        "linked/files/report.json", "20261101-0800%2F..%2F20261101-0800/files/report.json",
        "x" * 81 + "/files/report.json",
    ],
)  # fmt: skip
def test_nothing_else_is_ever_opened(room: Room, log_in: LogIn, path: str) -> None:
    keep_run(room, "20261101-0800", 1, 0)
    for folder in (room.folders.runs.parent, room.folders.runs / ".hidden", room.folders.runs.parent / "outside"):
        folder.mkdir(exist_ok=True)
        (folder / "report.json").write_text("secret")
    (room.folders.runs / "linked").symlink_to(room.folders.runs.parent / "outside")
    answer = log_in("tomas").get(f"/admin/runs/{path}")
    assert answer.status_code == 404
    assert "secret" not in answer.text


def test_an_unknown_run_says_so(log_in: LogIn) -> None:
    tomas = log_in("tomas")
    assert tomas.get("/admin/runs/inventada").status_code == 404
    answer = tomas.get("/admin/runs/inventada/progress", headers={"Accept": "application/json"})
    assert (answer.status_code, json.loads(answer.text)["detail"][:6]) == (404, "No hay")


def test_the_trend_compares_runs_in_a_table_and_a_chart(room: Room, log_in: LogIn) -> None:
    keep_run(room, "20261101-0800", 10, 10)
    keep_run(room, "20261102-0800", 19, 1, days=1)
    page = log_in("tomas").get("/admin/runs").text
    row = page.split('<a href="/admin/runs/20261102-0800">')[1].split("</tr>")[0]
    assert "95" in row
    assert 'role="img"' in page
    assert page.count('class="dot series-0"') == 2


def test_a_damaged_run_does_not_take_the_list_away(room: Room, log_in: LogIn) -> None:
    keep_run(room, "20261101-0800", 1, 0)
    (room.folders.runs / "20261101-0800" / "results.jsonl").write_text("broken\nbroken\n")
    answer = log_in("tomas").get("/admin/runs")
    assert (answer.status_code, "20261101-0800" in answer.text) == (200, True)


def test_why_a_run_stopped_is_told(room: Room, log_in: LogIn) -> None:
    room.runs.runs["run-9"] = RunProgress(
        run_id="run-9", state=RunState.STOPPED, done=3, planned=9, problem="El asistente no responde. Revíselo."
    )
    page = log_in("tomas").get("/admin/runs/run-9").text
    assert "El asistente no responde. Revíselo." in page
    assert "admin_run.js" not in page


def test_chart_places_values_and_leaves_gaps() -> None:
    chart = percent_chart([("A", [100, None, 0, 50]), ("B", [-30, 0, 0, 0])], ["1", "2", "3", "4"])
    line, below = chart.series
    assert [len(path.split()) for path in line.paths] == [1, 2]
    top, bottom = line.dots[0], line.dots[1]
    assert top.y < bottom.y < below.dots[0].y <= chart.height
    assert all(chart.left < dot.x < chart.right for series in chart.series for dot in series.dots)
    assert [tick.label for tick in chart.grid][0] == "-50 %"
    assert "1: A 100.0 %" in top.title
