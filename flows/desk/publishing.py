"""Artifacts in Prefect, written only where their content has changed: the history of a key would swell otherwise."""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import ArtifactCreate, ArtifactUpdate
from prefect.client.schemas.filters import (
    ArtifactCollectionFilter,
    ArtifactCollectionFilterKey,
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    ArtifactFilterType,
    FlowRunFilter,
    FlowRunFilterId,
)
from prefect.runtime import flow_run, task_run
from prefect.settings import PREFECT_API_URL, PREFECT_UI_URL

from config.cohort import PhaseDates
from config.settings import settings
from flows.desk.ledger import funnel, ledger
from flows.desk.links import DESK_KEY, Deployed, Links, artifact_key, artifact_page, artifact_version, local_page
from flows.desk.markdown import desk_front, desk_markdown
from flows.desk.situation import Situation
from flows.desk.view import TITLE, DeskView
from models.rules.snapshot import World

LINK = f"[打开{TITLE}]({artifact_page(DESK_KEY)})"


@dataclass(frozen=True, slots=True)
class Draft:
    """An artifact as it should be: its key, Prefect's type, its content as Prefect stores it, what it is."""

    key: str
    type: str
    data: str
    description: str


def table(key: str, rows: Sequence[Any], description: str) -> Draft:
    """Return the draft of a table."""
    return Draft(key, "table", json.dumps(rows), description)


def markdown(key: str, text: str, description: str) -> Draft:
    """Return the draft of a page of Markdown."""
    return Draft(key, "markdown", text, description)


def ledgers(situation: Situation) -> list[Draft]:
    """Return the ledgers and the funnel of every open cohort."""
    found: list[Draft] = []
    for world in situation.worlds:
        cohort = world.plan.cohort.cohort
        found.append(table(artifact_key("funnel", cohort), funnel(world, situation.calendar, situation.on), f"{cohort} 批次各阶段进度"))
        found += [_ledger(situation, world, phase) for phase in world.plan.cohort.phases if phase.opens_on <= situation.on]
    return found


def _ledger(situation: Situation, world: World, phase: PhaseDates) -> Draft:
    cohort = world.plan.cohort.cohort
    rows = ledger(world, situation.calendar, phase.key, situation.on)
    return table(artifact_key("ledger", cohort, phase.key), rows, f"{cohort} 批次{phase.kind.label}台账")


def desk_draft(view: DeskView) -> Draft:
    """Return the desk: the whole as its content, the front as its description."""
    return markdown(DESK_KEY, desk_markdown(view), desk_front(view))


def publish(client: SyncPrefectClient, wanted: Iterable[Draft], front: DeskView | None = None) -> None:
    """Write the drafts that differ from the newest version that Prefect holds of their key.

    A new version of the desk gets a link to itself into its ``front``: that is what Prefect's page of a key shows.
    """
    by_key = {draft.key: draft for draft in wanted}
    keys = ArtifactCollectionFilterKey(any_=list(by_key))
    newest = client.read_latest_artifacts(artifact_filter=ArtifactCollectionFilter(key=keys), limit=len(by_key))
    known = {artifact.key: artifact.data for artifact in newest}
    for draft in by_key.values():
        if known.get(draft.key) != draft.data:
            made = _create(client, key=draft.key, type=draft.type, data=draft.data, description=draft.description)
            if draft.key == DESK_KEY and front is not None:
                client.update_artifact(made, ArtifactUpdate(description=desk_front(front, artifact_version(made))))


def link_to_desk(client: SyncPrefectClient, told: str) -> None:
    """Give this run a link to the desk; it has no key, so that it shows with the run and nowhere else.

    A card of the run shows the description, so the link stands there as well.
    """
    _create(client, type="markdown", data=LINK, description=f"{LINK}　{told}".rstrip())


def is_linked(client: SyncPrefectClient) -> bool:
    """Return whether this run has its link to the desk."""
    own = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[UUID(flow_run.id)]), type=ArtifactFilterType(any_=["markdown"]))
    return any(artifact.data == LINK for artifact in client.read_artifacts(artifact_filter=own))


def _create(client: SyncPrefectClient, **fields: Any) -> UUID:
    return client.create_artifact(ArtifactCreate(flow_run_id=flow_run.id, task_run_id=task_run.id, **fields)).id


def read_links(client: SyncPrefectClient, runs: Collection[str] = ()) -> Links:
    """Return where the forms are: the deployments that Prefect knows, by the name of their flow; and which of ``runs`` have ended."""
    flows = {flow.id: flow.name for flow in client.read_flows(limit=200)}
    deployments = client.read_deployments(limit=200)
    return Links(
        {flows[row.flow_id]: Deployed(str(row.id), row.parameter_openapi_schema or {}) for row in deployments if row.flow_id in flows},
        local_page(settings().catcher_web_port),
        _ended(client, runs),
    )


def _ended(client: SyncPrefectClient, runs: Collection[str]) -> frozenset[str]:
    """Return the runs that have come to an end or that Prefect no longer has."""
    if not (ids := list(_ids(runs))):
        return frozenset(runs)
    known = client.read_flow_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=ids)))
    return frozenset(runs) - {str(run.id) for run in known if run.state is None or not run.state.is_final()}


def _ids(runs: Iterable[str]) -> Iterator[UUID]:
    for run in runs:
        with suppress(ValueError):  # a name that Prefect never gave is one that it does not have
            yield UUID(run)


def ui_address() -> str:
    """Return the address under which people reach Prefect's pages."""
    given = PREFECT_UI_URL.value() or PREFECT_API_URL.value() or ""
    parts = urlsplit(given)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
