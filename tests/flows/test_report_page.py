"""The report as a file: from a played database, through the command line, as HTML that needs nothing else."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from datetime import date
from html.parser import HTMLParser
from itertools import pairwise
from types import SimpleNamespace

import pytest

from config.vocabulary import BranchKind
from flows.operate.demo import load_sample
from flows.operate.player import PlainRunner, Player
from flows.report.as_of import load_past
from flows.report.figures import report
from flows.report.page import render, write
from flows.report.reading import Material, read
from flows.steps.acts import perform
from flows.steps.errors import ActError
from models.database import engine_for
from models.history import Act
from models.loading import load_world
from models.rules.calendar import Calendar
from models.rules.snapshot import Unit
from models.store import reading
from notifications.carrying import NowhereCarrier
from tests.factories import changed, fact, world
from tests.flows.test_report import FAILED, MID_TERM, branch, grown, order, paper, scored

FIRST, KEPT, LAST = date(2025, 11, 4), (date(2025, 11, 19), date(2025, 12, 10)), date(2025, 12, 18)
VOID = {"meta", "br"}
FIELDS = ("code", "unit", "state", "seq", "submissions", "facts", "assessments", "rectifications", "decisions")


@pytest.fixture(scope="module")
def played(evening, tmp_path_factory):
    """The demo's first six weeks; the database as it was on earlier days lies beside it."""
    path = tmp_path_factory.mktemp("report") / "played.db"
    shutil.copy(evening(LAST), path)
    engine = engine_for(f"sqlite:///{path}")
    yield SimpleNamespace(engine=engine, folder=path.parent, url=str(engine.url))
    engine.dispose()


def page_of(engine, cohort, on=None):
    with reading(engine) as session:
        material = read(session, cohort, on)
    return material, render(report(material), "示例大学党委组织部")


class Strict(HTMLParser):
    """Every element that is opened is closed, in order."""

    def __init__(self):
        super().__init__()
        self.open, self.attributes, self.text = [], [], []

    def handle_starttag(self, tag, attrs):
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def parsed(html):
    parser = Strict()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    return parser


@pytest.mark.parametrize("cohort", ["2023", "2025"])
@pytest.mark.parametrize("day", KEPT)
def test_a_past_day_is_rebuilt_as_it_was(played, evening, cohort, day):
    """Held against a copy of the database kept on that evening."""
    kept = engine_for(f"sqlite:///{evening(day)}")
    with reading(kept) as session:
        was = load_world(session, cohort)
    kept.dispose()
    with reading(played.engine) as session:
        now, rebuilt = load_world(session, cohort), load_past(session, cohort, day).world
    for before, again in zip(was.projects, rebuilt.projects, strict=True):
        for name in FIELDS:
            assert getattr(again, name) == getattr(before, name), (before.code, name)
    assert (rebuilt.deadlines, rebuilt.exempt) == (was.deadlines, was.exempt)
    assert rebuilt.projects != now.projects


def test_an_exemption_is_seen_only_from_its_day(played):
    with reading(played.engine) as session:
        assert "S30" in load_past(session, "2025", date(2025, 12, 16)).world.exempt
        assert "S30" not in load_past(session, "2025", date(2025, 12, 15)).world.exempt


@pytest.mark.parametrize("day", ["2025-11-04", "2025-11-28", "2025-12-09", "2025-12-18"])
@pytest.mark.parametrize("cohort", ["2023", "2025"])
def test_the_funnel_sums_on_every_day(played, cohort, day):
    with reading(played.engine) as session:
        material = read(session, cohort, date.fromisoformat(day))
    assert max((line.on for line in material.reminded), default=FIRST) <= material.on
    stages = report(material).funnel
    assert stages[0].total == len(material.world.projects)
    for stage, following in pairwise(stages):
        assert stage.total == following.total + stage.waiting + sum(stage.left.values())


def test_the_decided_first_cohort(played):
    material, html = page_of(played.engine, "2023")
    found = report(material)
    assert {row.kind.value: {o.value: n for o, n in row.outcomes.items()} for row in found.grades} == {
        "benchmark_org": {"excellent": 1, "qualified": 2}, "model_branch": {"excellent": 3, "qualified": 11},
    }  # fmt: skip
    assert sum(found.effect.totals.values()) == 17 * 5
    assert found.effect.late == 8
    assert "不适用：本批次启动时未登记基线数据" in html


@pytest.mark.parametrize(("cohort", "day"), [("2023", None), ("2023", "2025-11-19"), ("2025", None), ("2025", "2025-12-09")])
def test_the_page_is_whole_and_stands_alone(played, cohort, day):
    material, html = page_of(played.engine, cohort, day and date.fromisoformat(day))
    page = parsed(html)
    names = {name for name, _ in page.attributes}
    assert not names & {"src", "srcset", "action", "data", "poster"}
    assert all(value.startswith("#") for name, value in page.attributes if name in ("href", "xlink:href"))
    assert not re.search(r"https?:|//[a-z]|@import|@font-face|<script|<link|<iframe|javascript:|url\((?!#)", html)
    ids = Counter(value for name, value in page.attributes if name == "id")
    assert max(ids.values(), default=0) <= 1
    assert set(re.findall(r"url\(#([^)]+)\)|href=\"#([^\"]+)\"", html)) <= {(name, "") for name in ids} | {("", name) for name in ids}
    text = "".join(page.text)
    assert all(project.unit.name in text for project in material.world.projects)
    assert all(unit.name in text for unit in material.world.units.values() if cohort == "2025" and unit.parent is None)


def test_a_hostile_name_is_a_name():
    bad = "<script>alert('1')</script>&\"$x_{$</td>\u202e\x07"
    unit = Unit("S01B01", bad, branch(1).kind, branch(1).branch_kind, "S01")
    facts = (fact("record_baseline", 2, measures={bad: 1}), fact("record_measures", 3, measures={bad: 2}))
    one = changed(scored(1, 50, **FAILED, rectifications=(order(1),), facts=facts), unit=unit)
    html = render(report(Material(world(one), Calendar(), date(2027, 3, 1), items={"2025-S01B01/failed/1": (bad,)})), bad)
    assert "<script" not in html
    assert "\u202e" not in html
    assert html.count("&lt;script&gt;") >= 6, "the chart of units, the order, its item, the measure twice, the office"
    assert "".join(parsed(html).text).count("<script>alert('1')</script>&\"$x_{$</td>") >= 6


def test_small_multiples_show_every_unit_of_a_kind_and_where_it_stands():
    """One panel and one line per unit; a kind that has not been compared has panels only."""
    names = ["云杉学院第1党支部", "云杉学院第2党支部", "云杉学院第3党支部"]
    members = [grown(1, 11, 12, place=25.0), grown(2, 12, 15, place=75.0), grown(3, 9, kind=BranchKind.STUDENT)]
    html = render(report(Material(world(*members), Calendar(), date(2027, 12, 1))), "示例大学党委组织部")
    drawn = re.findall(r'<svg [^>]*aria-label="([^"]+)"[^>]*>(.*?)</svg>', html, re.DOTALL)
    known = {label: [name for name in names if f">{name}<" in body] for label, body in drawn if "：" in label}
    assert known == {
        "教师党支部：各单位自基线以来的增长": names[:2], "教师党支部：同类百分位": names[:2], "学生党支部：各单位自基线以来的增长": names[2:],
    }  # fmt: skip
    assert html.count("尚未进行横向对比。") == 1
    parsed(html)


def big_world():
    """Two hundred projects under thirty SOs, each with every paper, a failed mid-term and figures of its own."""
    projects = []
    sos = [changed(MID_TERM.units["S01"], code=f"S{n:02d}", name=f"第{n}学院党委") for n in range(1, 31)]
    keys = [rule.key for rule in MID_TERM.plan.programme.deliverables]
    for n in range(200):
        so = sos[n % 30]
        unit = Unit(f"{so.code}B{n:03d}", f"第{n % 30 + 1}学院研究生第{n}党支部", branch(1).kind, branch(1).branch_kind, so.code)
        facts = (fact("record_baseline", 2, measures={f"m{k}": n + k for k in range(4)}),)
        facts += (fact("record_measures", 3, measures={f"m{k}": 2 * n + 7 * k for k in range(4)}),)
        one = scored(n, 50, **FAILED, facts=facts, submissions={key: paper(key) for key in keys}, rectifications=(order(n),))
        projects.append(changed(one, code=f"2025-{unit.code}", unit=unit))
    return world(*projects, units=sos)


def test_two_hundred_projects_stay_readable_and_small():
    items = {f"2025-S01B{n:02d}/failed/1": tuple(f"第{k}项需要整改的事项说明" for k in range(6)) for n in range(200)}
    found = report(Material(big_world(), Calendar(), date(2027, 3, 1), items=items))
    html = render(found, "示例大学党委组织部")
    assert len(html.encode()) < 1_500_000
    assert sum(len(group.rows) for group in found.wall.groups) == 200
    assert all(row.unit in html for group in found.wall.groups for row in group.rows)
    parsed(html)


def test_every_cell_has_a_sign_beside_its_colour(played):
    _, html = page_of(played.engine, "2025", date(2025, 12, 9))
    cells = re.findall(r'<(?:td|span|small) class="m (\w+)"><b>(.)</b>', html)
    signs = {tone: {sign for found, sign in cells if found == tone} for tone, _ in cells}
    assert signs == {"done": {"✓"}, "late": {"✓"}, "watch": {"△", "◇"}, "bad": {"×"}, "later": {"○"}, "none": {"—"}}
    assert len(cells) == html.count('class="m ')


def command(played, *words, **more):
    environment = {"PATH": os.environ["PATH"], "CREATION_DATABASE_URL": played.url, "CREATION_DATA": str(played.folder / "data"), **more}
    done = subprocess.run(
        [sys.executable, "-m", "flows.cli", "report", *words], env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout.strip(), done.stderr


def test_the_command_writes_the_file_and_says_where(played):
    code, said, _ = command(played, "2023", "--on", "2025-12-10", PYTHONHASHSEED="1")
    path = played.folder / "data" / "reports" / "2023-2025-12-10.html"
    assert (code, said) == (0, str(path))
    assert page_of(played.engine, "2023", date(2025, 12, 10))[1] == path.read_text(encoding="utf-8"), "the same bytes in any process"
    assert list(path.parent.iterdir()) == [path]


def test_the_command_gives_figures_and_writes_where_told(played):
    out = played.folder / "own" / "report.html"
    code, said, _ = command(played, "2025", "--on", "2025-12-09", "--out", str(out), "--json")
    assert code == 0
    figures = json.loads(said)
    assert (figures["cohort"], figures["on"], len(figures["brief"])) == ("2025", "2025-12-09", 3)
    assert sum(len(group["rows"]) for group in figures["wall"]["groups"]) == 41
    assert "2025年12月9日" in out.read_text(encoding="utf-8")


REFUSED = [
    (("2099",), "没有批次“2099”；已建立：2023、2025"),
    (("2023", "--on", "2025-12-31"), "报告日期 2025-12-31 晚于今天 2025-12-18"),
    (("2023", "--on", "2025-11-03"), "早于批次 2023 建立的日期 2025-11-04"),
]


@pytest.mark.parametrize(("words", "told"), REFUSED)
def test_what_cannot_be_reported_is_told_in_chinese(played, words, told):
    code, said, error = command(played, *words, CREATION_DATA=str(played.folder / "refused"))
    assert (code, said) == (2, "")
    assert told in error.replace("\n", "")
    assert not (played.folder / "refused").exists()


def test_a_day_that_has_not_come_is_refused(engine):
    with reading(engine) as session, pytest.raises(ActError, match="晚于今天 2025-11-04"):
        read(session, "2023", date(2025, 11, 5))


def test_a_failed_writing_leaves_the_old_report(tmp_path):
    path = write(tmp_path / "new" / "report.html", "旧")
    with pytest.raises(UnicodeEncodeError):
        write(path, "新\ud800")
    assert path.read_text(encoding="utf-8") == "旧"
    assert list(path.parent.iterdir()) == [path]


def test_a_paper_taken_back_has_not_arrived(empty):
    """On each kind of database: what is rebuilt for today is what is there."""
    load_sample(empty)
    act = Act("工作人员1", "command:test", FIRST)
    perform(empty, act, "hand_in", project="2023-S01", deliverable="typical_case", files=["案例.docx"])
    with reading(empty) as session:
        assert [arrival.project for arrival in read(session, "2023").arrivals] == ["2023-S01"]
        assert load_past(session, "2023", FIRST).world == load_world(session, "2023")
    perform(empty, act, "retract", project="2023-S01", deliverable="typical_case", reason="登记错项目")
    with reading(empty) as session:
        assert read(session, "2023").arrivals == ()


def test_a_letter_about_a_moved_deadline_calls_anew(engine):
    from datetime import date

    from flows.report.making import figures_for
    from flows.steps.acts import perform
    from models.history import Act
    from models.store import reading

    by = Act("A01", "command:test", date(2025, 11, 12))
    player = Player(engine, NowhereCarrier(), PlainRunner(engine))
    player.play_day(date(2025, 11, 4))
    moved = {"cohort": "2023", "subject": "2023-S01", "deliverable": "typical_case", "due_on": date(2025, 12, 5), "basis": "批示"}
    perform(engine, by, "extend", **moved)
    player.play_day(date(2025, 11, 13))
    perform(engine, by.on_behalf(date(2025, 11, 14)), "hand_in", project="2023-S01", deliverable="typical_case", files=["a"])
    player.play_day(date(2025, 11, 14))
    with reading(engine) as session:
        effect = figures_for(session, "2023").effect
    assert [row.by_rung for row in effect.rows if row.deliverable == "typical_case"] == [{"call": 1}]
