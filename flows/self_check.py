"""The flow of the phase 自查测评."""

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


@flow(name="自查测评", flow_run_name="{办理.cohort} 自查测评", persist_result=False)
@plainly
def self_check(办理: Advance) -> Board:  # noqa: PLC2401 - Prefect shows the name as the label
    """Bring the self-check of a cohort to where the calendar says it should be (notice I.3.1). Safe to run twice."""
    stage = open_stage(PhaseKind.SELF_CHECK, 办理)
    steps = [
        call_for_materials(stage),
        remind_outstanding(stage),
        close_submissions(stage),
    ]
    return publish_board(stage, steps)
