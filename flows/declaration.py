"""The flow of the phase 申报认定."""

from prefect import flow

from config.vocabulary import PhaseKind
from flows.plainly import plainly
from flows.steps.advance import Advance, Board
from flows.tasks import (
    call_for_materials,
    close_submissions,
    end_publicity,
    open_stage,
    propose_outcomes,
    publish_board,
    remind_outstanding,
    screen_declarations,
)


@flow(name="申报认定", flow_run_name="{办理.cohort} 申报认定", persist_result=False)
@plainly
def declaration(办理: Advance) -> Board:  # noqa: PLC2401 - Prefect shows the name as the label
    """Bring the declaration of a cohort to where the calendar says it should be (notice II.2.1). Safe to run twice."""
    stage = open_stage(PhaseKind.DECLARATION, 办理)
    steps = [
        end_publicity(stage),
        call_for_materials(stage),
        remind_outstanding(stage),
        close_submissions(stage),
        screen_declarations(stage),
        propose_outcomes(stage),
    ]
    return publish_board(stage, steps)
