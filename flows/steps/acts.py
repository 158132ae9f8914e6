"""Every act by its name: forms, command line, scenarios and rehearsals all open these same doors."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.engine import Engine

from flows.steps import (
    achieving,
    assigning,
    awarding,
    ballots,
    bulk,
    conditions,
    deadlines,
    declaring,
    defending,
    erasing,
    facts,
    judging,
    notices,
    package,
    panels,
    papers,
    people,
    publicity,
    recommending,
    rectifying,
    redeciding,
    score_sheets,
    setting_up,
    spot_checking,
    standing,
    unit_records,
)
from flows.steps.conflicts import conflicts_kept
from flows.steps.errors import refuse
from flows.steps.identity import Claim, signed
from flows.steps.repeating import answered, keep_answer
from models.history import Act
from models.store import transaction

ACTS: Mapping[str, Callable[..., Any]] = {
    "open_batch": setting_up.open_batch,
    "import_units": setting_up.import_units,
    "import_projects": setting_up.import_projects,
    "import_honours": unit_records.import_honours,
    "import_recognitions": unit_records.import_recognitions,
    "import_contacts": unit_records.import_contacts,
    "set_day": setting_up.set_day,
    "declare_project": declaring.declare_project,
    "state_condition": declaring.state_condition,
    "assess_self": conditions.assess_self,
    "plan_outcomes": conditions.plan_outcomes,
    "name_secretary_project": conditions.name_secretary_project,
    "waive": declaring.waive,
    "exempt": declaring.exempt,
    "initial_review": declaring.initial_review,
    "hand_in": papers.hand_in,
    "hand_in_many": bulk.hand_in_many,
    "hand_in_sheet": bulk.hand_in_sheet,
    "endorse": papers.endorse,
    "endorse_many": bulk.endorse_many,
    "submit_package": package.submit_package,
    "return_paper": papers.return_paper,
    "release": papers.release,
    "retract": papers.retract,
    "retract_many": bulk.retract_many,
    "tick_self_check": facts.tick_self_check,
    "record_survey": facts.record_survey,
    "record_survey_sheet": facts.record_survey_sheet,
    "answer_negative_list": facts.answer_negative_list,
    "answer_negative_item": facts.answer_negative_item,
    "check_negative_list": facts.check_negative_list,
    "visit": facts.visit,
    "record_finding": facts.record_finding,
    "supervise": facts.supervise,
    "record_baseline": facts.record_baseline,
    "record_measures": facts.record_measures,
    "record_publicity": facts.record_publicity,
    "set_targets": achieving.set_targets,
    "import_targets": bulk.import_targets,
    "record_results": achieving.record_results,
    "assess_standards": achieving.assess_standards,
    "report_aspects": achieving.report_aspects,
    "record_outputs": achieving.record_outputs,
    "record_promotion": achieving.record_promotion,
    "self_evaluate": achieving.self_evaluate,
    "correct": facts.correct,
    "sample_spot_checks": spot_checking.sample_spot_checks,
    "choose_spot_check": spot_checking.choose_spot_check,
    "draw_defence": defending.draw_defence,
    "schedule_defence": defending.schedule_defence,
    "recommend": recommending.recommend,
    "follow_recommendation": recommending.follow_recommendation,
    "form_panel": panels.form_panel,
    "declare_tie": panels.declare_tie,
    "end_tie": panels.end_tie,
    "assign": assigning.assign,
    "assign_balanced": assigning.assign_balanced,
    "unassign": assigning.unassign,
    "assess": judging.assess,
    "score_sheet": score_sheets.score_sheet,
    "decision": ballots.decision,
    "record_objection": publicity.record_objection,
    "answer_objection": publicity.answer_objection,
    "void_decision": redeciding.void_decision,
    "grant_support": awarding.grant_support,
    "commend": awarding.commend,
    "retract_commendation": awarding.retract_commendation,
    "supplement": deadlines.supplement,
    "extend": deadlines.extend,
    "answer_rectification": rectifying.answer_rectification,
    "answer_item": rectifying.answer_item,
    "verify_rectification": rectifying.verify_rectification,
    "reopen_rectification": rectifying.reopen_rectification,
    "fail_rectification": rectifying.fail_rectification,
    "extend_rectification": rectifying.extend_rectification,
    "suspend": standing.suspend,
    "resume": standing.resume,
    "withdraw": standing.withdraw,
    "terminate": standing.terminate,
    "close_task": notices.close_task,
    "change_unit": unit_records.change_unit,
    "dissolve_unit": unit_records.dissolve_unit,
    "change_contact": standing.change_contact,
    "change_person_email": people.change_person_email,
    "erase_person": erasing.erase_person,
}
"""Name of the act → function; each takes a session and an Act first and raises ActError when it refuses."""


COMMAND_ONLY = frozenset({"decision"})
"""Acts without a form of their own: decisions are entered on the form of a ballot."""


def told(result: object) -> tuple[str, ...]:
    """Return what an act leaves to be read beside its being on record, one line each: a sentence or several; most leave nothing."""
    if type(result) is str:
        return (result,) if result else ()
    return result.told if isinstance(result, panels.Told) else ()


def carry_out(
    engine: Engine, act: Act, claim: Claim | None, name: str, typed: Mapping[str, Any], fields: Mapping[str, Any]
) -> tuple[str, ...]:
    """Perform one act as an order of its own id (``act.command``, empty: none); returns the lines that it leaves to be read.

    ``typed`` is what stood on the form, ``fields`` what became of it when it was checked.
    """
    with signed(engine, act, claim) as (session, signer):
        lines = told(ACTS[name](session, signer, **fields))
        keep_answer(session, act.command, name, typed, lines)
        return lines


def perform(engine: Engine, act: Act, name: str, /, **fields: Any) -> Any:
    """Perform one act in one transaction; returns None when its command comes again and finds its work done."""
    return next(iter(perform_many(engine, act, name, [fields])), None)


def perform_many(engine: Engine, act: Act, name: str, entries: list[dict[str, Any]]) -> list[Any]:
    """Perform one act for many subjects, all or nothing; the error names the entry that was refused.

    Returns nothing when their command comes again and finds its work done; raises RepeatedCommandError when it says something else.
    """
    if name not in ACTS:
        raise refuse(f"没有事项“{name}”", f"可用：{'、'.join(ACTS)}")
    said = {"entries": entries}
    with conflicts_kept(engine, act), transaction(engine) as session:
        if answered(session, act.command, name, said) is not None:
            return []
        done = [ACTS[name](session, act, **fields) for fields in entries]
        keep_answer(session, act.command, name, said, ())
        return done
