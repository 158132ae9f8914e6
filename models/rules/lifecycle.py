"""Which moves are legal: one table per machine, and nothing else decides legality (the database holds the same rows).

A row has no guard. A pure rule looks at the facts and chooses the event; the table says whether it is legal.
"""

from collections.abc import Iterable
from typing import NamedTuple

from config.identity import PersonState as H
from config.vocabulary import CohortState as C
from config.vocabulary import Machine, RectificationState
from config.vocabulary import ProjectState as P
from config.vocabulary import SubmissionState as S
from config.vocabulary import UnitState as U

R = RectificationState


class IllegalMoveError(ValueError):
    """The event is not allowed in this state; the message names what is allowed."""


class Transition(NamedTuple):
    """One legal move, with the clause that provides for it."""

    machine: Machine
    source: str
    event: str
    target: str
    clause: str


def _rows(machine: Machine, table: Iterable[tuple[str, str, str, str]]) -> tuple[Transition, ...]:
    return tuple(Transition(machine, *row) for row in table)


ACTIVE = (P.DRAFT, P.DECLARED, P.SHORTLISTED, P.BUILDING, P.RECTIFYING, P.UNDER_ACCEPTANCE)
"""States in which a project still runs."""

FINAL = (P.INELIGIBLE, P.NOT_SELECTED, P.ACCEPTED, P.NOT_ACCEPTED, P.TERMINATED, P.WITHDRAWN)
"""States that a project does not leave, but by order of the committee that a decision was wrong (``VOIDING``)."""

PROPOSABLE = (P.SHORTLISTED, P.BUILDING, P.RECTIFYING, P.UNDER_ACCEPTANCE)
"""States in which the committee decides, so that a decision can be proposed."""
OBJECTED = (*PROPOSABLE, P.SUSPENDED, P.NOT_SELECTED, P.ACCEPTED, P.NOT_ACCEPTED, P.TERMINATED)
"""States in which an objection can be on the table: one that came in time may be recorded after the decision has become final."""
VOIDING = {state: f"void_to_{state}" for state in PROPOSABLE}
"""State in which a decision was taken → event by which the committee voids it and the project stands there again (decision 0019)."""

MOVES = (
    *_rows(
        Machine.PROJECT,
        (
            (P.NEW, "create", P.DRAFT, "II.2.1.2"),
            (P.NEW, "enrol", P.BUILDING, "I.1"),
            (P.DRAFT, "declare", P.DECLARED, "II.2.1.2"),
            (P.DRAFT, "lapse", P.WITHDRAWN, "II.2.1.2"),
            (P.DECLARED, "pass_initial_review", P.SHORTLISTED, "II.2.1.3"),
            (P.DECLARED, "fail_initial_review", P.INELIGIBLE, "II.2.1.3"),
            (P.SHORTLISTED, "select", P.BUILDING, "II.2.1.3"),
            (P.SHORTLISTED, "not_select", P.NOT_SELECTED, "II.2.1.3"),
            (P.BUILDING, "pass_mid_term", P.BUILDING, "II.2.2"),
            (P.BUILDING, "fail_mid_term", P.RECTIFYING, "II.2.2"),
            (P.RECTIFYING, "continue_support", P.BUILDING, "II.2.2"),
            (P.RECTIFYING, "order_another_round", P.RECTIFYING, "II.2.2"),
            (P.BUILDING, "enter_acceptance", P.UNDER_ACCEPTANCE, "I.3.2"),
            (P.UNDER_ACCEPTANCE, "accept", P.ACCEPTED, "I.3.3"),
            (P.UNDER_ACCEPTANCE, "defer_acceptance", P.RECTIFYING, "I.3.3"),
            (P.UNDER_ACCEPTANCE, "refuse_acceptance", P.NOT_ACCEPTED, "I.3.3"),
            (P.RECTIFYING, "accept", P.ACCEPTED, "I.3.3"),
            (P.RECTIFYING, "refuse_acceptance", P.NOT_ACCEPTED, "I.3.3"),
            *((state, "terminate", P.TERMINATED, "II.2.2") for state in (P.BUILDING, P.RECTIFYING, P.UNDER_ACCEPTANCE, P.SUSPENDED)),
            *((state, "withdraw", P.WITHDRAWN, "P.office") for state in (*ACTIVE, P.SUSPENDED)),
            *((state, "suspend", P.SUSPENDED, "P.office") for state in ACTIVE),
            *((P.SUSPENDED, f"resume_as_{state}", state, "P.office") for state in ACTIVE),
            *((state, VOIDING[P.SHORTLISTED], P.SHORTLISTED, "P.correction") for state in (P.BUILDING, P.NOT_SELECTED)),
            (P.BUILDING, VOIDING[P.BUILDING], P.BUILDING, "P.correction"),
            *((state, VOIDING[P.UNDER_ACCEPTANCE], P.UNDER_ACCEPTANCE, "P.correction") for state in (P.ACCEPTED, P.NOT_ACCEPTED)),
            *(
                (state, VOIDING[P.RECTIFYING], P.RECTIFYING, "P.correction")
                for state in (P.BUILDING, P.ACCEPTED, P.NOT_ACCEPTED, P.TERMINATED)
            ),
        ),
    ),
    *_rows(
        Machine.SUBMISSION,
        (
            (S.NEW, "hand_in_to_so", S.AWAITING_ENDORSEMENT, "III.2"),
            (S.NEW, "hand_in", S.HANDED_IN, "I.3.2"),
            (S.AWAITING_ENDORSEMENT, "endorse", S.HANDED_IN, "III.2"),
            (S.AWAITING_ENDORSEMENT, "return", S.RETURNED, "III.2"),
            (S.HANDED_IN, "return", S.RETURNED, "II.2.1.3"),
            (S.HANDED_IN, "complete", S.COMPLETE, "II.2.1.3"),
            (S.COMPLETE, "return", S.RETURNED, "II.2.1.3"),
            (S.NEW, "release", S.RELEASED, "P.office"),
            *((state, "retract", S.RETURNED, "P.correction") for state in (S.AWAITING_ENDORSEMENT, S.HANDED_IN, S.COMPLETE)),
        ),
    ),
    *_rows(
        Machine.RECTIFICATION,
        (
            (R.NEW, "order", R.OPEN, "II.2.2"),
            (R.OPEN, "answer", R.ANSWERED, "II.2.2"),
            (R.REOPENED, "answer", R.ANSWERED, "II.2.2"),
            (R.ANSWERED, "verify", R.VERIFIED, "II.2.2"),
            *((state, "reopen", R.REOPENED, "II.2.2") for state in (R.OPEN, R.ANSWERED, R.REOPENED)),
            (R.OPEN, "fail", R.FAILED, "II.2.2"),
            (R.REOPENED, "fail", R.FAILED, "II.2.2"),
            (R.ANSWERED, "fail", R.FAILED, "II.2.2"),
        ),
    ),
    *_rows(Machine.COHORT, ((C.NEW, "open", C.OPEN, "I"), (C.OPEN, "close", C.CLOSED, "I"))),
    *_rows(Machine.UNIT, ((U.NEW, "list", U.LISTED, "I"), (U.LISTED, "dissolve", U.DISSOLVED, "II.1.2.1"))),
    *_rows(Machine.PERSON, ((H.NEW, "list", H.LISTED, "P.office"), (H.LISTED, "retire", H.RETIRED, "P.office"))),
)
"""Moves that change a state (or start one)."""

PROJECT_FACTS = (
    ("tick_self_check", "I.3.1", (P.BUILDING, P.UNDER_ACCEPTANCE)),
    ("record_survey", "I.3.1", (P.BUILDING, P.UNDER_ACCEPTANCE, P.RECTIFYING)),
    ("answer_negative_list", "I.2.4", ACTIVE),
    ("check_negative_list", "I.2.4", ACTIVE),
    ("state_condition", "II.1.1.1", (P.DRAFT, P.DECLARED)),
    ("assess_self", "II.1.1.1", (P.DRAFT, P.DECLARED)),
    ("plan_outcomes", "II.1.3", (P.DRAFT, P.DECLARED)),
    ("name_secretary_project", "III.1", (P.DRAFT, P.DECLARED)),
    ("submit_package", "II.2.1.2", (P.DRAFT, P.DECLARED)),
    ("waive", "II.1.2.1", (P.DRAFT, P.DECLARED)),
    ("screen", "II.2.1.3", (P.DECLARED,)),
    ("assess", "II.2.2", (P.SHORTLISTED, P.BUILDING, P.RECTIFYING, P.UNDER_ACCEPTANCE)),
    ("assign", "P.panel", (P.SHORTLISTED, P.BUILDING, P.RECTIFYING, P.UNDER_ACCEPTANCE)),
    ("unassign", "P.panel", (P.SHORTLISTED, P.BUILDING, P.RECTIFYING, P.UNDER_ACCEPTANCE, P.SUSPENDED)),
    ("visit", "I.3.3", (P.BUILDING, P.RECTIFYING, P.UNDER_ACCEPTANCE)),
    ("choose_spot_check", "P.spot_check", (P.BUILDING,)),
    ("recommend", "II.2.2", (P.BUILDING, P.RECTIFYING, P.UNDER_ACCEPTANCE)),
    ("follow_recommendation", "II.2.2", (P.BUILDING, P.RECTIFYING, P.UNDER_ACCEPTANCE)),
    ("record_finding", "II.2.2", ACTIVE),
    ("record_baseline", "III.4", (P.BUILDING, P.RECTIFYING, P.UNDER_ACCEPTANCE)),
    ("record_measures", "II.2.3", (P.BUILDING, P.RECTIFYING, P.UNDER_ACCEPTANCE)),
    ("set_targets", "I.2.1", ACTIVE),
    ("record_results", "I.2.1", (P.BUILDING, P.RECTIFYING, P.UNDER_ACCEPTANCE)),
    ("assess_standards", "I.2.1", (P.BUILDING, P.RECTIFYING, P.UNDER_ACCEPTANCE)),
    ("report_aspects", "I.2.2", (P.BUILDING, P.RECTIFYING, P.UNDER_ACCEPTANCE)),
    ("record_outputs", "I.2.3", (P.BUILDING, P.RECTIFYING, P.UNDER_ACCEPTANCE)),
    ("record_promotion", "I.3.3", (P.BUILDING, P.RECTIFYING, P.UNDER_ACCEPTANCE)),
    ("self_evaluate", "II.2.3", (P.BUILDING, P.RECTIFYING, P.UNDER_ACCEPTANCE)),
    ("compare_peers", "II.2.3", (P.UNDER_ACCEPTANCE,)),
    ("record_publicity", "III.3", (P.BUILDING, P.RECTIFYING, P.UNDER_ACCEPTANCE)),
    ("supervise", "II.2.2", (P.BUILDING, P.RECTIFYING)),
    ("propose", "I.3.3", (P.SHORTLISTED, P.BUILDING, P.RECTIFYING, P.UNDER_ACCEPTANCE)),
    ("propose_decision", "P.publicity", PROPOSABLE),
    ("withdraw_proposal", "P.publicity", PROPOSABLE),
    ("record_objection", "P.publicity", OBJECTED),
    ("answer_objection", "P.publicity", OBJECTED),
    ("grant_support", "III.3", (P.ACCEPTED,)),
    ("extend", "P.extension", ACTIVE),
    ("correct", "P.correction", (*ACTIVE, P.SUSPENDED, *FINAL)),
)
"""Facts about a project that move nothing: (event, clause, states in which it may be recorded)."""

OTHER_FACTS = (
    (Machine.COHORT, C.OPEN, "supplement", "P.extension"),
    (Machine.COHORT, C.OPEN, "correct", "P.correction"),
    (Machine.COHORT, C.OPEN, "set_day", "P.office"),
    (Machine.COHORT, C.OPEN, "close_task", "P.office"),
    (Machine.COHORT, C.OPEN, "draw_defence", "P.defence"),
    (Machine.COHORT, C.OPEN, "schedule_defence", "P.defence"),
    (Machine.COHORT, C.OPEN, "sample_spot_checks", "P.spot_check"),
    (Machine.COHORT, C.OPEN, "hold_mail", "P.office"),
    (Machine.COHORT, C.OPEN, "release_mail", "P.office"),
    (Machine.COHORT, C.OPEN, "resend_mail", "P.office"),
    (Machine.COHORT, C.OPEN, "change_wording", "P.office"),
    (Machine.COHORT, C.OPEN, "form_panel", "II.2.1.3"),
    (Machine.COHORT, C.OPEN, "draw_panel", "P.panel"),
    (Machine.COHORT, C.OPEN, "refuse_conflict", "P.panel"),
    (Machine.UNIT, U.LISTED, "exempt", "II.2.1.1"),
    (Machine.UNIT, U.LISTED, "change_contact", "P.office"),
    (Machine.UNIT, U.LISTED, "change_unit", "II.1.2.1"),
    (Machine.UNIT, U.LISTED, "record_honours", "II.1.1.3"),
    (Machine.UNIT, U.LISTED, "record_recognitions", "II.2.1.1"),
    (Machine.UNIT, U.LISTED, "extend", "P.extension"),
    (Machine.UNIT, U.LISTED, "close_task", "P.office"),
    (Machine.UNIT, U.LISTED, "correct", "P.correction"),
    (Machine.UNIT, U.LISTED, "commend", "III.3"),
    (Machine.UNIT, U.LISTED, "erase_contact", "P.office"),
    (Machine.UNIT, U.DISSOLVED, "erase_contact", "P.office"),
    (Machine.PERSON, H.RETIRED, "erase", "P.office"),
    (Machine.PERSON, H.LISTED, "issue_code", "P.office"),
    (Machine.PERSON, H.LISTED, "revoke_code", "P.office"),
    (Machine.PERSON, H.LISTED, "change_contact", "P.office"),
    (Machine.PERSON, H.LISTED, "declare_tie", "P.panel"),
    (Machine.PERSON, H.LISTED, "end_tie", "P.panel"),
    *((Machine.SUBMISSION, state, "correct", "P.correction") for state in S if state is not S.NEW),
    *((Machine.RECTIFICATION, state, "correct", "P.correction") for state in R if state is not R.NEW),
    *((Machine.RECTIFICATION, state, "extend", "P.extension") for state in (R.OPEN, R.REOPENED)),
    *((Machine.RECTIFICATION, state, "answer_item", "II.2.2") for state in (R.OPEN, R.REOPENED)),
    *((Machine.RECTIFICATION, state, "verify_item", "II.2.2") for state in (R.OPEN, R.ANSWERED, R.REOPENED)),
)
"""Facts about the other machines that move nothing."""

TRANSITIONS: tuple[Transition, ...] = (
    *MOVES,
    *(Transition(Machine.PROJECT, s, event, s, clause) for event, clause, states in PROJECT_FACTS for s in states),
    *(Transition(machine, s, event, s, clause) for machine, s, event, clause in OTHER_FACTS),
)
"""Every legal row; loaded into the table ``transition_rule``."""

_BY_KEY = {(row.machine, row.source, row.event): row for row in TRANSITIONS}
if len(_BY_KEY) != len(TRANSITIONS):  # pragma: no cover - a mistake in the tables above
    raise AssertionError("two rows share machine, source and event")


def transition(machine: Machine, source: str, event: str) -> Transition:
    """Return the row for an event in a state; raises IllegalMoveError with what would be allowed."""
    try:
        return _BY_KEY[machine, source, event]
    except KeyError:
        allowed = "、".join(sorted(allowed_events(machine, source))) or "无"
        msg = f"{machine.label}处于“{source}”状态时不能 {event}；可以：{allowed}"
        raise IllegalMoveError(msg) from None


def next_state(machine: Machine, source: str, event: str) -> str:
    """Return the state that an event leads to; raises IllegalMoveError."""
    return transition(machine, source, event).target


def allowed_events(machine: Machine, source: str) -> frozenset[str]:
    """Return the events allowed in a state."""
    return frozenset(event for (m, s, event) in _BY_KEY if m == machine and s == source)
