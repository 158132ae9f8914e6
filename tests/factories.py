"""Builders of snapshot values for rule tests; defaults fit every rule, one argument changes one fact."""

from dataclasses import replace
from datetime import date
from functools import lru_cache

from config.loading import load_plan as read_plan
from config.vocabulary import AwardKind, BranchKind, HonourKind, Level, ProjectState, UnitKind
from models.rules.snapshot import Deadline, Fact, Honour, Project, Unit, World

load_plan = lru_cache(read_plan)

SO = Unit("S01", "云杉学院党委", UnitKind.SO, founded_on=date(2015, 9, 1))
BRANCH = Unit("S01B01", "云杉学院教师第一党支部", UnitKind.BRANCH, BranchKind.TEACHER, "S01", date(2015, 9, 1), None, True)


def fact(event, seq=1, on=date(2025, 11, 4), **payload):
    return Fact(seq, event, on, payload)


def project(unit=BRANCH, state=ProjectState.DECLARED, cohort="2025", facts=(), **more):
    kind = AwardKind.BENCHMARK_ORG if unit.kind == UnitKind.SO else AwardKind.MODEL_BRANCH
    base = (fact("answer_negative_list", hits=[]),)
    return Project(f"{cohort}-{unit.code}", unit, kind, state, 1, facts=(*base, *facts), **more)


def honour(unit="S01B01", kind=HonourKind.COMMENDATION, level=Level.SCHOOL, on=date(2024, 6, 28), **more):
    return Honour(unit, kind, level, on, **more)


@lru_cache
def deadlines(cohort):
    plan = load_plan(cohort)
    practice = plan.programme.practice
    rows = []
    for row in plan.cohort.deadlines:
        rule = plan.programme.deliverable(row.deliverable)
        rows.append(
            Deadline(
                row.phase, row.deliverable, None, row.due_on, 1, practice.internal_working_days if rule.endorsed else 0,
                row.call_on or plan.cohort.phase(row.phase).opens_on, row.ladder or rule.ladder, row.endorse_ladder or rule.endorse_ladder,
                "notice", plan.cohort.notice.issued_on,
            )
        )  # fmt: skip
    return tuple(rows)


def world(*projects, cohort="2025", units=(SO, BRANCH), **more):
    known = {unit.code: unit for unit in (*units, *(p.unit for p in projects))}
    more.setdefault("honours", (honour(), honour("S01")))
    return World(load_plan(cohort), known, projects, deadlines(cohort), **more)


def changed(value, **fields):
    return replace(value, **fields)
