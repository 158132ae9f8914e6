"""A university of any size by bulk inserts: every unit and project with its first event, hashed and linked as the product does it."""

from datetime import date, time
from itertools import count
from types import SimpleNamespace

import sqlalchemy as sa

from config import clock
from config.clock import business_instant
from config.loading import content_hash
from config.vocabulary import WRITTEN_TO, AuthMethod, AwardKind, BranchKind, Machine, ProjectState, UnitKind, UnitState
from flows.steps.opening import open_cohort
from models.business_clock import mark_as_demo, move_clock
from models.history import Act, digest
from models.loading import cohort_row
from models.plans import load_checked_plan
from models.store import transaction
from models.tables import Contact, Event, Project, Unit
from models.upgrade import upgrade

COHORT = "2025"
BRANCHES_PER_SO = 50
BEGAN = date(2025, 11, 4)
CHUNK = 20_000
ACT = Act("工作人员1", "command:bench", BEGAN)


def build(engine, projects):
    """Make the schema, the cohort, and one building project for each of so many branches."""
    upgrade(engine)
    with transaction(engine) as session:
        mark_as_demo(session)
        move_clock(session, business_instant(BEGAN, time(9)))
        plan, _ = load_checked_plan(COHORT)
        open_cohort(session, ACT, plan, content_hash(plan))
        cohort = cohort_row(session, COHORT).id
        rows = _rows(projects, cohort)
        for table in (Unit, Project, Contact, Event):
            _insert(session, table, rows[table])


def _insert(session, table, rows):
    for start in range(0, len(rows), CHUNK):
        session.execute(sa.insert(table), rows[start : start + CHUNK])


def _rows(projects, cohort):
    ids, rows = count(1), {Unit: [], Project: [], Contact: [], Event: []}
    so = None
    for number in range(projects):
        if number % BRANCHES_PER_SO == 0:
            so = _unit(rows, next(ids), f"S{number // BRANCHES_PER_SO:04d}", None)
        branch = _unit(rows, next(ids), f"{so['code']}B{number % BRANCHES_PER_SO:02d}", so["id"])
        project = {"code": f"{COHORT}-{branch['code']}", "state": ProjectState.BUILDING}
        rows[Project].append(project | {"cohort_id": cohort, "unit_id": branch["id"], "award_kind": AwardKind.MODEL_BRANCH, "title": ""})
        rows[Event].append(_first(Machine.PROJECT, project["code"], "enrol", ProjectState.BUILDING, {}, "I.1"))
    return rows


def _unit(rows, number, code, parent):
    kind = UnitKind.SO if parent is None else UnitKind.BRANCH
    unit = {
        "id": number, "code": code, "name": f"示例单位{code}", "kind": kind, "parent_id": parent, "founded_on": date(2015, 9, 1),
        "branch_kind": None if parent is None else BranchKind.STUDENT, "state": UnitState.LISTED,
    }  # fmt: skip
    rows[Unit].append(unit)
    rows[Event].append(_first(Machine.UNIT, code, "list", UnitState.LISTED, {"name": unit["name"]}, "I"))
    for role in WRITTEN_TO:
        email = f"{code.lower()}-{role.value}@university.example"
        rows[Contact].append(
            {"unit_id": number, "role": role, "name": role.label, "email": email, "phone": "0000-0000", "valid_from": BEGAN}
        )
    return unit


def _first(machine, code, event, target, payload, clause):
    """Return the first event of a stream."""
    entry = SimpleNamespace(
        stream=f"{machine}:{code}", seq=1, prev_seq=None, machine=machine, source="new", event=event, target=target.value, prev_hash=None,
        command_id=f"bench/{machine}:{code}", actor=ACT.actor, auth_method=AuthMethod.DECLARED, origin=ACT.origin, payload=payload,
        effective_on=BEGAN, recorded_at=clock.now(), clause=clause,
    )  # fmt: skip
    return vars(entry) | {"hash": digest(entry)}


def at(engine, day, hour=9):
    """Move the business clock."""
    with transaction(engine) as session:
        move_clock(session, business_instant(day, time(hour)))
