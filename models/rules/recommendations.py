"""What a project is advised to improve (R51): also one that passed; no deadline, but it is asked again at the end. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from models.rules.snapshot import Fact, Project


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One piece of advice by its number in the project, with what came of it."""

    number: int
    text: str
    on: date
    seq: int
    followed: str = ""
    followed_on: date | None = None


def recommendations(project: Project) -> tuple[Recommendation, ...]:
    """Return every piece of advice in order."""
    answers = {fact.payload["number"]: fact for fact in project.all("follow_recommendation")}
    given = ((fact, text) for fact in project.all("recommend") for text in fact.payload["items"])
    return tuple(_one(number, fact, text, answers.get(number)) for number, (fact, text) in enumerate(given, start=1))


def _one(number: int, fact: Fact, text: str, answer: Fact | None) -> Recommendation:
    if answer is None:
        return Recommendation(number, text, fact.effective_on, fact.seq)
    return Recommendation(number, text, fact.effective_on, fact.seq, answer.payload["text"], answer.effective_on)


def open_recommendations(project: Project) -> tuple[Recommendation, ...]:
    """Return the advice of which nobody has said yet what came of it."""
    return tuple(row for row in recommendations(project) if row.followed_on is None)


def noticed(project: Project) -> Iterator[str]:
    """Yield what has come up since the committee last decided about a project: problems seen on visits, advice still open."""
    decided = max((fact.seq for fact in project.facts if "ballot" in fact.payload), default=0)
    for fact in project.facts:
        if fact.seq > decided and fact.event == "visit":
            yield from (f"{fact.payload['kind']}发现：{text}" for text in fact.payload.get("problems", ()))
    yield from (row.text for row in open_recommendations(project) if row.seq > decided)
