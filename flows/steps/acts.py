"""Every act by its name: forms, command line, scenarios and rehearsals all open these same doors."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.engine import Engine

from flows.steps import (
    ballots,
    bulk,
    deadlines,
    declaring,
    erasing,
    facts,
    judging,
    notices,
    papers,
    people,
    rectifying,
    setting_up,
    standing,
)
from flows.steps.errors import refuse
from models.history import Act
from models.store import transaction

ACTS: Mapping[str, Callable[..., Any]] = {
    "open_batch": setting_up.open_batch,
    "import_units": setting_up.import_units,
    "import_projects": setting_up.import_projects,
    "set_day": setting_up.set_day,
    "declare_project": declaring.declare_project,
    "state_condition": declaring.state_condition,
    "waive": declaring.waive,
    "exempt": declaring.exempt,
    "initial_review": declaring.initial_review,
    "hand_in": papers.hand_in,
    "hand_in_many": bulk.hand_in_many,
    "hand_in_sheet": bulk.hand_in_sheet,
    "endorse": papers.endorse,
    "endorse_many": bulk.endorse_many,
    "return_paper": papers.return_paper,
    "release": papers.release,
    "retract": papers.retract,
    "retract_many": bulk.retract_many,
    "tick_self_check": facts.tick_self_check,
    "record_survey": facts.record_survey,
    "answer_negative_list": facts.answer_negative_list,
    "check_negative_list": facts.check_negative_list,
    "visit": facts.visit,
    "record_finding": facts.record_finding,
    "supervise": facts.supervise,
    "record_baseline": facts.record_baseline,
    "record_measures": facts.record_measures,
    "record_publicity": facts.record_publicity,
    "correct": facts.correct,
    "assess": judging.assess,
    "decision": ballots.decision,
    "supplement": deadlines.supplement,
    "extend": deadlines.extend,
    "answer_rectification": rectifying.answer_rectification,
    "verify_rectification": rectifying.verify_rectification,
    "reopen_rectification": rectifying.reopen_rectification,
    "fail_rectification": rectifying.fail_rectification,
    "extend_rectification": rectifying.extend_rectification,
    "suspend": standing.suspend,
    "resume": standing.resume,
    "withdraw": standing.withdraw,
    "terminate": standing.terminate,
    "close_task": notices.close_task,
    "change_contact": standing.change_contact,
    "change_person_email": people.change_person_email,
    "erase_person": erasing.erase_person,
}
"""Name of the act → function; each takes a session and an Act first and raises ActError when it refuses."""


COMMAND_ONLY = frozenset({"decision"})
"""Acts without a form of their own: decisions are entered on the form of a ballot."""


def perform(engine: Engine, act: Act, name: str, /, **fields: Any) -> Any:
    """Perform one act in one transaction."""
    return perform_many(engine, act, name, [fields])[0]


def perform_many(engine: Engine, act: Act, name: str, entries: list[dict[str, Any]]) -> list[Any]:
    """Perform one act for many subjects, all or nothing; the error names the entry that was refused."""
    if name not in ACTS:
        raise refuse(f"没有事项“{name}”", f"可用：{'、'.join(ACTS)}")
    with transaction(engine) as session:
        return [ACTS[name](session, act, **fields) for fields in entries]
