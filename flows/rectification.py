"""The flow of rectification: orders, reminders and re-assessment of what failed."""

from prefect import flow

from flows.plainly import plainly
from flows.runtime import engine, origin
from flows.steps.advance import Advance, Board, act_of
from flows.steps.phases import run_rectifications
from flows.tasks import show_board, shown


@flow(name="限期整改", flow_run_name="{办理.cohort} 限期整改", persist_result=False)
@plainly
def rectification(办理: Advance) -> Board:  # noqa: PLC2401 - Prefect shows the name as the label
    """Bring a cohort's rectifications to where the calendar says they should be (notice II.2.2, R53). Safe to run twice."""
    return advance_rectifications(办理)


@shown("整改任务、提醒与复核建议")
def advance_rectifications(advance: Advance) -> Board:
    """Run the steps and show the board."""
    board = run_rectifications(engine(), advance.cohort, act_of(engine(), advance, origin()))
    show_board(board)
    return board
