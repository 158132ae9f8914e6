"""One form per act in the Prefect UI. The form is made from the act's own parameters; the act checks again."""

from datetime import datetime
from typing import Any

from prefect import Flow, flow
from prefect.context import FlowRunContext
from prefect.runtime import flow_run
from pydantic import BaseModel, Field, create_model
from sqlmodel import select

from config.clock import business_day, now
from config.vocabulary import AuthMethod
from flows.forms.labels import FORMS, LABELS
from flows.forms.model import checked, form_of
from flows.forms.people import person_of
from flows.forms.schema import CHOICES
from flows.runtime import engine, origin
from flows.steps.acts import ACTS, COMMAND_ONLY, perform
from models.business_clock import business_now
from models.history import Act
from models.store import reading
from models.tables import Event


def record_flow(act: str) -> Flow[Any, Any]:
    """Return the flow of an act, named as the office calls it."""
    form: type[BaseModel] = create_model(f"{act}Record", __base__=form_of(act), __doc__=FORMS[act].help, **asked_of_person(act))

    def record(登记: BaseModel) -> str:  # noqa: PLC2401 - Prefect shows the name as the label
        """Perform the act in one transaction; the run's id makes a repeated run harmless."""
        return record_once(act, 登记.model_dump(exclude_unset=True))

    record.__name__ = record.__qualname__ = act
    record.__module__ = __name__
    record.__annotations__["登记"] = form
    made: Flow[Any, Any] = flow(name=LABELS[act], flow_run_name=LABELS[act], persist_result=False)(record)
    return made


def asked_of_person(act: str) -> dict[str, Any]:
    """Return the fields that ask who does it."""
    del act
    extra: dict[str, Any] = {"position": 98, CHOICES: "person"}
    return {"recorded_by": (str, Field(title="办理人", description="选择您本人", min_length=1, json_schema_extra=extra))}


def record_once(act: str, typed: dict[str, Any]) -> str:
    """Check what was typed, perform the act, and say so; a run that comes back after a crash finds its work done."""
    label = typed.pop("recorded_by", "")
    with reading(engine()) as session:
        if session.exec(select(Event.seq).where(Event.origin == origin()).limit(1)).first() is not None:
            return f"{LABELS[act]}此前已登记"
        actor = person_of(session, label)
        fields = checked(session, act, typed)
        today = business_day(business_now(session))
    by = Act(actor, origin(), today, command=str(flow_run.id), auth_method=AuthMethod.DECLARED)
    perform(engine(), by, act, **fields)
    return f"{LABELS[act]}已登记"


def submitted_at() -> datetime:
    """Return when this run was submitted: that moment counts, however long it waited in the queue."""
    context = FlowRunContext.get()
    created = context.flow_run.created if context and context.flow_run else None
    return created or now()


RECORDS: dict[str, Flow[Any, Any]] = {act: record_flow(act) for act in ACTS if act not in COMMAND_ONLY}
"""Act → its flow; each is also a name of this module, so that a runner can load it."""
globals().update(RECORDS)
