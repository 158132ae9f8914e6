"""Which decisions are made public before they hold (公示), and for how long: rows of a programme file."""

from pydantic import Field

from config.rows import Row
from config.vocabulary import Outcome, PhaseKind


class PublicityRule(Row):
    """A phase without a row has no publicity: what the committee decides there holds at once."""

    phase: PhaseKind
    working_days: int = Field(ge=1)
    """Length of the period; the first day is the working day after the decision has been recorded."""
    named: tuple[Outcome, ...] = Field(min_length=1)
    """With which outcomes projects are named in public; the others wait for the same day but stand in no notice."""

    def waits(self, outcome: Outcome, *, again: bool) -> bool:
        """Return whether a decision waits: at first all of a ballot do; decided again, only what is to be named in public."""
        return not again or outcome in self.named
