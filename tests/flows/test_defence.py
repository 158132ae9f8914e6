"""The defence on a real database: draw, sittings, and the letters that tell them (R49, P.defence)."""

import io
from datetime import UTC, date, datetime

import pytest
from icalendar import Calendar
from openpyxl import load_workbook
from sqlmodel import select

from config.settings import settings
from config.vocabulary import MailKind
from flows.desk.links import Links
from flows.desk.markdown import desk_markdown
from flows.desk.reading import read_situation
from flows.desk.view import desk_view
from flows.operate.demo import load_sample
from flows.steps.acts import perform
from flows.steps.defence_sheet import defence_sheet
from flows.steps.errors import ActError
from flows.why.explaining import explain_now
from models.history import verify
from models.rules.defence import slots
from models.store import reading
from models.tables import Reminder
from notifications.delivery import deliver
from tests.mid_term import HALL, ONE, OTHER, ROOM, UNITS, enrol, events, on, subject, text_of, world
from tests.postman import Postman, at, parsed


@pytest.fixture
def running(engine):
    return enrol(engine)


@pytest.fixture
def both(empty):
    load_sample(empty)
    return enrol(empty)


def drawn(engine, day="2026-12-01", seed="7", **more):
    return perform(engine, on(day), "draw_defence", cohort="2025", seed=seed, **more)


def scheduled(engine, *sittings, day="2026-12-02", **more):
    return perform(engine, on(day), "schedule_defence", cohort="2025", sittings=list(sittings), **more)


def post(engine, day):
    """Send what waits on the morning of a day; only letters about the defence."""
    at(engine, day)
    carried = Postman()
    deliver(engine, carried, "one")
    return [parsed(raw) for _, raw in carried.carried if "答辩" in subject(raw)]


def told(engine):
    with reading(engine) as session:
        rows = session.exec(select(Reminder).where(Reminder.kind == MailKind.DEFENCE_NOTICE).order_by(Reminder.id)).all()
        return [(row.project, row.details["slot"]["place"], row.dropped_because is None) for row in rows]


# the draw


def test_a_draw_is_on_record_once_and_a_second_one_needs_a_reason(both):
    first = drawn(both)
    assert (sorted(first), {*first[:2]}) == (sorted(f"2025-{code}" for code in UNITS), {ONE, OTHER}), "benchmarks by themselves"
    assert drawn(both, "2026-12-02", "another") == first, "the same again changes nothing"
    again = drawn(both, "2026-12-03", "another", reason="一个单位漏列")
    assert [(body["number"], body["seed"], tuple(body["order"])) for body in events(both, "draw_defence")] == [
        (1, "7", first), (2, "another", again),
    ]  # fmt: skip
    with reading(both) as session:
        assert verify(session) == []


def test_a_seed_is_made_where_none_is_given_and_a_repeated_command_draws_once(running):
    by = on("2026-12-01", "run-1")
    first = perform(running, by, "draw_defence", cohort="2025")
    again = perform(running, on("2026-12-01", "run-2"), "draw_defence", cohort="2025", reason="重抽")
    assert again
    perform(running, on("2026-12-01", "run-2"), "draw_defence", cohort="2025", reason="重抽")
    seeds = [body["seed"] for body in events(running, "draw_defence")]
    assert (len(first), len(seeds), len({*seeds})) == (6, 2, 2)
    assert all(len(seed) == 16 for seed in seeds)


def test_who_comes_back_after_the_draw_defends_behind_the_others_and_is_the_only_one_told(running):
    perform(running, on("2026-11-30"), "suspend", project=ONE, reason="换届")
    before = drawn(running)
    assert ONE not in before
    scheduled(running, ROOM, HALL)
    assert len(post(running, "2026-12-03")) == 5
    perform(running, on("2026-12-04"), "resume", project=ONE, reason="完成换届")
    assert drawn(running, "2026-12-04") == drawn(running, "2026-12-04") == (*before, ONE)
    assert [letter["To"].partition("-")[0] for letter in post(running, "2026-12-07")] == ["s05"]
    assert [(body["number"], body["seed"], body["added"]) for body in events(running, "draw_defence")] == [(1, "7", []), (2, "7", [ONE])]


def test_there_is_no_second_draw_once_the_first_defence_has_begun(running):
    drawn(running)
    scheduled(running, ROOM, HALL)
    with pytest.raises(ActError, match="首场答辩已于 2026-12-14 开始，不能重新抽签"):
        drawn(running, "2026-12-14", "9", reason="重抽")
    assert len(events(running, "draw_defence")) == 1


@pytest.mark.parametrize(
    ("sittings", "said"),
    [
        ((), "答辩场次不能为空"),
        ((ROOM,), "各场次共可安排 4 个项目（每个 15 分钟），现有 6 个"),
        (({**ROOM, "ends": "09:10"}, HALL), "第 1 场 09:00-09:10 不足一个项目的 15 分钟"),
        ((ROOM, {**HALL, "place": " "}), "第 2 场 14:00-15:00 .*未写地点"),
        ((ROOM, {**HALL, "starts": "两点"}), "第 2 场填写有误：时间应写成 09:00，读到“两点”"),
        ((ROOM, {**HALL, "day": "2026-12-32"}), "第 2 场填写有误"),
        ((ROOM, {**ROOM, "starts": "09:30"}), "行政楼301的两场时间重叠"),
        ((ROOM, {**HALL, "day": "2026-12-01"}), "的答辩日 2026-12-01 早于今天 2026-12-02"),
    ],
)
def test_sittings_that_cannot_be_held_are_refused_and_change_nothing(running, sittings, said):
    drawn(running)
    with pytest.raises(ActError, match=said):
        scheduled(running, *sittings)
    assert (events(running, "schedule_defence"), told(running)) == ([], [])


def test_without_a_draw_there_are_no_sittings_and_no_sheet(running):
    with pytest.raises(ActError, match=r"尚未抽签.*答辩抽签"):
        scheduled(running, ROOM, HALL)
    with reading(running) as session, pytest.raises(ActError, match="尚无答辩顺序和场次"):
        defence_sheet(session, "2025")
    with pytest.raises(ActError, match="批次 2023 没有答辩安排"):
        perform(running, on("2026-12-01"), "draw_defence", cohort="2023")


# its letters


def test_each_unit_is_told_its_number_time_and_place_with_a_calendar_entry(both):
    order = drawn(both)
    scheduled(both, ROOM, HALL)
    letters = {letter["To"]: letter for letter in post(both, "2026-12-03")}
    assert len(letters) == 6
    first = letters[f"{order[0].removeprefix('2025-').lower()}-contact@university.example"]
    assert "第1号，2026年12月14日（星期一）09:00至09:15，行政楼301" in text_of(first)
    assert "每个项目汇报10分钟、答问5分钟" in text_of(first)
    assert "提前15分钟到场" in text_of(first)
    (part,) = (part for part in first.walk() if part.get_content_type() == "text/calendar")
    (entry,) = Calendar.from_ical(part.get_payload(decode=True)).walk("VEVENT")
    assert (entry["DTSTART"].dt, entry["DTEND"].dt) == tuple(datetime(2026, 12, 14, 1, m, tzinfo=UTC) for m in (0, 15))
    assert (str(entry["LOCATION"]), str(entry["UID"])) == ("行政楼301", f"defence:{order[0]}@{settings().mail_domain}")


def test_where_the_sittings_give_another_length_the_letter_says_so(running):
    order = drawn(running)
    found = scheduled(running, {**ROOM, "ends": "12:00"}, minutes=20)
    assert [(slot.project, slot.starts) for slot in found[:2]] == [(order[0], "09:00"), (order[1], "09:20")]
    letters = post(running, "2026-12-03")
    assert len(letters) == 6
    assert all("每个项目汇报和答问共20分钟" in text_of(letter) for letter in letters)


def test_the_same_sittings_again_tell_nobody_and_a_changed_place_only_whom_it_concerns(running):
    order = drawn(running)
    scheduled(running, ROOM, HALL)
    scheduled(running, ROOM, HALL)
    assert (len(events(running, "schedule_defence")), len(post(running, "2026-12-03"))) == (1, 6)
    scheduled(running, ROOM, {**HALL, "place": "图书馆"}, day="2026-12-04")
    again = post(running, "2026-12-07")
    assert {letter["To"].partition("-")[0] for letter in again} == {code.removeprefix("2025-").lower() for code in order[4:]}
    assert all("安排调整" in letter["Subject"] and "原定安排不再适用" in text_of(letter) for letter in again)
    sequences = [
        event["SEQUENCE"]
        for letter in again for part in letter.walk() if part.get_content_type() == "text/calendar"
        for event in Calendar.from_ical(part.get_payload(decode=True)).walk("VEVENT")
    ]  # fmt: skip
    assert sequences == [3, 3], "the first letter's were 2: the draw and the first sittings"
    assert post(running, "2026-12-08") == []


def test_what_has_not_left_is_taken_back_and_the_new_letter_speaks_of_no_change(running):
    order = drawn(running)
    scheduled(running, ROOM, HALL)
    scheduled(running, ROOM, {**HALL, "place": "图书馆"})
    moved = {(code, "报告厅", False) for code in order[4:]} | {(code, "图书馆", True) for code in order[4:]}
    assert {row for row in told(running) if row[0] in order[4:]} == moved
    letters = post(running, "2026-12-03")
    assert len(letters) == 6
    assert not any("调整" in letter["Subject"] for letter in letters)


def test_a_second_draw_tells_anew_whose_time_has_changed_and_back_again_is_told_too(running):
    before = drawn(running)
    scheduled(running, ROOM, HALL)
    post(running, "2026-12-03")
    again = drawn(running, "2026-12-04", "8", reason="重抽")
    moved = sum(a != b for a, b in zip(before, again, strict=True))
    assert 0 < moved == len(post(running, "2026-12-07"))
    drawn(running, "2026-12-08", "7", reason="恢复第一次抽签结果")
    assert [slot.project for slot in slots(world(running))] == list(before)
    assert len(post(running, "2026-12-09")) == moved


def test_what_has_been_held_stays(running):
    drawn(running)
    scheduled(running, ROOM, HALL)
    with pytest.raises(ActError, match="已答辩，场次不能再改"):
        scheduled(running, {**ROOM, "place": "图书馆"}, HALL, day="2026-12-15")
    assert len(scheduled(running, ROOM, {**HALL, "starts": "14:30"}, day="2026-12-15")) == 6


def test_the_order_stands_on_the_desk_in_the_sheet_and_in_the_reasons(running):
    order = drawn(running)
    scheduled(running, ROOM, HALL)
    at(running, "2026-12-14")
    with reading(running) as session:
        page = desk_markdown(desk_view(read_situation(session), Links(), "组织部"))
        book = load_workbook(io.BytesIO(defence_sheet(session, "2025"))).active
        why = [link.text for link in explain_now(session, order[4], date(2026, 12, 14))]
    assert "## 答辩安排（2 场）" in page
    assert "| 09:00—10:00 | 行政楼301 | 2025 | 1—4 |" in page
    rows = [[cell.value for cell in row] for row in book.iter_rows(min_row=4)]
    assert [(row[0], row[1], row[6]) for row in rows][::5] == [(1, order[0], "09:00—09:15"), (6, order[5], "14:15—14:30")]
    assert "种子“7”" in book["A2"].value
    assert "答辩：第 5 号，14:00 至 14:15，报告厅" in why
    at(running, "2026-12-16")
    with reading(running) as session:
        assert "答辩安排" not in desk_markdown(desk_view(read_situation(session), Links(), "组织部"))
