"""Drop-downs and desk are kept up to date by a thread that nobody would start again: nothing may end it, and no act fails for it."""

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from config.settings import settings
from flows import deployments
from flows.offering import try_refresh
from models.database import engine_for


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """A database that cannot be opened, and nobody who answers for Prefect."""
    url = f"sqlite:///{tmp_path / 'no' / 'folder' / 'creation.db'}"
    monkeypatch.setenv("CREATION_DATABASE_URL", url)
    settings.cache_clear()
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        yield url
    settings.cache_clear()


def test_a_database_that_is_gone_fails_no_act(nowhere, caplog):
    assert try_refresh(engine_for(nowhere)) == 0
    assert ["表单选项暂未更新" in record.getMessage() for record in caplog.records] == [True]


def test_the_thread_goes_on_whatever_fails(nowhere, monkeypatch, caplog):
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        if len(slept) > 2:
            raise SystemExit

    monkeypatch.setattr(deployments, "sleep", sleep)
    with pytest.raises(SystemExit):
        deployments.keep_complete()
    assert slept == [deployments.REFRESH_SECONDS] * 3
    told = [record.getMessage().partition("：")[0] for record in caplog.records]
    assert told.count("表单选项暂未更新，一分钟内会再试") == 3
    assert told.count("今日工作台未能更新") >= 3, "the desk is renewed each minute, whether or not a form has changed"
