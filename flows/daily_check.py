"""The daily check as a scheduled deployment: the same scan as the timetable's, shown in Prefect phase by phase."""

from datetime import date

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from config.clock import business_day
from flows.offering import try_refresh
from flows.plainly import plainly
from flows.runtime import engine, origin
from flows.steps.advance import Board, Stage
from flows.steps.daily import open_stages
from flows.steps.phases import run_phase
from flows.steps.waiting import chase_ballots
from flows.steps.witnessing import witness
from flows.tasks import refresh_desk, show_board, shown
from models.business_clock import business_now
from models.store import reading


@flow(name="今日核对", persist_result=False)
@plainly
def daily_check() -> list[str]:
    """Bring every open phase to today, chase waiting ballots, refresh the forms.

    The timetable makes the same scan without Prefect five minutes earlier. Both may run, in any order and at once: every
    line, move and mail has its unique key, so the second scan finds nothing left to do.
    """
    today = business_today()
    boards = [checked(stage) for stage in open_stages(engine(), today, origin())]
    chase(today)
    check_history(today)
    renew_pages()
    return [f"{board.cohort} {board.phase}：流转 {board.transitions} 项，计划信件 {board.planned} 条" for board in boards]


def business_today() -> date:
    """Return today by the business clock."""
    with reading(engine()) as session:
        return business_day(business_now(session))


@task(name="核对阶段", task_run_name="核对 {stage.cohort} {stage.kind.label}", cache_policy=NO_CACHE, persist_result=False)
def checked(stage: Stage) -> Board:
    """Run the steps of one phase and show its board."""
    board = run_phase(engine(), stage)
    show_board(board)
    return board


@shown("催办待决表决单")
def chase(today: date) -> int:
    """Tell the office about ballots that wait too long."""
    return chase_ballots(engine(), today)


@shown("核验并签署历史记录")
def check_history(today: date) -> bool:
    """Check the history and sign the day's list; the office is told of flaws."""
    return witness(engine(), today).signed


def renew_pages() -> None:
    """Bring what the office looks at up to today: the forms' drop-downs and the desk."""
    try_refresh(engine())
    refresh_desk()
