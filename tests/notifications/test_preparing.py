"""A letter that cannot be prepared, whatever is wrong with it, waits with a task; its neighbours go, round after round."""

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import select

from config.vocabulary import MailKind, MailState, TaskKind
from models.store import reading
from models.tables import Task
from notifications.delivery import deliver
from notifications.message import MessageError
from tests.notifications.test_delivery import TODAY, Postman, at, called, mails  # noqa: F401 - a fixture


def breaking(fault, unit="S01"):
    """What encloses nothing, and fails for one unit's call of the older batch."""

    def enclose(session, world, calendar, kind, lines, on):
        del world, calendar, on
        if kind == MailKind.CALL and any((line.unit, line.cohort) == (unit, "2023") for line in lines):
            session.add(Task(key="half-done", kind=TaskKind.TELEPHONE, text="x", opened_on=TODAY))
            session.flush()
            raise fault
        return {}

    return enclose


def tasks(engine):
    with reading(engine) as session:
        return session.exec(select(Task).where(Task.done_on.is_(None))).all()


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (ValueError("no such glyph"), "出错（ValueError：no such glyph），请联系维护人员"),
        (KeyError("a\x00b"), "出错（KeyError：'a\\x00b'），请联系维护人员"),
        (ValueError("a\x00b"), "出错（ValueError：a□b），请联系维护人员"),
        (MessageError("主题含有不允许的字符；请删除"), "邮件暂缓发送：主题含有不允许的字符；请删除；"),
    ],
)
def test_the_others_of_its_part_go_and_a_task_names_mail_and_reason(called, fault, said):  # noqa: F811
    deliver(called, post := Postman(), "one", enclose=breaking(fault))
    [held] = mails(called, state=MailState.HELD)
    assert held.recipient_unit == "S01"
    assert len(post.carried) == len(mails(called, state=MailState.SENT)) > 40
    [task] = tasks(called)
    assert said in task.text
    assert (task.kind, task.unit, task.text.partition("：")[0]) == (TaskKind.RUN_FAILED, "S01", held.subject)
    assert said.strip("；").removeprefix("邮件暂缓发送：") in held.last_text


def test_mended_it_goes_by_itself_and_its_task_is_done(called):  # noqa: F811
    deliver(called, Postman(), "one", enclose=breaking(ValueError("x")))
    at(called, TODAY, 9, 31)
    deliver(called, post := Postman(), "one", enclose=breaking(ValueError("x")))
    assert (post.carried, len(tasks(called))) == ([], 1), "it is tried again, fails again, and asks once"
    at(called, TODAY, 10, 2)
    deliver(called, post := Postman(), "one")
    assert len(post.carried) == 1
    assert tasks(called) == []


def test_what_is_wrong_with_the_database_is_no_letters_fault(called):  # noqa: F811
    class FullError(Exception):
        sqlite_errorname = "SQLITE_FULL"

    with pytest.raises(OperationalError):
        deliver(called, Postman(), "one", enclose=breaking(OperationalError("x", {}, FullError())))
    assert tasks(called) == []
    assert mails(called, state=MailState.HELD) == []
