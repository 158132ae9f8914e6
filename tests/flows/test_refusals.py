"""Each refusal of the sample university hangs on one fact: change that fact and the condition is met (R22–R35, R42)."""

from datetime import date

import pytest
from sqlmodel import select

from flows.steps.acts import perform
from flows.steps.declaring import blocking
from models.history import Act
from models.loading import load_world, project_row, unit_row
from models.rules.eligibility import check_declared
from models.store import reading, transaction
from models.tables import Honour, Unit

DECLARED = date(2025, 11, 20)


def unit_fact(code, **fields):
    def flip(engine):
        with transaction(engine) as session:
            unit = session.exec(select(Unit).where(Unit.code == code)).one()
            for name, value in fields.items():
                setattr(unit, name, value)
            session.add(unit)

    return flip


def honoured(code):
    def flip(engine):
        with transaction(engine) as session:
            unit = session.exec(select(Unit).where(Unit.code == code)).one()
            session.add(Honour(unit_id=unit.id, kind="commendation", level="school", title="先进", awarded_on=date(2024, 6, 28)))

    return flip


def act(name, **fields):
    return lambda engine: perform(engine, Act("x", "command:test", DECLARED), name, **fields)


def enrolled_another(engine):
    """The first batch's project is that of another branch: to withdraw from it would not help (R42)."""
    with transaction(engine) as session:
        row = project_row(session, "2023-S04B01")
        row.unit_id = unit_row(session, "S04B02").id
        session.add(row)


HITS = {"2025-S13": [{"item": "意识形态领域责任事件", "on": "2024-03-12"}], "2025-S19B03": [{"item": "党员违纪", "on": "2023-10-20"}]}
REFUSALS = {
    "2025-S11": ("dual_leaders", unit_fact("S11B02", secretary_is_dual_leader=True)),
    "2025-S12": ("org_honours", honoured("S12")),
    "2025-S13": ("org_negative_list", act("answer_negative_list", project="2025-S13", hits=[])),
    "2025-S14B02": ("teacher_branch_age", unit_fact("S14B02", founded_on=date(2022, 12, 5))),
    "2025-S15B02": ("teacher_branch_age", act("waive", project="2025-S15B02", rule="teacher_branch_age", reason="合并组建，工作连续")),
    "2025-S16B04": ("student_branch_age", unit_fact("S16B04", founded_on=date(2024, 12, 5))),
    "2025-S17B03": ("stable_branch", unit_fact("S17B03", planned_end_on=None)),
    "2025-S18B03": ("branch_honours", honoured("S18B03")),
    "2025-S19B03": ("branch_negative_list", act("answer_negative_list", project="2025-S19B03", hits=[])),
    "2025-S04B01": ("not_recognised", enrolled_another),
}


def unmet(engine, code, flip):
    perform(engine, Act("x", "command:test", DECLARED), "declare_project", cohort="2025", unit=code.removeprefix("2025-"))
    perform(engine, Act("x", "command:test", DECLARED), "answer_negative_list", project=code, hits=HITS.get(code, []))
    flip(engine)
    with reading(engine) as session:
        world = load_world(session, "2025")
        return [check.key for check in blocking(world, check_declared(world, code))]


@pytest.mark.parametrize("code", REFUSALS)
def test_the_one_fact_behind_a_refusal(engine, code):
    condition, _ = REFUSALS[code]
    assert unmet(engine, code, lambda _engine: None) == [condition]


@pytest.mark.parametrize("code", REFUSALS)
def test_changing_it_makes_the_condition_pass(engine, code):
    _, flip = REFUSALS[code]
    assert unmet(engine, code, flip) == []
