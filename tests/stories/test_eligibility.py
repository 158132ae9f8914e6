from datetime import date
from pathlib import Path

import pytest

from config.loading import read_yaml
from config.vocabulary import BranchKind, HonourKind, Level, RecognitionKind
from models.rules.eligibility import check_project
from models.rules.snapshot import Recognition
from tests.factories import BRANCH, SO, changed, fact, honour, project, world

STORIES = read_yaml(Path(__file__).with_name("eligibility.yaml"))
REFERENCE = date(2025, 12, 5)


def situation(story):
    change = dict(story.get("change", {}))
    unit = SO if story["award"] == "so" else BRANCH
    branch = changed(BRANCH, secretary_is_dual_leader=change.get("dual_leader", True))
    if "branch_kind" in change:
        branch = changed(branch, branch_kind=BranchKind(change["branch_kind"]))
    for name in ("founded_on", "planned_end_on"):
        if name in change:
            branch = changed(branch, **{name: date.fromisoformat(change[name])})
    unit = SO if unit is SO else branch
    facts = []
    if "hit" in change:
        facts.append(fact("answer_negative_list", 2, hits=[{"item": "违纪", "on": change["hit"]}]))
    if change.get("waived"):
        facts.append(fact("waive", 3, rule=story["condition"], reason="合并组建"))
    more = {}
    if "honours" in change:
        more["honours"] = tuple(
            honour(
                unit.code,
                HonourKind(h["kind"]),
                Level(h.get("level", "school")),
                date.fromisoformat(h["on"]),
                to_secretary=h.get("to_secretary", False),
            )
            for h in change["honours"]
        )
    code = unit.code if change.get("recognised") else "S01" if change.get("so_recognised") else None
    if code:
        more["recognitions"] = (Recognition(code, RecognitionKind.MODEL_BRANCH, Level.SCHOOL, date(2023, 10, 1)),)
    declared = project(unit, facts=tuple(facts))
    return world(declared, units=(SO, branch), **more), declared


@pytest.mark.parametrize("story", STORIES, ids=[story["name"] for story in STORIES])
def test_story(story):
    seen, declared = situation(story)
    check = next(c for c in check_project(seen, declared, REFERENCE) if c.key == story["condition"])
    assert check.verdict == story["verdict"], check.reason
    assert check.requirement in story["requirements"]
    assert check.clause
    assert check.reference_on == REFERENCE
