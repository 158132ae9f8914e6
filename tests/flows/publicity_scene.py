"""Four projects that were shortlisted and scored, and the committee's decision about them on Monday 2025-12-22."""

import shutil
from datetime import date

import pytest
from sqlmodel import select

from config.vocabulary import PhaseKind
from flows.operate.demo import load_sample
from flows.steps.acts import perform, perform_many
from flows.steps.daily import open_stages
from flows.steps.publicity import end_publicity
from models.database import engine_for
from models.history import Act, record_event
from models.loading import project_row
from models.store import reading, transaction
from models.tables import Project
from tests.conftest import migrated

FIRST, SECOND, THIRD, WEAK = PROJECTS = ("2025-S01B03", "2025-S02B03", "2025-S03B03", "2025-S04B03")
DECIDED = "2025-12-22"
"""The period runs from Tuesday 12-23 to Monday 12-29; what nobody objects to holds on Tuesday 12-30."""
POINTS = {"basis": 34, "features": 25, "plan": 24}


def at(day, actor="A01"):
    return Act(actor, "command:test", date.fromisoformat(day))


def shortlisted(engine):
    """Bring the four projects to the eve of the decision; the last is below the mark."""
    load_sample(engine)
    units = [{"cohort": "2025", "unit": code.partition("-")[2]} for code in PROJECTS]
    perform_many(engine, at("2025-11-12"), "declare_project", units)
    with transaction(engine) as session:
        for code in PROJECTS:
            record_event(session, project_row(session, code), "declare", at("2025-12-05"), {"phase": "declaration"})
            record_event(session, project_row(session, code), "pass_initial_review", at("2025-12-19"), {"checks": [], "reasons": []})
    marks = [
        {"project": code, "phase": "declaration", "part": "panel", "assessor": f"P0{n}", "scores": weakened(code)}
        for code in PROJECTS
        for n in (1, 2, 3)
    ]
    perform_many(engine, at("2025-12-22"), "assess", marks)


def weakened(code):
    return {name: points - 6 if code == WEAK else points for name, points in POINTS.items()}


def decide(engine, day=DECIDED, meeting="党委会2025年第22次会议", **more):
    """Record the committee's decision as recommended, but for what is said otherwise; returns how many it decided."""
    told = {"meeting": meeting, "decided_on": date.fromisoformat(day), "basis": "会议纪要"}
    return perform(engine, at(day), "decision", cohort="2025", phase=PhaseKind.DECLARATION, **told, **more)


def morning(engine, day):
    """What the daily step of the declaration lets hold on a day; returns how many."""
    stages = open_stages(engine, date.fromisoformat(day), f"timetable:{day}")
    (stage,) = (one for one in stages if (one.cohort, one.kind) == ("2025", PhaseKind.DECLARATION))
    return end_publicity(engine, stage).transitions


def objected(engine, project, day="2025-12-24", **more):
    return perform(engine, at(day), "record_objection", project=project, text="反映材料与事实不符", **more)


def answered(engine, project, day="2025-12-25", *, upheld, **more):
    perform(engine, at(day), "answer_objection", project=project, upheld=upheld, text="经核对原件", answered_by="A03", **more)


def void(engine, project, day="2026-01-09", **more):
    told = {
        "meeting": "党委会2026年第1次会议",
        "decided_on": date.fromisoformat(day),
        "basis": "会议纪要〔2026〕1号",
        "reason": "得分汇总有误",
    }
    return perform(engine, at(day), "void_decision", project=project, **{**told, **more})


def states(engine):
    with reading(engine) as session:
        rows = session.exec(select(Project.code, Project.state).where(Project.code.startswith("2025-"))).all()
    return {code: str(state) for code, state in rows}


@pytest.fixture(scope="module")
def eve(once):
    def make(folder):
        with migrated("sqlite", folder) as engine:
            shortlisted(engine)

    return once("shortlisted", make) / "empty.db"


@pytest.fixture
def office(eve, tmp_path):
    """The eve of the decision, on SQLite."""
    shutil.copy(eve, tmp_path / "office.db")
    made = engine_for(f"sqlite:///{tmp_path / 'office.db'}")
    yield made
    made.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request, tmp_path, eve):
    """The same on each kind of database."""
    if request.param == "sqlite":
        shutil.copy(eve, tmp_path / "either.db")
        made = engine_for(f"sqlite:///{tmp_path / 'either.db'}")
        yield made
        made.dispose()
        return
    with migrated("postgresql", tmp_path) as made:
        shortlisted(made)
        yield made
