"""Between a ballot and what was entered on its form."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from config.vocabulary import Outcome
from flows.steps.judging import Meeting, Verdicts
from models.tables import Ballot

FORM_MAX = 40
"""More projects than this do not fit a form that people can check."""
UNDECIDED = "暂不决定"


def field_name(project: str) -> str:
    """Return the form's field for a project."""
    return "项目_" + project.replace("-", "_")


def verdicts_from_form(ballot: Ballot, answer: Mapping[str, Any]) -> Verdicts:
    """Return the decisions that were entered; what is left undecided stays so."""
    by_label = {(line["project"], Outcome(o).label): Outcome(o) for line in ballot.lines for o in line["options"]}
    chosen = {line["project"]: answer[field_name(line["project"])] for line in ballot.lines}
    outcomes = {project: by_label[project, label] for project, label in chosen.items() if label != UNDECIDED}
    reasons = dict(line.strip().split(maxsplit=1) for line in answer["reasons"].splitlines() if len(line.split()) > 1)
    day = answer["decided_on"]
    meeting = Meeting(answer["meeting"], day if isinstance(day, date) else date.fromisoformat(day), answer["basis"])
    return Verdicts(meeting, outcomes, reasons)


def form_of(
    ballot: Ballot, meeting: Meeting, recorded_by: str, outcomes: Mapping[str, Outcome], reasons: Mapping[str, str]
) -> dict[str, Any]:
    """Return what a person would enter on the form for these decisions (used by the demo)."""
    entered = {field_name(line["project"]): UNDECIDED for line in ballot.lines}
    entered |= {field_name(project): outcome.label for project, outcome in outcomes.items()}
    text = "\n".join(f"{project} {reason}" for project, reason in reasons.items())
    base = {"meeting": meeting.name, "decided_on": meeting.decided_on.isoformat(), "basis": meeting.basis}
    return {**base, "recorded_by": recorded_by, "reasons": text, **entered}
