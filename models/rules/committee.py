"""What waits for the Party committee: on a ballot, or up for decision and on none (R18, R47, R51–R53)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from config.vocabulary import PhaseKind
from models.rules.decisions import FIRST_STATE, propose_all, round_no
from models.rules.memory import remembered
from models.rules.office_work import WaitingBallot
from models.rules.publicity import last_void
from models.rules.snapshot import Project, World


@dataclass(frozen=True, slots=True)
class BeforeCommittee:
    """Projects that wait for the committee, by code: on a ballot (``ballot``), or not yet put before it."""

    phase: PhaseKind
    ballot: str
    projects: tuple[str, ...]
    unready: frozenset[str]
    """Those that still lack scores or something that must be looked at first."""
    since: date | None


def decided_kinds(world: World) -> tuple[PhaseKind, ...]:
    """Return the kinds of phase of a cohort that end with a decision, in order."""
    return tuple(dict.fromkeys(phase.kind for phase in world.plan.cohort.phases if phase.kind in FIRST_STATE))


@remembered(16)  # the desk asks for the projects, for the actions and for what is unready
def before_committee(world: World, phase: PhaseKind, ballots: tuple[WaitingBallot, ...]) -> tuple[BeforeCommittee, ...]:
    """Return the ballots of a phase that wait, then what is up for decision and on none of them.

    A ballot none of whose projects is up for decision any more has been overtaken and is left out.
    """
    return tuple(_before_committee(world, phase, ballots))


def _before_committee(world: World, phase: PhaseKind, ballots: Iterable[WaitingBallot]) -> Iterator[BeforeCommittee]:
    proposals = propose_all(world, phase)
    up = {proposal.project: world.project(proposal.project) for proposal in sorted(proposals, key=lambda proposal: proposal.project)}
    unready = {proposal.project for proposal in proposals if proposal.outcome is None or proposal.blockers}
    offered: set[str] = set()
    for ballot in (b for b in ballots if (b.cohort, b.phase) == (world.plan.cohort.cohort, phase)):
        if waiting := tuple(code for code in ballot.projects if code in up):
            offered.update(ballot.projects)
            yield BeforeCommittee(phase, ballot.code, waiting, frozenset(), ballot.made_on)
    if rest := tuple(code for code in up if code not in offered):
        since = min((day for code in rest if (day := _up_since(up[code], phase))), default=None)
        yield BeforeCommittee(phase, "", rest, frozenset(unready.intersection(rest)), since)


def _up_since(project: Project, phase: PhaseKind) -> date | None:
    """Return the day of the first proposal of this round, else of the newest fact; of what was voided, the day of that."""
    round_now = round_no(project, phase)
    if (void := last_void(project, phase, round_now)) is not None:
        return void[0].effective_on
    proposed = (f.effective_on for f in project.all("propose") if (f.payload.get("phase"), f.payload.get("round_no")) == (phase, round_now))
    return next(proposed, project.facts[-1].effective_on if project.facts else None)
