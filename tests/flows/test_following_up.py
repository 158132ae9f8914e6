"""Spot checks, guidance and advice on a real database (R17, R48, R49, R51, R61)."""

from datetime import date

import pytest

from flows.desk.links import Links
from flows.desk.reading import read_situation
from flows.desk.view import desk_view
from flows.operate.demo import load_sample
from flows.steps.acts import perform
from flows.steps.errors import ActError
from flows.why.explaining import explain_now
from models.store import reading
from notifications.delivery import deliver
from tests.mid_term import BRANCH, ONE, UNITS, decide, enrol, events, on, score, subject, text_of, world
from tests.postman import Postman, at, morning, parsed


@pytest.fixture
def running(engine):
    return enrol(engine)


@pytest.fixture
def both(empty):
    load_sample(empty)
    return enrol(empty)


# spot checks


def sampled(engine, day="2026-12-02", **more):
    return perform(engine, on(day), "sample_spot_checks", cohort="2025", **{"seed": "7", **more})


def test_a_sample_is_drawn_once_and_again_only_with_a_reason_and_before_a_visit(both):
    chosen = sampled(both)
    assert len(chosen) == 3, "30% of two benchmarks is one, of four branches two"
    assert sampled(both, seed="8") == chosen
    assert sampled(both, seed="8", percent=100, reason="扩大范围") == tuple(sorted(f"2025-{code}" for code in UNITS))
    perform(both, on("2026-12-03"), "visit", project=ONE, kind="实地抽查", findings="相符")
    with pytest.raises(ActError, match=f"已对 {ONE} 实地抽查，不能重新抽取"):
        sampled(both, seed="9", reason="再抽")


@pytest.mark.parametrize("percent", [-1, 101])
def test_a_share_that_is_none_is_refused(running, percent):
    with pytest.raises(ActError, match=f"抽查比例应为 1 至 100，读到 {percent}"):
        sampled(running, percent=percent)
    assert events(running, "sample_spot_checks") == []


def test_who_was_not_drawn_cannot_be_scored_on_the_visit_until_chosen_with_a_reason(running):
    chosen = sampled(running)
    left = next(code for code in (f"2025-{unit}" for unit in UNITS) if code not in chosen)
    score = {"project": left, "phase": "mid_term", "part": "spot_check", "assessor": "P01", "scores": {"on_site": 80}}
    with pytest.raises(ActError, match=f"{left} 未列入实地抽查，实地抽查不适用"):
        perform(running, on("2026-12-10"), "assess", **score)
    with pytest.raises(ActError, match="必须写明理由"):
        perform(running, on("2026-12-10"), "choose_spot_check", project=left, reason=" ")
    perform(running, on("2026-12-10"), "choose_spot_check", project=left, reason="师生有反映")
    perform(running, on("2026-12-10"), "assess", **score)
    with pytest.raises(ActError, match="已列入实地抽查（指定实地抽查：师生有反映）"):
        perform(running, on("2026-12-10"), "choose_spot_check", project=left, reason="再次")
    with reading(running) as session:
        why = [link.text for link in explain_now(session, left, date(2026, 12, 11))]
    assert "指定实地抽查：师生有反映" in why
    with reading(running) as session:
        assert "抽中实地抽查：6 个项目按 30% 抽取 3 个，种子“7”" in [x.text for x in explain_now(session, chosen[0], date(2026, 12, 11))]


def test_no_sample_is_drawn_once_somebody_open_to_the_lot_has_been_scored(running):
    score(running, "2026-12-01", ONE, 80)
    with pytest.raises(ActError, match=f"{ONE} 已有实地抽查评分，不能再抽取"):
        sampled(running)
    perform(running, on("2026-12-02"), "choose_spot_check", project=ONE, reason="已先行考察")
    assert ONE not in sampled(running)


# guidance


def test_guidance_is_recorded_on_its_own_day_by_the_office_or_the_so(running):
    entry = {"project": BRANCH, "text": "案例偏少", "topic": "支部工作法", "action": "每月打磨一例"}
    perform(running, on("2026-04-02"), "supervise", **entry, guide="so", held_on=date(2026, 3, 30))
    perform(running, on("2026-05-06"), "supervise", project=BRANCH, text="正常")
    with pytest.raises(ActError, match="跟踪日期 2026-05-07 晚于今天"):
        perform(running, on("2026-05-06"), "supervise", project=BRANCH, text="x", held_on=date(2026, 5, 7))
    with pytest.raises(ActError, match="由组织部或二级党组织进行，读到“panel”"):
        perform(running, on("2026-05-06"), "supervise", project=BRANCH, text="x", guide="panel")
    known = world(running).project(BRANCH).all("supervise")
    assert [(fact.effective_on, fact.payload["by"]) for fact in known] == [(date(2026, 3, 30), "so"), (date(2026, 5, 6), "office")]


def test_the_desk_and_the_command_name_who_has_no_entry_in_the_quarter(running, creation):
    for code in UNITS[:-1]:
        perform(running, on("2026-06-10"), "supervise", project=f"2025-{code}", text="正常")
    at(running, "2026-06-24")
    with reading(running) as session:
        needs = [(a.what, a.about) for a in desk_view(read_situation(session), Links(), "组织部").needs if "跟踪" in a.what]
    assert needs == [("2026年第2季度尚无跟踪记录", f"2025-S04B03 {world(running).project('2025-S04B03').unit.name}")]
    code, said = creation("guidance", "2025", "--gaps", "--json")
    assert (code, "2025-S04B03" in said, "2025-S05" in said) == (0, True, False)
    perform(running, on("2026-06-24"), "supervise", project="2025-S04B03", text="正常")
    assert creation("guidance", "2025", "--gaps", "--json") == (0, "[]\n")


# advice


def test_a_project_that_passes_is_advised_and_asked_again_at_the_end(running):
    perform(running, on("2026-12-10"), "visit", project=ONE, kind="实地抽查", findings="x", problems=["谈话记录无日期"])
    perform(running, on("2026-12-11"), "recommend", project=ONE, items=["凝练制度"])
    score(running, "2026-12-15", ONE, 80)
    decide(running, "2026-12-18", {ONE: "passed"})
    at(running, "2026-12-21")
    carried = Postman()
    deliver(running, carried, "one")
    (letter,) = (parsed(raw) for _, raw in carried.carried if "中期考核结果" in subject(raw))
    assert "1.凝练制度" in text_of(letter)
    assert "2.实地抽查发现：谈话记录无日期" in text_of(letter)
    perform(running, on("2027-06-01"), "follow_recommendation", project=ONE, number=1, text="已印发")
    with pytest.raises(ActError, match=r"没有第 3 条改进建议.*1、2"):
        perform(running, on("2027-06-01"), "follow_recommendation", project=ONE, number=3, text="x")
    calls = {
        box.partition("-")[0]: text_of(parsed(raw)) for box, raw in morning(running, "2027-10-18").carried if "【通知】" in subject(raw)
    }
    assert "谈话记录无日期" in calls["s05"]
    assert "凝练制度" not in calls["s05"]
    assert "改进建议" not in calls["s06"]
