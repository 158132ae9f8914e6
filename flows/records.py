"""One form per act in the Prefect UI. The form is made from the act's own parameters; the act checks again."""

from typing import Any

from prefect import Flow, flow
from prefect.runtime import flow_run
from pydantic import BaseModel, Field, create_model

from config.clock import business_day
from config.vocabulary import AuthMethod
from flows.runtime import engine, origin
from flows.steps.acts import ACTS, perform
from flows.steps.forms import LABELS, checked, form_of
from models.business_clock import business_now
from models.history import Act
from models.store import reading


def record_flow(act: str) -> Flow[Any, Any]:
    """Return the flow of an act, named as the office calls it."""
    person = (str, Field(title="办理人", min_length=1, json_schema_extra={"position": 99}))
    form: type[BaseModel] = create_model(f"{act}Record", __base__=form_of(act), __doc__=LABELS[act], recorded_by=person)

    def record(登记: BaseModel) -> str:  # noqa: PLC2401 - Prefect shows the name as the label
        """Perform the act in one transaction; the run's id makes a repeated run harmless."""
        fields = 登记.model_dump()
        actor = fields.pop("recorded_by")
        with reading(engine()) as session:
            today = business_day(business_now(session))
        by = Act(actor, origin(), today, command=str(flow_run.id), auth_method=AuthMethod.DECLARED)
        perform(engine(), by, act, **checked(act, fields))
        return f"{LABELS[act]}已登记"

    record.__name__ = record.__qualname__ = act
    record.__module__ = __name__
    record.__annotations__["登记"] = form
    made: Flow[Any, Any] = flow(name=LABELS[act], persist_result=False)(record)
    return made


RECORDS: dict[str, Flow[Any, Any]] = {act: record_flow(act) for act in ACTS}
"""Act → its flow; each is also a name of this module, so that a runner can load it."""
globals().update(RECORDS)
