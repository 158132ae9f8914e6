"""The flow of the phase 审查评估."""

from prefect import flow

from config.vocabulary import PhaseKind
from flows.plainly import plainly
from flows.steps.advance import Advance, Board
from flows.tasks import (
    end_publicity,
    open_rectifications,
    open_stage,
    propose_outcomes,
    publish_board,
    remind_outstanding,
)


@flow(name="审查评估", flow_run_name="{办理.cohort} 审查评估", persist_result=False)
@plainly
def review(办理: Advance) -> Board:  # noqa: PLC2401 - Prefect shows the name as the label
    """Bring the review of the first acceptance to where the calendar says it should be (notice I.3.3). Safe to run twice."""
    stage = open_stage(PhaseKind.REVIEW, 办理)
    steps = [
        end_publicity(stage),
        remind_outstanding(stage),
        propose_outcomes(stage),
        open_rectifications(stage),
    ]
    return publish_board(stage, steps)
