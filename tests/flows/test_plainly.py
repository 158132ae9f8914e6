"""How a run ends when an act says no: one sentence; that of a fault of ours stands above its traceback."""

import logging
import sqlite3
import sys

import pytest
from prefect.exceptions import Pause
from sqlalchemy.exc import OperationalError

from config.loading import PlanError
from flows.plainly import Quietly, plainly
from flows.steps.counting import counting
from flows.steps.errors import ActError
from models.rules.lifecycle import IllegalMoveError
from notifications.message import MessageError


def ending(error):
    @plainly
    def run():
        raise error

    return run()


@pytest.mark.parametrize("kind", [ActError, PlanError, IllegalMoveError, MessageError])
def test_an_act_that_says_no_fails_the_run_with_its_sentence(kind, caplog):
    state = ending(kind("项目已退出；请核对"))
    assert (state.name, state.message) == ("Failed", "未办理：项目已退出；请核对")
    assert [(record.getMessage(), record.exc_info) for record in caplog.records] == [("未办理：项目已退出；请核对", None)]


@pytest.mark.parametrize(("text", "first"), [("disk is full\n[SQL: INSERT]", "disk is full"), ("", "没有说明")])
def test_a_fault_fails_the_run_with_a_sentence_above_its_traceback(text, first, caplog):
    state = ending(OSError(text))
    assert (state.name, state.message) == ("Failed", f"系统出错：{first}（OSError）")
    (record,) = caplog.records
    assert record.getMessage().startswith(f"{state.message}。请先在今日工作台、台账或历史记录中查看是否已登记")
    assert record.exc_info[0] is OSError


def test_a_database_that_is_full_is_told_as_the_commands_tell_it():
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorname = "SQLITE_FULL"
    state = ending(OperationalError("INSERT", {}, full))
    assert state.message == "系统出错：磁盘已满，什么都没有写入；请腾出空间后重新办理"


def test_what_ends_a_run_for_another_reason_passes():
    """Prefect suspends a run, and stops one, by what is no Exception."""
    with pytest.raises(Pause):
        ending(Pause())


@pytest.mark.parametrize(("error", "written"), [(ActError("不行"), False), (ZeroDivisionError(), True)])
def test_only_the_traceback_of_a_refusal_is_left_out(error, written):
    try:
        raise error
    except type(error):
        record = logging.LogRecord("prefect.task_runs", logging.ERROR, "", 0, "Task run failed", None, sys.exc_info())
    assert Quietly().filter(record) is written
    assert any(isinstance(one, Quietly) for one in logging.getLogger("prefect.task_runs").filters)


@pytest.mark.parametrize(("error", "written"), [("ActError", False), ("ZeroDivisionError", True)])
def test_nor_is_the_end_of_its_task_told_twice(error, written):
    text = f"Finished in state Failed('Task run encountered an exception {error}: 不行')"
    record = logging.LogRecord("prefect.task_runs", logging.ERROR, "", 0, text, None, None)
    assert Quietly().filter(record) is written


def test_what_is_counted_outside_a_run_is_not_shown():
    with counting("批量登记", 2) as step:
        step()
