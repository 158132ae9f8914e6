"""The flow of the phase 中期考核."""

from prefect import flow

from config.vocabulary import PhaseKind
from flows.plainly import plainly
from flows.steps.advance import Advance, Board
from flows.tasks import (
    call_for_materials,
    close_submissions,
    end_publicity,
    open_rectifications,
    open_stage,
    propose_outcomes,
    publish_board,
    remind_outstanding,
)


@flow(name="中期考核", flow_run_name="{办理.cohort} 中期考核", persist_result=False)
@plainly
def mid_term(办理: Advance) -> Board:  # noqa: PLC2401 - Prefect shows the name as the label
    """Bring process management and the mid-term assessment to where the calendar says it should be (notice II.2.2). Safe to run twice."""
    stage = open_stage(PhaseKind.MID_TERM, 办理)
    steps = [
        end_publicity(stage),
        call_for_materials(stage),
        remind_outstanding(stage),
        close_submissions(stage),
        propose_outcomes(stage),
        open_rectifications(stage),
    ]
    return publish_board(stage, steps)
