"""One form per act in the Prefect UI. The form is made from the act's own parameters; the act checks again."""

from typing import Any

from prefect import Flow, flow
from prefect.artifacts import create_markdown_artifact
from prefect.runtime import flow_run
from pydantic import BaseModel, create_model

from config.clock import business_day
from flows.desk.markdown import escaped
from flows.forms.labels import FORMS, LABELS, said
from flows.forms.model import checked, form_of
from flows.forms.people import claim_of, person_fields, person_of
from flows.offering import try_refresh
from flows.plainly import plainly
from flows.runtime import engine, origin, submitted_at
from flows.steps.acts import ACTS, COMMAND_ONLY, carry_out
from flows.steps.repeating import answered
from flows.tasks import refresh_desk
from models.business_clock import business_now
from models.history import Act
from models.store import reading


def record_flow(act: str) -> Flow[Any, Any]:
    """Return the flow of an act, named as the office calls it."""
    form: type[BaseModel] = create_model(f"{act}Record", __base__=form_of(act), __doc__=FORMS[act].help, **person_fields(act, 98))

    def record(登记: BaseModel) -> str:  # noqa: PLC2401 - Prefect shows the name as the label
        """Perform the act in one transaction; the run's id makes a repeated run harmless."""
        lines = record_once(act, 登记.model_dump(exclude_unset=True))
        show_consequences()
        if lines:
            create_markdown_artifact("\n".join(f"- {escaped(line)}" for line in lines), description=LABELS[act])
        return said(act, lines)

    record.__name__ = record.__qualname__ = act
    record.__module__ = __name__
    record.__annotations__["登记"] = form
    made: Flow[Any, Any] = flow(name=LABELS[act], flow_run_name=LABELS[act], persist_result=False)(plainly(record))
    return made


def record_once(act: str, typed: dict[str, Any]) -> tuple[str, ...]:
    """Check what was typed, perform the act, and return what it leaves to be read; a run that comes back gets the same answer."""
    label, code, seen = typed.pop("recorded_by", ""), typed.pop("code", ""), typed.pop("seen", None)
    command = str(flow_run.id)
    with reading(engine()) as session:
        if (known := answered(session, command, act, typed)) is not None:
            return known
        actor = person_of(session, label)
        fields = checked(session, act, typed)
        claim = claim_of(session, act, actor, code, submitted_at(), origin())
        today = business_day(business_now(session))
    by = Act(actor, origin(), today, command=command).having_seen(fields.get("project", ""), seen)
    return carry_out(engine(), by, claim, act, typed, fields)


def show_consequences() -> None:
    """Bring the drop-downs and the desk to what this run has changed."""
    try_refresh(engine())
    refresh_desk()


RECORDS: dict[str, Flow[Any, Any]] = {act: record_flow(act) for act in ACTS if act not in COMMAND_ONLY}
"""Act → its flow; each is also a name of this module, so that a runner can load it."""
globals().update(RECORDS)
