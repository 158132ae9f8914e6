"""What the office is told when a run fails: once, about the right cohort, with what to do."""

import json
from datetime import date

import pytest
from sqlmodel import select

from flows.steps.alerting import RunFailure, cohort_of, register_failure
from models.store import reading, transaction
from models.tables import Cohort, Reminder, Task

RUN = "0198f0a2-0000-7000-8000-000000000001"
BROKEN = "Flow run encountered an exception: sqlalchemy.exc.OperationalError: disk is full"
REFUSED = "未办理：办理日期 2025-11-12 晚于今天 2025-11-11；请留空或改为今天以前的日期"


def failure(run_name="2023 自查测评", message=BROKEN, state="Failed", **more):
    return RunFailure(RUN, run_name, "自查测评", state, message, **more)


def on_record(engine):
    with reading(engine) as session:
        tasks = session.exec(select(Task).where(Task.kind == "run_failed")).all()
        lines = session.exec(select(Reminder).where(Reminder.kind == "office_notice").order_by(Reminder.key)).all()
    return tasks, lines


def close(engine, *codes):
    with transaction(engine) as session:
        for row in session.exec(select(Cohort)):
            row.state = "closed" if row.code in codes else row.state


def test_a_failure_leaves_one_task_and_one_line_however_often_it_is_told(engine):
    text = register_failure(engine, failure(link="http://127.0.0.1:4200/runs/flow-run/x"))
    assert register_failure(engine, failure(link="http://127.0.0.1:4200/runs/flow-run/x")) == text
    (task,), (line,) = on_record(engine)
    assert (task.key, task.text, task.opened_on) == (f"run_failed:{RUN}", text, date(2025, 11, 4))
    assert (line.key, line.cohort, line.role, line.details) == (
        f"office_notice:run_failed:{RUN}:Failed", "2023", "office", {"matter": text},
    )  # fmt: skip


def test_another_state_of_the_same_run_is_another_line_but_the_same_task(engine):
    register_failure(engine, failure(state="Crashed"))
    register_failure(engine, failure())
    tasks, lines = on_record(engine)
    assert len(tasks) == 1
    assert [line.key.rpartition(":")[2] for line in lines] == ["Crashed", "Failed"]


def test_the_text_says_what_happened_and_what_to_do():
    text = failure(link="http://127.0.0.1:4200/runs/flow-run/x").told()
    assert text == (
        "运行“2023 自查测评”（自查测评）未完成：disk is full。请打开该次运行查看日志（http://127.0.0.1:4200/runs/flow-run/x），"
        "排除原因；请先在今日工作台、台账或历史记录中查看是否已登记，没有登记的再重新提交"
    )
    assert (
        failure(message="系统出错：disk is full（OSError）")
        .told()
        .startswith("运行“2023 自查测评”（自查测评）未完成：disk is full（OSError）。请")
    )
    assert f"打开编号为 {RUN} 的运行" in failure(message="").told()
    assert "没有说明" in failure(message="").told()


def test_a_refusal_is_told_as_one():
    text = failure(message=REFUSED).told()
    assert "未办理，办理日期 2025-11-12 晚于今天 2025-11-11；请留空或改为今天以前的日期。请按提示改正后重新提交该表单" in text
    assert "未办理，" not in failure(message=BROKEN).told(), "the control"


def test_a_refusal_leaves_a_task_and_no_mail(engine):
    register_failure(engine, failure(message=REFUSED))
    tasks, lines = on_record(engine)
    assert (len(tasks), lines) == (1, [])


def test_a_long_message_fits_the_task(engine):
    register_failure(engine, failure(message="长" * 3000, link="http://127.0.0.1:4200/runs/flow-run/" + RUN))
    (task,), (line,) = on_record(engine)
    assert task.text == line.details["matter"], "nothing of what to do is cut off"


@pytest.mark.parametrize(
    ("run_name", "filled_in", "cohort"),
    [
        ("2023 自查测评", {}, "2023"),
        ("登记来件", {"登记": {"project": "2023-S01 云杉学院党委", "received_on": "2025-11-18"}}, "2023"),
        ("批量登记", {"登记": {"projects": ["2023-S01", "2023-S02"]}}, "2023"),
        ("延期", {"登记": {"cohort": "2023 首批", "subject": "S01"}}, "2023"),
        ("党委决定", {"决定": {"cohort": "2019 旧批次"}}, "2025"),
        ("登记来件", {"登记": {"received_on": "2023-11-18"}}, "2025"),
        ("2023-11-18 汇总", {}, "2025"),
        ("20231 自查", {}, "2025"),
        ("发送邮件", {}, "2025"),
    ],
)
def test_the_cohort_is_the_one_that_the_run_names_else_the_newest(engine, run_name, filled_in, cohort):
    with reading(engine) as session:
        assert cohort_of(session, failure(run_name, filled_in=json.dumps(filled_in, ensure_ascii=False))) == cohort


def test_a_form_that_cannot_be_read_names_nothing(engine):
    with reading(engine) as session:
        assert cohort_of(session, failure("发送邮件", filled_in="{")) == "2025"
        assert cohort_of(session, failure("发送邮件", filled_in="[1]")) == "2025"


def test_a_closed_cohort_is_not_written_for(engine):
    close(engine, "2025")
    with reading(engine) as session:
        assert cohort_of(session, failure("2025 申报认定")) == "2023"


def test_without_a_cohort_only_the_task_is_left(engine):
    close(engine, "2023", "2025")
    register_failure(engine, failure())
    tasks, lines = on_record(engine)
    assert (len(tasks), len(lines)) == (1, 0)
