from datetime import date
from pathlib import Path

import pytest

from config.loading import read_yaml
from config.vocabulary import BranchKind, HonourKind, Level, RecognitionKind
from models.rules.eligibility import check_project
from models.rules.snapshot import Recognition
from tests.factories import BRANCH, SO, changed, fact, honour, load_plan, project, world

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
        facts.append(fact("answer_negative_list", 2, hits=[{"item": change.get("item", "违纪"), "on": change["hit"]}]))
    if "explained" in change:
        facts.append(
            fact("answer_negative_list", 2, hits=[], explained=[{"item": "党员违纪", "on": change["explained"], "text": "已结案"}])
        )
    facts += stated(story, change)
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
        on = change.get("recognised") if isinstance(change.get("recognised"), str) else "2023-10-01"
        more["recognitions"] = (Recognition(code, RecognitionKind.MODEL_BRANCH, Level.SCHOOL, date.fromisoformat(on)),)
    declared = project(unit, facts=tuple(facts))
    if change.get("no_statement"):
        declared = changed(declared, facts=())
    return world(declared, units=(SO, branch), **more), declared


def stated(story, change):
    """What the unit states of itself, one fact each."""
    if change.get("checked"):
        yield fact("check_negative_list", 4, hits=[], checked_by="核查组")
    if "self" in change:
        standard = load_plan("2025").programme.standard(story["condition"])
        graded = {item.key: change["self"].get(item.key, "achieved") for item in standard.items}
        items = [{"item": key, "grade": grade, "text": "x"} for key, grade in graded.items() if grade != "left_out"]
        yield fact("assess_self", 5, standard=standard.key, items=items)
    if "stated" in change:
        yield fact("state_condition", 6, condition=change["stated"], text="党政联席会议制度健全")
    if "outcomes" in change:
        yield fact("plan_outcomes", 7, outcomes=[{"form": "brand", "target": "建成一项", "central": one} for one in change["outcomes"]])
    if "secretary" in change:
        yield fact("name_secretary_project", 8, title="支部工作法", secretary=change["secretary"])


@pytest.mark.parametrize("story", STORIES, ids=[story["name"] for story in STORIES])
def test_story(story):
    seen, declared = situation(story)
    check = next(c for c in check_project(seen, declared, REFERENCE) if c.key == story["condition"])
    assert check.verdict == story["verdict"], check.reason
    assert check.requirement in story["requirements"]
    assert check.decides == story.get("decides", False)
    assert story.get("says", "") in check.reason
    assert check.evidence or check.verdict != "pass" or check.waived
    assert check.clause
    assert check.reference_on == REFERENCE
