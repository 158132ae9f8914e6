"""Drop-downs that are up to date: what forms may offer is written into the deployments' schemas (at most a minute old)."""

import copy
import logging
from datetime import date
from typing import Any

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import DeploymentUpdate
from prefect.client.schemas.responses import DeploymentResponse
from sqlalchemy.engine import Engine
from sqlmodel import Session

from config.clock import business_day
from flows.forms.choices import NOTHING, Choices, offered
from flows.forms.schema import CHOICES, MANY, TODAY
from models.business_clock import business_now
from models.store import reading

LOGGER = logging.getLogger("creation")
PAGE = 200


class Offer:
    """The choices of this moment, each kind read once however many forms ask for it."""

    def __init__(self, session: Session) -> None:
        """Read nothing yet."""
        self._session = session
        self._known: dict[str, Choices] = {}
        self.today: date = business_day(business_now(session))

    def labels(self, kind: str) -> list[str]:
        """Return what a drop-down of a kind shows."""
        if kind not in self._known:
            self._known[kind] = offered(self._session, kind)
        return list(self._known[kind])


def schema_now(schema: dict[str, Any], offer: Offer) -> dict[str, Any]:
    """Return a form's schema with today's choices and today as the default day; what has no choice and may stay empty is left out."""
    fresh = copy.deepcopy(schema)
    for model in fresh.get("definitions", {}).values():
        for name, told in list(model.get("properties", {}).items()):
            if kind := told.get(CHOICES):
                labels = offer.labels(kind)
                if not labels and name not in model.get("required", []):
                    del model["properties"][name]
                    continue
                (told["items"] if told.get(MANY) else told)["enum"] = labels or [NOTHING]
            if told.get(TODAY):
                told["default"] = offer.today.isoformat()
    return fresh


def refresh(engine: Engine, client: SyncPrefectClient) -> int:
    """Write today's choices into every deployment whose form has any; returns how many changed.

    The database is let go of before Prefect is spoken to: a reader that lingers keeps SQLite's writers waiting.
    """
    from flows.deployments import schemas  # the list imports every flow, and the flows this module

    with reading(engine) as session:
        offer = Offer(session)
        fresh = {entrypoint: schema_now(base, offer) for entrypoint, base in schemas().items()}
    changed = 0
    for row in _deployments(client):
        wanted = fresh.get(str(row.entrypoint))
        if wanted is not None and wanted != row.parameter_openapi_schema:
            client.update_deployment(row.id, DeploymentUpdate(parameter_openapi_schema=wanted))
            changed += 1
    return changed


def _deployments(client: SyncPrefectClient) -> list[DeploymentResponse]:
    return client.read_deployments(limit=PAGE)


def try_refresh(engine: Engine) -> int:
    """Refresh, or say in the log why the drop-downs are older; returns how many forms changed.

    Whatever fails: an act has been recorded by then, and must not be told as failed for the sake of the next form.
    """
    try:
        with get_client(sync_client=True) as client:
            return refresh(engine, client)
    except Exception as error:  # noqa: BLE001 - see above
        LOGGER.warning("表单选项暂未更新，一分钟内会再试：%s（%s）", error, type(error).__name__)
        return 0
