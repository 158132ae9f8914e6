"""The flow of the phase 巩固推广."""

from prefect import flow

from config.vocabulary import PhaseKind
from flows.plainly import plainly
from flows.steps.advance import Advance, Board
from flows.tasks import (
    call_for_materials,
    close_submissions,
    compare_peers,
    end_publicity,
    open_rectifications,
    open_stage,
    propose_outcomes,
    publish_board,
    remind_outstanding,
)


@flow(name="巩固推广", flow_run_name="{办理.cohort} 巩固推广", persist_result=False)
@plainly
def consolidation(办理: Advance) -> Board:  # noqa: PLC2401 - Prefect shows the name as the label
    """Bring consolidation and acceptance to where the calendar says it should be (notice II.2.3). Safe to run twice."""
    stage = open_stage(PhaseKind.CONSOLIDATION, 办理)
    steps = [
        end_publicity(stage),
        call_for_materials(stage),
        remind_outstanding(stage),
        close_submissions(stage),
        compare_peers(stage),
        propose_outcomes(stage),
        open_rectifications(stage),
    ]
    return publish_board(stage, steps)
