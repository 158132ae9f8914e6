"""A small second batch under construction, and what tests of its mid-term do to it again and again."""

from datetime import date

from sqlmodel import select

from config.vocabulary import AwardKind, PhaseKind, UnitKind
from flows.steps import judging
from flows.steps.acts import perform
from models.history import Act, record_event
from models.loading import load_world, unit_row
from models.store import reading, transaction
from models.tables import Cohort, Event, Project
from tests.postman import parsed

UNITS = ("S05", "S06", "S01B03", "S02B03", "S03B03", "S04B03")
ONE, OTHER, BRANCH = "2025-S05", "2025-S06", "2025-S01B03"
ROOM = {"day": "2026-12-14", "starts": "09:00", "ends": "10:00", "place": "行政楼301"}
HALL = {"day": "2026-12-15", "starts": "14:00", "ends": "15:00", "place": "报告厅"}


def on(day, command=""):
    return Act("A01", "command:test", date.fromisoformat(day), command)


def enrol(engine):
    """Six projects of the second batch, selected on 2025-12-29."""
    act = on("2025-12-29")
    with transaction(engine) as session:
        cohort = session.exec(select(Cohort).where(Cohort.code == "2025")).one()
        for code in UNITS:
            unit = unit_row(session, code)
            kind = AwardKind.BENCHMARK_ORG if unit.kind == UnitKind.SO else AwardKind.MODEL_BRANCH
            row = Project(code=f"2025-{code}", cohort_id=cohort.id, unit_id=unit.id, award_kind=kind, title="x")
            for event in ("create", "declare", "pass_initial_review", "select"):
                record_event(session, row, event, act, {"reasons": []})
    return engine


def world(engine):
    with reading(engine) as session:
        return load_world(session, "2025")


def events(engine, name):
    with reading(engine) as session:
        return [event.payload for event in session.exec(select(Event).where(Event.event == name).order_by(Event.recorded_at))]


def score(engine, day, project, percent, assessors=("P01", "P02", "P03")):
    rubric = world(engine).plan.programme.rubric(PhaseKind.MID_TERM, AwardKind.MODEL_BRANCH)
    for part in rubric.parts:
        for assessor in assessors if part.assessors_min > 1 else assessors[:1]:
            points = {c.key: c.points * percent / 100 for c in part.criteria}
            perform(engine, on(day), "assess", project=project, phase="mid_term", part=part.key, assessor=assessor, scores=points)


def decide(engine, day, outcomes, **reasons):
    with transaction(engine) as session:
        ballot = judging.make_ballot(session, on(day), "2025", PhaseKind.MID_TERM)
        meeting = judging.Meeting("党委会", date.fromisoformat(day), "会议纪要")
        judging.apply_ballot(session, on(day), ballot.code, judging.Verdicts(meeting, outcomes, reasons.get("reasons", {})))
        return ballot.lines


def text_of(letter):
    return "".join(letter.get_body(["plain"]).get_content().split())


def subject(raw):
    return parsed(raw)["Subject"]
