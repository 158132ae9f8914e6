"""Decisions under publicity: proposed, objected to, void or final; all of it is read from facts (P.publicity; R18, R19, R47, R52, R53).

A proposal moves nothing. It ends by the one fact that names its number: ``proposed`` in the decision that it became, ``voids`` in
the answer that upheld an objection or in the committee's own withdrawal. A final decision that was voided is named in the same way.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from config.vocabulary import Machine, Outcome, PhaseKind
from models.rules.calendar import ONE_DAY, Calendar
from models.rules.lifecycle import VOIDING, allowed_events
from models.rules.snapshot import Fact, Project, World

PROPOSED, OBJECTION, ANSWER, WITHDRAWN = "propose_decision", "record_objection", "answer_objection", "withdraw_proposal"
VOIDED = frozenset(VOIDING.values())
"""Events by which the committee voids a decision that was final."""


@dataclass(frozen=True, slots=True)
class Objection:
    """An objection to a proposal; ``raised_by`` is empty for an anonymous one, ``answer`` None while it is open."""

    seq: int
    proposal: int
    received_on: date
    raised_by: str
    text: str
    answer: Fact | None = None

    @property
    def upheld(self) -> bool:
        """Return whether it was found to be right."""
        return self.answer is not None and bool(self.answer.payload["upheld"])


@dataclass(frozen=True, slots=True)
class Proposed:
    """A decision of the committee that was made public before it holds; ``body`` is that of the decision to come."""

    seq: int
    phase: PhaseKind
    round_no: int
    outcome: Outcome
    event: str
    body: Mapping[str, Any]
    proposed_on: date
    from_on: date
    until_on: date
    ended_by: Fact | None
    """What made it final or void; None while it stands."""
    objections: tuple[Objection, ...]

    @property
    def open_objections(self) -> tuple[Objection, ...]:
        """Return the objections that nobody has answered."""
        return tuple(objection for objection in self.objections if objection.answer is None)

    @property
    def is_final(self) -> bool:
        """Return whether it has become the committee's decision."""
        return self.ended_by is not None and "proposed" in self.ended_by.payload


def proposals(project: Project) -> tuple[Proposed, ...]:
    """Return the decisions about a project that were made public, oldest first."""
    return tuple(_proposed(project, fact) for fact in project.all(PROPOSED))


def _proposed(project: Project, fact: Fact) -> Proposed:
    told, body = fact.payload, fact.payload["decision"]
    ended = (other for other in project.facts if fact.seq in (other.payload.get("proposed"), other.payload.get("voids")))
    return Proposed(
        fact.seq, PhaseKind(body["phase"]), body["round_no"], Outcome(body["outcome"]), told["event"], body, fact.effective_on,
        date.fromisoformat(told["from_on"]), date.fromisoformat(told["until_on"]), next(ended, None), tuple(_objections(project, fact.seq)),
    )  # fmt: skip


def _objections(project: Project, proposal: int) -> Iterator[Objection]:
    answers = {fact.payload["objection"]: fact for fact in project.all(ANSWER)}
    for fact in (known for known in project.all(OBJECTION) if known.payload["proposal"] == proposal):
        body = fact.payload
        received = date.fromisoformat(body["received_on"])
        yield Objection(fact.seq, proposal, received, body["raised_by"], body["text"], answers.get(fact.seq))


def pending(project: Project) -> Proposed | None:
    """Return the proposal that stands, or None; it rests while the project is suspended, and lapses when it has left."""
    if project.latest(PROPOSED) is None:
        return None
    newest = proposals(project)[-1]
    legal = newest.event in allowed_events(Machine.PROJECT, project.state)
    return newest if newest.ended_by is None and legal else None


def settled(project: Project, phase: PhaseKind, round_no: int) -> bool:
    """Return whether nothing is up for decision in a round: it has been decided, or its decision is before the public."""
    found = pending(project)
    return project.decided(phase, round_no) is not None or (found is not None and (found.phase, found.round_no) == (phase, round_no))


def final_on(proposed: Proposed, calendar: Calendar) -> date:
    """Return the working day on which a proposal becomes final if nobody objects: the first after its period."""
    return calendar.on_or_after(proposed.until_on + ONE_DAY)


def due(world: World, calendar: Calendar, phase: PhaseKind, on: date) -> tuple[tuple[Project, Proposed], ...]:
    """Return the proposals of a phase whose period has ended by a day and to which no objection is open."""
    known = ((project, pending(project)) for project in world.projects)
    return tuple(
        (project, found)
        for project, found in known
        if found is not None and found.phase == phase and final_on(found, calendar) <= on and not found.open_objections
    )


def voids(project: Project) -> dict[int, Fact]:
    """Return what has been voided: number of the fact → the fact that voided it."""
    return {fact.payload["voids"]: fact for fact in project.facts if "voids" in fact.payload}


def last_void(project: Project, phase: PhaseKind, round_no: int) -> tuple[Fact, Mapping[str, Any]] | None:
    """Return by what the newest decision or proposal of a round was voided, with its body; None where that one holds, or none was."""
    gone = voids(project)
    mine = [(fact, body) for fact in project.facts if (body := decision_body(fact.payload)) and _is_of(body, phase, round_no)]
    if not mine or mine[-1][0].seq not in gone:
        return None
    return gone[mine[-1][0].seq], mine[-1][1]


def decision_body(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the committee decided by a fact, at once or as a proposal; empty for any other fact."""
    body: Mapping[str, Any] = payload.get("decision", payload)
    return body if "ballot" in body and "round_no" in body else {}


def _is_of(body: Mapping[str, Any], phase: PhaseKind, round_no: int) -> bool:
    return (body["phase"], body["round_no"]) == (phase, round_no)


def former(project: Project, phase: PhaseKind, round_no: int) -> tuple[str, ...]:
    """Return, for a round that is up again, what was decided before and why that does not hold; empty for a first decision."""
    found = last_void(project, phase, round_no)
    if found is None:
        return ()
    fact, body = found
    label = Outcome(body["outcome"]).label
    if fact.event == ANSWER:
        return (f"原拟定“{label}”公示中异议成立，须重新决定：{fact.payload['text']}",)
    return (f"原决定“{label}”已由{fact.payload['meeting']}撤销，须重新决定：{fact.payload['reason']}",)
