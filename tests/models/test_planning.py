"""The planner of large cohorts against the pure rules: the same lines, whatever the situation; Hypothesis draws it."""

import os
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from config.cohort import QuietPeriod
from config.programme import Ladder, Rung
from config.vocabulary import (
    AuthMethod,
    AwardKind,
    BranchKind,
    Machine,
    MailKind,
    Outcome,
    ProjectState,
    RectificationState,
    SubmissionState,
    UnitKind,
    UnitState,
)
from models import tables as t
from models.loading import _read_world, load_calendar
from models.planning import due
from models.rules.reminders import due_reminders
from models.shared_days import COLUMNS
from notifications.outbox import PlannedLine
from tests.factories import load_plan

COHORT = "2025"
FIRST = date(2026, 9, 1)
DAYS = [FIRST + timedelta(days=n) for n in range(120)]
PAPERS = ("progress_report", "results_report", "declaration_form")
UNITS = {"S01": None, "S02": None, "S01B01": "S01", "S01B02": "S01", "S02B01": "S02", "S02B02": "S02", "S03B01": None}
"""Two SOs, their branches, and a branch without an SO."""
LADDERS = ("one", "two")
DAY = st.sampled_from(DAYS)
SHAPE = st.tuples(
    st.lists(st.integers(-12, 10), min_size=1, max_size=5, unique=True).map(lambda found: tuple(sorted(found))),
    st.integers(1, 6),
    st.integers(0, 2),
)
SUBJECTS = ("*", "*", *UNITS, *(f"{COHORT}-{unit}" for unit in UNITS))
EXAMPLES = int(os.environ.get("CREATION_EXAMPLES", "100"))
NOW = datetime(2026, 9, 1, tzinfo=UTC)
_TICKS = count()
"""No two histories are of one moment: what is kept of one must not be taken for another's."""


def _deadline(few):
    name = st.sampled_from(LADDERS)
    return st.fixed_dictionaries({
        "deliverable": st.sampled_from((*PAPERS, "declare")), "subject": st.sampled_from(SUBJECTS), "due_on": few,
        "internal_days": st.integers(0, 4), "call_on": st.sampled_from(DAYS[:40]), "ladder": name,
        "endorse_ladder": st.none() | name, "set_on": DAY,
    })  # fmt: skip


@st.composite
def situations(draw):
    few = st.sampled_from(draw(st.lists(DAY, min_size=2, max_size=3)))
    states = st.sampled_from((*(ProjectState.BUILDING,) * 3, *(s for s in ProjectState if s != ProjectState.NEW)))
    papers = st.lists(st.sampled_from([s for s in SubmissionState if s != SubmissionState.NEW]), max_size=2)
    made = st.builds(lambda day, n: day - timedelta(days=n), few, st.integers(-8, 20))
    project = st.fixed_dictionaries({"state": states, "made": made, **dict.fromkeys(PAPERS, papers)})
    general = [draw(_deadline(few)) | {"deliverable": paper, "subject": "*"} for paper in (*PAPERS, "declare")]
    quiet = draw(st.lists(st.tuples(DAY, st.integers(3, 20)), max_size=1))
    return {
        "projects": draw(st.dictionaries(st.sampled_from(tuple(UNITS)), project, min_size=3)),
        "deadlines": [*general, *draw(st.lists(_deadline(few), max_size=4))],
        "orders": draw(st.dictionaries(st.sampled_from(tuple(UNITS)), st.tuples(st.sampled_from((RectificationState.OPEN, RectificationState.VERIFIED)), few), max_size=2)),
        "ladders": {key: draw(SHAPE) for key in LADDERS},
        "quiet": quiet,
        "odd": draw(st.dictionaries(DAY, st.booleans(), max_size=8)),
        "ends_on": draw(st.sampled_from(DAYS[70:])),
        "at_least": draw(st.integers(1, 2)),
        "days": {*draw(st.lists(DAY, min_size=4, max_size=4)), *(day + timedelta(days=n // 2) for day, n in quiet)},
    }  # fmt: skip


def plan_of(case):
    shipped = load_plan(COHORT)
    ladders = [
        Ladder(key=key, rungs=tuple(Rung(offset=o, mail=MailKind.REMINDER, reach=n % 5) for n, o in enumerate(offsets)), repeat_every=every,
               repeat_times=times, clause="P.reminders")
        for key, (offsets, every, times) in case["ladders"].items()
    ]  # fmt: skip
    others = [ladder for ladder in shipped.programme.ladders if ladder.key not in LADDERS]
    quiet = tuple(
        QuietPeriod(title="寒假", from_on=day, until_on=day + timedelta(days=n), clause="P.reminders") for day, n in case["quiet"]
    )
    declare = shipped.cohort.declare.model_copy(update={"at_least": case["at_least"]})
    cohort = shipped.cohort.model_copy(update={"ends_on": case["ends_on"], "quiet": quiet, "declare": declare})
    return shipped.model_copy(update={"cohort": cohort, "programme": shipped.programme.model_copy(update={"ladders": (*ladders, *others)})})


def put(session, case):
    """Write the situation as rows; what the rules see of a project's history is its first event."""
    plan = plan_of(case)
    cohort = t.Cohort(code=COHORT, title="x", plan=plan.model_dump(mode="json"), plan_sha256="x", opened_on=FIRST, state="open")
    units = {code: t.Unit(code=code, name=code, kind=UnitKind.BRANCH if "B" in code else UnitKind.SO, state=UnitState.LISTED,
                          branch_kind=BranchKind.STUDENT if "B" in code else None) for code in UNITS}  # fmt: skip
    session.add_all([cohort, *units.values(), *(t.Holiday(day=day, working=working, basis="x") for day, working in case["odd"].items())])
    session.flush()
    for code, so in UNITS.items():
        units[code].parent_id = units[so].id if so else None
    versions = {}
    for row in case["deadlines"]:
        phase = "mid_term" if row["deliverable"] in PAPERS[:2] else "declaration"
        key = (row["deliverable"], row["subject"])
        versions[key] = versions.get(key, 0) + 1
        session.add(t.Deadline(cohort_id=cohort.id, phase=phase, version=versions[key], basis="x", **row))
        session.flush()
    for code, given_ in case["projects"].items():
        _put_project(session, cohort, units[code], given_, case["orders"].get(code))
    session.flush()


def _put_project(session, cohort, unit, given_, order):
    kind = AwardKind.BENCHMARK_ORG if unit.kind == UnitKind.SO else AwardKind.MODEL_BRANCH
    project = t.Project(code=f"{COHORT}-{unit.code}", cohort_id=cohort.id, unit_id=unit.id, award_kind=kind, state=given_["state"])
    session.add(project)
    session.add(
        t.Event(stream=f"project:{project.code}", seq=1, machine=Machine.PROJECT, source="new", event="enrol", target="building", hash="x",
                command_id=project.code, actor="x", auth_method=AuthMethod.DECLARED, origin="x", payload={}, effective_on=given_["made"],
                recorded_at=NOW + timedelta(microseconds=next(_TICKS)), clause="x")
    )  # fmt: skip
    session.flush()
    for paper in PAPERS:
        for version, state in enumerate(given_[paper], start=1):
            code = f"{project.code}/{paper}/v{version}"
            session.add(t.Submission(code=code, project_id=project.id, deliverable=paper, version=version, state=state))
    if order:
        state, due_on = order
        session.add(t.Rectification(code=f"{project.code}/failed/1", project_id=project.id, after=Outcome.FAILED, round_no=1, state=state,
                                    opened_on=FIRST, due_on=due_on))  # fmt: skip


def by_rules(world, calendar, on):
    """What the rules say of the whole world."""
    return {line.key: values(line) for line in due_reminders(world, calendar, on)}


def values(line):
    line = asdict(PlannedLine.from_reminder(COHORT, line))
    return tuple(str(line[name]) for name in COLUMNS)


def planned(session, calendar, on):
    """What the planner selects and computes, phase by phase."""
    found = {}
    for phase in ("declaration", "mid_term", "consolidation"):
        given_ = due(session, COHORT, phase, calendar, on)
        for line in given_.shared:
            rows = [tuple(str(value) for value in row) for row in session.execute(line.rows)]
            assert not set(found) & {row[0] for row in rows}
            found |= {row[0]: row for row in rows}
        others = {line.key: values(line) for line in given_.others(session)}
        assert all(found.get(key, row) == row for key, row in others.items())  # where both tell a line they tell the same
        found |= others
    return found


def check(empty, case):
    with Session(empty) as session:
        put(session, case)
        world, calendar = _read_world(session, COHORT), load_calendar(session)
        for on in sorted(case["days"]):
            assert planned(session, calendar, on) == by_rules(world, calendar, on)
        session.rollback()


@settings(max_examples=max(EXAMPLES // 25, 1), deadline=None, suppress_health_check=list(HealthCheck))
@given(case=situations())
def test_the_planner_s_lines_are_those_of_the_rules(empty, case):
    check(empty, case)


def test_who_is_entered_around_a_rung_gets_the_call_or_the_rung_but_one_of_them(empty):
    """Projects entered on seven days running, over working days and a weekend, watched across the next rung."""
    made = [date(2026, 10, 21) + timedelta(days=n) for n in range(len(UNITS))]
    row = {
        "subject": "*",
        "due_on": date(2026, 10, 30),
        "internal_days": 0,
        "call_on": FIRST,
        "ladder": "one",
        "endorse_ladder": "one",
        "set_on": FIRST,
    }
    check(empty, {
        "projects": {unit: {"state": ProjectState.BUILDING, "made": day, **{paper: [] for paper in PAPERS}} for unit, day in zip(UNITS, made, strict=True)},
        "deadlines": [row | {"deliverable": PAPERS[0]}], "orders": {}, "ladders": {"one": ((-5, -3, -1, 1), 5, 1), "two": ((0,), 1, 0)},
        "quiet": [], "odd": {}, "ends_on": DAYS[-1], "at_least": 1, "days": {date(2026, 10, 22) + timedelta(days=n) for n in range(8)},
    })  # fmt: skip
