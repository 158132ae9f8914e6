"""What the committee takes back: a decision that was wrong, or one still under publicity (R18; decision 0019)."""

from datetime import date

from sqlmodel import Session, select

from config.vocabulary import Outcome, PhaseKind, ProjectState
from flows.steps.errors import refuse
from flows.steps.judging import Meeting
from flows.steps.voiding_letters import tell_voided
from models.history import Act, record_event
from models.loading import cohort_of, load_world, project_row
from models.rules.decisions import opens_rectification
from models.rules.lifecycle import VOIDING
from models.rules.publicity import WITHDRAWN, Proposed, decision_body, pending, voids
from models.rules.snapshot import Fact
from models.rules.snapshot import Project as Known
from models.tables import Decision, Event, Project
from notifications import outbox


def void_decision(  # noqa: PLR0913 - the fields of the form
    session: Session, act: Act, project: str, meeting: str, decided_on: date, basis: str, reason: str
) -> Project:
    """Void the newest decision about a project by order of the committee: it stands where it stood before, and is up for decision again.

    The decision and its grounds stay in the history. Refused where something has been built on it: a later move, or a rectification.
    """
    row, held = project_row(session, project), Meeting(meeting, decided_on, basis)
    _refuse_empty(act, held, reason)
    known = load_world(session, cohort_of(session, row).code).project(project)
    told = {"meeting": held.name, "decided_on": held.decided_on.isoformat(), "basis": held.basis, "reason": reason}
    outbox.withdraw_unsent(session, project=project, because=f"决定撤销：{reason}"[:200])
    if (proposed := pending(known)) is not None:
        record_event(session, row, WITHDRAWN, act, {**_named(proposed), **told})
    else:
        _void_final(session, act, row, known, told)
    return row


def _named(proposed: Proposed) -> dict[str, object]:
    return {"voids": proposed.seq, "outcome": proposed.outcome.value, "phase": proposed.phase.value, "round_no": proposed.round_no}


def _void_final(session: Session, act: Act, row: Project, known: Known, told: dict[str, str]) -> None:
    fact = _voidable(session, row, known)
    body = decision_body(fact.payload)
    before = session.get_one(Event, (f"project:{row.code}", fact.seq)).source
    wrong = {"voids": fact.seq, "phase": body["phase"], "round_no": body["round_no"], "outcome": body["outcome"]}
    event = record_event(session, row, VOIDING[ProjectState(before)], act, {**wrong, **told})
    keys = {"phase": PhaseKind(body["phase"]), "round_no": body["round_no"]}
    session.delete(session.exec(select(Decision).filter_by(project_id=row.id, **keys)).one())
    session.flush()
    tell_voided(session, act, row, event)


def _voidable(session: Session, row: Project, known: Known) -> Fact:
    """Return the newest decision that holds; refused where the project has gone on from it, or has to put things right after it."""
    gone = voids(known)
    standing = [fact for fact in known.facts if "ballot" in fact.payload and fact.seq not in gone]
    if not standing:
        raise refuse(f"{row.code} 没有可以撤销的党委决定", f"请用 creation history {row.code} 查看")
    last = standing[-1]
    outcome = Outcome(last.payload["outcome"])
    if opens_rectification(outcome):
        raise refuse(
            f"{row.code} 的决定“{outcome.label}”已开启限期整改，不能撤销", "请核实整改情况后提请党委重新决定（整改后的决定即新的一轮）"
        )
    event = session.get_one(Event, (f"project:{row.code}", last.seq))
    if event.target != row.state or _moved_since(session, row, last.seq):
        raise refuse(
            f"{row.code} 在决定“{outcome.label}”之后已有新的流转，现为“{row.state.label}”，不能撤销", "请按现阶段的程序提请党委决定"
        )
    return last


def _moved_since(session: Session, row: Project, seq: int) -> bool:
    """Return whether the project left its state after a fact, even if it has come back (a suspension is no such thing)."""
    query = select(Event).where(Event.stream == f"project:{row.code}", Event.seq > seq, Event.source != Event.target)
    return any(not _rests(event) for event in session.exec(query))


def _rests(event: Event) -> bool:
    return ProjectState.SUSPENDED in (event.source, event.target)


def _refuse_empty(act: Act, meeting: Meeting, reason: str) -> None:
    if not (meeting.name.strip() and meeting.basis.strip() and reason.strip()):
        raise refuse("撤销决定须写明会议名称、依据和理由", "请填写")
    if meeting.decided_on > act.on:
        raise refuse(f"会议日期 {meeting.decided_on} 晚于今天 {act.on}", "请核对日期")
