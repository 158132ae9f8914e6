"""The steps as Prefect tasks, so that each shows in the run: they trigger and show, the steps do the work."""

import logging
from collections.abc import Callable, Sequence
from functools import wraps
from typing import ParamSpec, TypeVar

from prefect import Task, task
from prefect.cache_policies import NO_CACHE

from config.vocabulary import PhaseKind
from flows.desk.board import board_drafts
from flows.desk.publishing import Draft
from flows.desk.refreshing import refresh
from flows.runtime import engine, origin
from flows.steps import phases, publicity
from flows.steps.advance import Advance, Board, Stage, StepResult, stage_for

LOGGER = logging.getLogger("creation")
LOGGER.setLevel(logging.INFO)
"""What the office reads among the logs of a run; Prefect's own lines are shown from WARNING on."""
Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def shown(name: str) -> Callable[[Callable[Parameters, Result]], Task[Parameters, Result]]:
    """Make a step a task under one Chinese name; what it did goes to the run's log."""

    def wrap(step: Callable[Parameters, Result]) -> Task[Parameters, Result]:
        @wraps(step)
        def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
            result = step(*args, **kwargs)
            if isinstance(result, StepResult):
                LOGGER.info("%s：流转或登记 %d 项，计划信件 %d 条", name, result.transitions, result.planned)
                for note in result.notes:
                    LOGGER.info("　%s", note)
            return result

        made: Task[Parameters, Result] = task(name=name, task_run_name=name, cache_policy=NO_CACHE, persist_result=False)(run)
        return made

    return wrap


@shown("核对办理范围")
def open_stage(kind: PhaseKind, advance: Advance) -> Stage:
    """Check the form against the pinned plan and today."""
    return stage_for(engine(), kind, advance, origin())


@shown("发出报送通知")
def call_for_materials(stage: Stage) -> StepResult:
    """Tell every unit what is due."""
    return phases.call_for_materials(engine(), stage)


@shown("提醒与催办")
def remind_outstanding(stage: Stage) -> StepResult:
    """Plan the rung that is due for each open duty."""
    return phases.remind_outstanding(engine(), stage)


@shown("材料齐全核对")
def close_submissions(stage: Stage) -> StepResult:
    """Mark what is in order as complete; move projects whose papers are all in."""
    return phases.close_submissions(engine(), stage)


@shown("申报条件审查")
def screen_declarations(stage: Stage) -> StepResult:
    """Compute eligibility with grounds."""
    return phases.screen_declarations(engine(), stage)


@shown("公示期满核对")
def end_publicity(stage: Stage) -> StepResult:
    """Let decisions hold whose publicity is over."""
    return publicity.end_publicity(engine(), stage)


@shown("横向对比")
def compare_peers(stage: Stage) -> StepResult:
    """Put added value side by side."""
    return phases.compare_peers(engine(), stage)


@shown("汇总评分并提出建议")
def propose_outcomes(stage: Stage) -> StepResult:
    """Aggregate the assessments into what the committee will see."""
    return phases.propose_outcomes(engine(), stage)


@shown("开启限期整改")
def open_rectifications(stage: Stage) -> StepResult:
    """See to it that every failed project has a running order."""
    return phases.open_rectifications(engine(), stage)


@shown("更新进展看板")
def publish_board(stage: Stage, results: list[StepResult]) -> Board:
    """Return the board and show it as artifacts of the run."""
    board = phases.publish_board(engine(), stage, results)
    show_board(board)
    return board


def show_board(board: Board) -> None:
    """Write the board's artifacts, and with them today's desk."""
    refresh_desk(board_drafts(board), f"本次流转 {board.transitions} 项，计划信件 {board.planned} 条")


@shown("更新今日工作台")
def refresh_desk(more: Sequence[Draft] = (), told: str = "") -> None:
    """Bring the desk to now, link this run to it, and tell Prefect what the run moved; what fails is told and stops nothing."""
    refresh(engine(), origin(), more, told)
