"""Who is to score a project, as its history tells: assignments made less those taken back (R46, R49, R57)."""

from config.rubrics import Rubric, RubricPart
from config.vocabulary import OwedBy, PhaseKind
from models.rules.snapshot import Project

EVERY_PART = "all"
"""In place of a part's key: every part of the rubric that the panel scores."""


def assigned(project: Project, phase: PhaseKind, part: str, round_no: int) -> tuple[str, ...]:
    """Return the codes of those who are to score a part in a round, in the order in which they were assigned; empty: nobody by name."""
    found: dict[str, None] = {}
    for fact in project.facts:
        if fact.event not in ("assign", "unassign"):
            continue
        body = fact.payload
        if (body["phase"], body["round_no"]) != (phase, round_no) or part not in body["parts"]:
            continue
        for person in body["assessors"]:
            found[person] = None
            if fact.event == "unassign":
                del found[person]
    return tuple(found)


def panel_of(project: Project, phase: PhaseKind, round_no: int) -> str:
    """Return the name of the panel that was last assigned to a project in a round; empty for none."""
    mine = (fact.payload for fact in reversed(project.all("assign")))
    return next((str(body["panel"]) for body in mine if (body["phase"], body["round_no"]) == (phase, round_no)), "")


def panel_parts(rubric: Rubric, part: str = EVERY_PART) -> tuple[RubricPart, ...]:
    """Return the parts that the panel scores: all of them, or the one of a key; empty when the key is none of the panel's."""
    return tuple(one for one in rubric.parts if one.scored_by == OwedBy.PANEL and part in (one.key, EVERY_PART))


def scorers(project: Project, phase: PhaseKind, part: str, round_no: int) -> tuple[str, ...]:
    """Return who has scored a part in a round, in the order of their scores."""
    return tuple(a.assessor for a in project.assessments if (a.phase, a.part, a.round_no) == (phase, part, round_no))
