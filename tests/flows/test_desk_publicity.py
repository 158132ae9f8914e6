"""The desk says what follows from a decision: a period that runs, an objection to answer, with its form filled in (R47, R62)."""

import json
from datetime import date
from urllib.parse import unquote

from config.vocabulary import ProjectState
from flows.desk.links import Deployed, Links
from tests.factories import BRANCH
from tests.models.test_publicity_rules import answer, objection, proposed, shortlisted
from tests.situations import other, situation, view_of

ON = date(2025, 12, 24)
OFFERED = ["2025-S01B09 第 11 条 2025-12-24（匿名）", "2025-S01B01 第 11 条 2025-12-24（匿名）"]
SCHEMA = {
    "properties": {"登记": {"$ref": "#/definitions/Form"}},
    "definitions": {"Form": {"properties": {"about": {"type": "string", "enum": OFFERED}}}},
}


def needs(*projects, links=None, on=ON):
    return view_of(situation(*projects, on=on), links).needs


def test_a_running_period_is_one_line_for_all_its_projects():
    (need,) = needs(shortlisted(proposed()), shortlisted(proposed(), unit=other(2, "云杉学院第二党支部")))
    assert need.what == "拟定结果公示（2025-12-23 至 2025-12-29），受理异议"
    assert need.about == "2025 批次申报认定，2 个项目"
    assert need.form.text == "异议登记"


def test_an_open_objection_leads_to_its_answer_with_the_objection_chosen():
    links = Links({"异议答复": Deployed("d", SCHEMA)})
    (need,) = needs(shortlisted(proposed(), objection()), links=links)
    assert (need.what, need.about, need.since) == ("公示异议待核实答复（匿名）", f"2025-S01B01 {BRANCH.name}", ON)
    assert json.loads(unquote(need.form.href.partition("parameters=")[2])) == {"登记": {"about": OFFERED[1]}}


def test_what_is_void_waits_for_the_committee_and_what_is_final_for_nobody():
    view = view_of(situation(shortlisted(proposed(), objection(), answer(upheld=True)), on=date(2025, 12, 26)))
    assert [(row.projects, row.unready) for row in view.undecided] == [((f"2025-S01B01 {BRANCH.name}",), 0)]
    left = shortlisted(proposed(), state=ProjectState.WITHDRAWN)
    assert needs(left) == ()
