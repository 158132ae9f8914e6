"""Acts on a real database: what is allowed, what is refused, and what follows (R12, R14, R15, R40–R45, R50, R54, R55, R60)."""

from collections import Counter
from datetime import date

import pytest
from sqlmodel import select

from config.vocabulary import ContactRole, RecipientRole, TaskKind
from flows.steps.acts import perform
from flows.steps.errors import ActError
from models.history import Act, RepeatedCommandError, verify
from models.loading import load_calendar, load_world
from models.rules.duties import duties, missing_sos
from models.rules.lifecycle import IllegalMoveError
from models.store import reading
from models.tables import Event, Reminder, Submission
from notifications.addresses import resolve

SURVEY = {"issued": 40, "returned": 40, "valid": 38, "questions": [[30, 6, 2, 0]]}


def on(day):
    return Act("工作人员1", "command:test", date.fromisoformat(day))


def duty(engine, cohort, ending):
    with reading(engine) as session:
        found = duties(load_world(session, cohort), load_calendar(session))
    return next(d for d in found if d.key.endswith(ending))


def test_the_application_waits_for_the_survey(engine, act):
    paper = {"project": "2023-S01", "deliverable": "acceptance_application", "files": ["a.docx"]}
    with pytest.raises(ActError, match="须先有师生满意度测评结果"):
        perform(engine, act, "hand_in", **paper)
    perform(engine, act, "record_survey", project="2023-S01", **SURVEY)
    assert perform(engine, act, "hand_in", **paper).state == "handed_in"


def test_a_survey_whose_sums_do_not_fit_changes_nothing(engine, act):
    with pytest.raises(ActError, match="第 1 题合计 41 超过有效票 38"):
        perform(engine, act, "record_survey", project="2023-S01", **{**SURVEY, "questions": [[30, 6, 5, 0]]})
    with reading(engine) as session:
        assert session.exec(select(Submission)).all() == []


def test_one_paper_has_two_clocks(engine, act):
    perform(engine, act, "record_survey", project="2023-S04B01", **SURVEY)
    paper = {"project": "2023-S04B01", "deliverable": "acceptance_application"}
    perform(engine, act, "hand_in", **paper, files=["a.docx"])
    assert duty(engine, "2023", "acceptance_application:2023-S04B01:hand_in").done
    assert not duty(engine, "2023", "acceptance_application:2023-S04B01:endorse").done
    perform(engine, act, "endorse", **paper, opinion="同意")
    assert duty(engine, "2023", "acceptance_application:2023-S04B01:endorse").done


def test_a_returned_paper_is_owed_again_with_a_day_of_its_own(engine):
    perform(engine, on("2025-11-18"), "hand_in", project="2023-S01", deliverable="typical_case", pieces=2, files=["a", "b"])
    perform(engine, on("2025-11-24"), "return_paper", project="2023-S01", deliverable="typical_case", reasons=["应为 1 篇"])
    owed = duty(engine, "2023", "typical_case:2023-S01:hand_in")
    assert (owed.done, owed.due_on) == (False, date(2025, 11, 27))
    assert perform(engine, on("2025-11-25"), "hand_in", project="2023-S01", deliverable="typical_case", files=["a"]).version == 2


def test_an_extension_moves_one_project_only(engine):
    moved = perform(
        engine,
        on("2025-11-12"),
        "extend",
        cohort="2023",
        subject="2023-S01",
        deliverable="typical_case",
        due_on=date(2025, 12, 1),
        basis="批示",
    )
    assert (moved.old, moved.told) == (date(2025, 11, 22), 1)
    assert duty(engine, "2023", "typical_case:2023-S01:hand_in").due_on == date(2025, 12, 1)
    assert duty(engine, "2023", "typical_case:2023-S02:hand_in").due_on == date(2025, 11, 22)


def test_a_supplementary_notice_moves_all(engine):
    perform(engine, on("2025-11-12"), "supplement", cohort="2023", deliverable="typical_case", due_on=date(2025, 11, 28), basis="补充通知")
    assert duty(engine, "2023", "typical_case:2023-S02:hand_in").due_on == date(2025, 11, 28)
    with reading(engine) as session:
        told = session.exec(select(Reminder.duty).where(Reminder.kind == "deadline_changed")).all()
    assert Counter(key.rpartition(":")[2] for key in told) == {"hand_in": 17, "endorse": 14}


def test_sos_without_a_declaration_are_known_until_exempted(engine, act):
    with reading(engine) as session:
        assert len(missing_sos(load_world(session, "2025"))) == 30
    perform(engine, act, "declare_project", cohort="2025", unit="S01B03")
    perform(engine, act, "declare_project", cohort="2025", unit="S02")
    perform(engine, act, "exempt", cohort="2025", unit="S03", reason="无符合条件的党支部")
    with reading(engine) as session:
        missing = missing_sos(load_world(session, "2025"))
    assert "S01" not in missing
    assert "S02" in missing, "a benchmark declaration is no model branch"
    assert "S03" not in missing


def test_a_declaration_taken_back_leaves_the_so_owing_again(engine, act):
    perform(engine, act, "declare_project", cohort="2025", unit="S01B03")
    perform(engine, act, "withdraw", project="2025-S01B03", reason="书记调离")
    with reading(engine) as session:
        assert "S01" in missing_sos(load_world(session, "2025"))


def test_a_hard_condition_cannot_be_waived_or_passed_over(engine, act):
    perform(engine, act, "declare_project", cohort="2025", unit="S18B03")
    with pytest.raises(ActError, match="硬性条件"):
        perform(engine, act, "waive", project="2025-S18B03", rule="branch_honours", reason="x")


def test_an_illegal_move_says_what_is_allowed(engine, act):
    perform(engine, act, "declare_project", cohort="2025", unit="S01B03")
    with pytest.raises(IllegalMoveError, match="可以：") as refused:
        perform(engine, act, "record_baseline", project="2025-S01B03", measures={"a": 1})
    assert "declare" in str(refused.value)


def test_a_suspended_project_rests_and_comes_back_where_it_was(engine, act):
    perform(engine, act, "suspend", project="2023-S01", reason="换届")
    with pytest.raises(ActError):
        perform(engine, act, "tick_self_check", project="2023-S01")
    assert perform(engine, act, "resume", project="2023-S01", reason="完成").state == "building"


def test_the_same_command_twice_is_one_event(engine):
    once = Act("工作人员1", "flow-run:1", date(2025, 11, 10), command="run-1")
    perform(engine, once, "record_finding", project="2023-S01", text="走访了解")
    perform(engine, once, "record_finding", project="2023-S01", text="走访了解")
    with pytest.raises(RepeatedCommandError):
        perform(engine, once, "record_finding", project="2023-S01", text="别的内容")
    with reading(engine) as session:
        assert len(session.exec(select(Event).where(Event.event == "record_finding")).all()) == 1
        assert verify(session) == []


def test_a_correction_hides_the_fact_and_keeps_it_on_record(engine, act):
    perform(engine, act, "record_survey", project="2023-S01", **SURVEY)
    with reading(engine) as session:
        wrong = session.exec(select(Event).where(Event.event == "record_survey")).one()
    perform(engine, act, "correct", project="2023-S01", seq=wrong.seq, reason="录错单位")
    with reading(engine) as session:
        assert load_world(session, "2023").project("2023-S01").latest("record_survey") is None
        assert session.get(Event, (wrong.stream, wrong.seq)) is not None


def test_members_do_not_score_their_own_unit(engine, act):
    from models.store import transaction
    from models.tables import Person, Unit

    with transaction(engine) as session:
        home = session.exec(select(Unit).where(Unit.code == "S04")).one()
        session.add(Person(code="P99", name="本院专家", role="panel", unit_id=home.id))
    scores = {"guide": 40, "targets": 40}
    with pytest.raises(ActError, match="不能评审本单位项目"):
        perform(engine, act, "assess", project="2023-S04B01", phase="review", part="key_tasks", assessor="P99", scores=scores)


def test_a_task_is_closed_with_a_word_on_how(engine, act):
    from models.store import transaction
    from models.tables import Task
    from notifications.tasks import leave_task

    with transaction(engine) as session:
        leave_task(session, "wrong_address", "S01", "云杉学院党委邮箱不通", date(2025, 11, 4), "S01")
        number = session.exec(select(Task.id)).one()
    with pytest.raises(ActError, match="必须写明处理情况"):
        perform(engine, act, "close_task", task=number, note=" ")
    assert perform(engine, act, "close_task", task=number, note="已电话核实").done_on == date(2025, 11, 4)
    with pytest.raises(ActError, match="没有未办结的待办"):
        perform(engine, act, "close_task", task=number, note="再次")
    with reading(engine) as session:
        event = session.exec(select(Event).where(Event.event == "close_task")).one()
    assert (event.stream, event.payload["note"]) == ("unit:S01", "已电话核实")


def test_a_missing_contact_opens_its_closed_task_again(engine, act):
    from models.store import transaction
    from models.tables import Contact, Task, Unit

    def look(day):
        with transaction(engine) as session:
            assert resolve(session, "S01", RecipientRole.CONTACT, day) is None
            return session.exec(select(Task).where(Task.kind == TaskKind.WRONG_ADDRESS)).one()

    with transaction(engine) as session:
        home = session.exec(select(Unit.id).where(Unit.code == "S01")).one()
        for contact in session.exec(select(Contact).where(Contact.unit_id == home, Contact.role == ContactRole.CONTACT)):
            contact.valid_until = date(2025, 11, 1)
    task = look(date(2025, 11, 4))
    perform(engine, act, "close_task", task=task.id, note="已请学院补充")
    again = look(date(2025, 11, 6))
    assert (again.id, again.opened_on, again.done_on) == (task.id, date(2025, 11, 6), None)


def test_a_day_off_moves_the_last_call(engine, act):
    from models.rules.reminders import due_reminders

    def last_call():
        with reading(engine) as session:
            lines = due_reminders(load_world(session, "2023"), load_calendar(session), date(2025, 11, 21))
        return {line.planned_on for line in lines if line.deliverable == "typical_case" and line.rung == "T-1"}

    assert last_call() == {date(2025, 11, 21)}, "the Friday before the Saturday"
    perform(engine, act, "set_day", day=date(2025, 11, 21), working=False, basis="校庆放假")
    assert date(2025, 11, 21) not in last_call()


def test_a_batch_is_opened_by_its_plan_once(empty):
    from config.loading import load_plan

    by = Act("A01", "command:test", date(2025, 11, 4))
    assert perform(empty, by, "open_batch", plan="2025").created
    again = perform(empty, by, "open_batch", plan="2025")
    assert not again.created
    with reading(empty) as session:
        assert load_world(session, "2025").plan == load_plan("2025")
