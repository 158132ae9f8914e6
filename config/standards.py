"""What acceptance looks at item by item: the standards of each kind of award, and how peers are compared."""

from pydantic import Field

from config.rows import Key, Row
from config.vocabulary import AwardKind, StandardKind


class StandardRule(Row):
    """One item of 五个到位 or 七个有力 (R6, R7), in the order in which forms and papers list them."""

    kind: StandardKind
    key: Key
    title: str
    award_kind: AwardKind


class ComparisonRule(Row):
    """The horizontal comparison of acceptance (R56)."""

    peers_min: int = Field(ge=1)
    """With fewer other projects of the same kind a percentile says little, and the comparison says so."""
