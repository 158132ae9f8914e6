"""How peers are compared at acceptance."""

from pydantic import Field

from config.rows import Row


class ComparisonRule(Row):
    """The horizontal comparison of acceptance (R56)."""

    peers_min: int = Field(ge=1)
    """With fewer other projects of the same kind a percentile says little, and the comparison says so."""
