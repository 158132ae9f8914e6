"""What every row of a programme or cohort file has in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]


class Row(BaseModel):
    """One row of a programme or cohort file: unknown keys are refused, the clause is mandatory (see config/clauses.yaml)."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    clause: str
