"""The flow of the phase 总结验收."""

from prefect import flow

from config.vocabulary import PhaseKind
from flows.plainly import plainly
from flows.steps.advance import Advance, Board
from flows.tasks import (
    call_for_materials,
    close_submissions,
    open_stage,
    publish_board,
    remind_outstanding,
)


@flow(name="总结验收", flow_run_name="{办理.cohort} 总结验收", persist_result=False)
@plainly
def summary(办理: Advance) -> Board:  # noqa: PLC2401 - Prefect shows the name as the label
    """Bring the summary for acceptance to where the calendar says it should be (notice I.3.2). Safe to run twice."""
    stage = open_stage(PhaseKind.SUMMARY, 办理)
    steps = [
        call_for_materials(stage),
        remind_outstanding(stage),
        close_submissions(stage),
    ]
    return publish_board(stage, steps)
