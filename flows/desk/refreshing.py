"""Bringing the desk to now, with a run or without: the page, the artifacts, the events. Whatever fails is told and stops nothing."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from prefect.client.orchestration import SyncPrefectClient, get_client
from sqlalchemy.engine import Engine

from config.settings import settings
from flows.desk.page import desk_html, page_path, write_page
from flows.desk.publishing import Draft, desk_draft, is_linked, ledgers, link_to_desk, publish, read_links, ui_address
from flows.desk.reading import read_situation
from flows.desk.situation import Situation
from flows.desk.view import DeskView, desk_view
from flows.emitting import emit_moves
from models.store import reading

LOGGER = logging.getLogger("creation")


def refresh(engine: Engine, origin: str, more: Sequence[Draft] = (), told: str = "") -> None:
    """Emit what the run moved, then write artifacts and page; ``more`` are artifacts of the run's own, ``told`` what it did."""
    with telling("流转事件未能发出"), reading(engine) as session:
        emit_moves(session, origin)
    with telling("今日工作台未能更新"), get_client(sync_client=True) as client:
        _renew(engine, client, more)
        link_to_desk(client, told)


def show_end(engine: Engine, origin: str, *, well: bool) -> None:
    """Link a run that has not done so to the desk and bring that to now; what ended otherwise than ``well`` may have moved something."""
    with telling("今日工作台未能更新"), get_client(sync_client=True) as client:
        linked = is_linked(client)
        if not (well and linked):
            with telling("流转事件未能发出"), reading(engine) as session:
                emit_moves(session, origin)
            _renew(engine, client)
        if not linked:
            link_to_desk(client, "")


def renew_desk(engine: Engine) -> None:
    """Write artifacts and page as things stand, for no run."""
    with telling("今日工作台未能更新"), get_client(sync_client=True) as client:
        _renew(engine, client)


def _renew(engine: Engine, client: SyncPrefectClient, more: Sequence[Draft] = ()) -> None:
    wanted, front = list(more), None
    with telling("今日工作台未能更新"):
        situation, view = _look(engine, client)
        wanted += [desk_draft(view), *ledgers(situation)]
        front = view
    publish(client, wanted, front)


def _look(engine: Engine, client: SyncPrefectClient) -> tuple[Situation, DeskView]:
    with reading(engine) as session:
        situation = read_situation(session)
    runs = {ballot.run for ballot in situation.work.ballots if ballot.run}
    view = desk_view(situation, read_links(client, runs), settings().office_name)
    with telling("今日工作台网页未能写入"):
        write_page(page_path(engine), desk_html(view, ui_address()))
    return situation, view


@contextmanager
def telling(what: str) -> Iterator[None]:
    """Turn an error into a warning in the run's log: the work itself has been done and must not fail for its display."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whatever the display raises, the run has done its work
        LOGGER.warning("%s：%s（%s）；本次办理不受影响，下次办理时会再次更新", what, error, type(error).__name__)
