"""Which answers to a ballot did not take effect, and why (R18, R47): what was refused stands with the ballot, not in the history."""

import re
from collections.abc import Iterator

from sqlmodel import Session, col, select

from flows.why.link import Link
from models.tables import Ballot, Project


def refused(session: Session, project: Project) -> Iterator[Link]:
    """Yield the refused answers to the ballots on which a project stood: those that name it, or none of its ballot."""
    ballots = select(Ballot).where(Ballot.cohort_id == project.cohort_id).order_by(col(Ballot.id))
    for ballot in session.exec(ballots):
        codes = [line["project"] for line in ballot.lines]
        for number, text in enumerate(ballot.refusals if project.code in codes else (), start=1):
            named = set(codes).intersection(re.findall(r"[0-9A-Za-z_-]+", text))
            if not named or project.code in named:
                yield Link(0, f"表决单 {ballot.code} 第 {number} 次填写未生效：{text}", ballot.made_on)
