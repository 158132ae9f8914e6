"""The one list of deployments: found by workers, named and told in Chinese, run by itself when expected."""

import asyncio
import re
import subprocess
import sys
from datetime import datetime
from inspect import Parameter, signature
from zoneinfo import ZoneInfo

import pytest
import yaml
from prefect import Flow
from prefect.exceptions import ParameterTypeError
from prefect.flows import load_flow_from_entrypoint
from prefect.server.schemas.schedules import CronSchedule

from flows.alerts import FailedRun, run_alert
from flows.automations import TEMPLATES
from flows.deployments import ALL, Deployed, entrypoint, schedules, schemas
from flows.documents import ROOT
from flows.forms.order import NUMBERED, address, deployment_name

CHINESE = re.compile("[\u4e00-\u9fff]")
WORD = re.compile(r"(?<![\w.@/])[A-Za-z]{2,}(?![\w.@/])")
"""An English word on its own; parts of addresses and paths are none."""
SHANGHAI = ZoneInfo("Asia/Shanghai")
IDS = [row.flow.name for row in ALL]
SCHEDULED = {"今日核对": ["2026-11-25 08:35", "2026-11-26 08:35", "2026-11-27 08:35"]}
"""Every deployment that runs by itself, and when it next does after a Tuesday noon."""


def fires(row: Deployed) -> list[str]:
    (schedule,) = schedules(row)
    cron = CronSchedule(cron=schedule.cron, timezone=schedule.timezone)
    days = asyncio.run(cron.get_dates(3, datetime(2026, 11, 24, 12, tzinfo=SHANGHAI)))
    return [f"{day.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" for day in days]


def test_names_and_entrypoints_are_unique():
    assert len(set(IDS)) == len(IDS)
    assert len({entrypoint(row) for row in ALL}) == len(ALL)


def test_each_form_has_a_number_of_its_own_by_which_the_list_sorts_as_the_office_works():
    assert set(NUMBERED.values()) == set(IDS)
    assert len(set(NUMBERED.values())) == len(NUMBERED)
    assert {len(str(number)) for number in NUMBERED} == {3}, "sorting by text is sorting by number"
    names = sorted(map(deployment_name, IDS))
    assert names[0] == "101-建立批次"
    assert names.index("204-申报认定") < names.index("402-批量报送登记") < names.index("602-党委决定") < names.index("991-发送邮件")
    assert address("党委决定") == "党委决定/602-党委决定", "ballots that wait belong to this name"


@pytest.mark.parametrize("row", ALL, ids=IDS)
def test_a_worker_finds_the_flow_by_its_entrypoint(row):
    found = load_flow_from_entrypoint(entrypoint(row), use_placeholder_flow=False)
    assert isinstance(found, Flow)
    assert found is row.flow


@pytest.mark.parametrize("row", ALL, ids=IDS)
def test_what_people_read_is_chinese(row):
    assert all(CHINESE.search(text) for text in (row.flow.name, row.description, *row.tags))
    assert row.tags
    assert set(re.findall(r"[A-Za-z]+", row.description)) <= {"Excel", "Word"}


@pytest.mark.parametrize("row", ALL, ids=IDS)
def test_every_field_of_its_form_is_told_in_chinese(row):
    """Also those that are not made from acts: phases, committee, sheets, report, alerts."""
    schema = schemas()[entrypoint(row)]
    told = [text for model in schema.get("definitions", {}).values() for text in texts_of(model)]
    assert [text for text in (*told, *schema["properties"]) if not CHINESE.search(text)] == []
    assert set(WORD.findall(" ".join(told))) <= {"Excel", "Resume", "Word"}, "a button of Prefect's is named as it is"


def texts_of(model):
    """What a form says of itself and of its fields."""
    yield model["description"]
    for field, told in model["properties"].items():
        assert "anyOf" not in told, f"{field}: the page would ask for a type"
        yield from (told["title"], *([told["description"]] if "description" in told else []))


@pytest.mark.parametrize("row", ALL, ids=IDS)
def test_what_runs_by_itself_needs_nothing_filled_in_and_the_rest_asks_one_form(row):
    required = [one for one in signature(row.flow.fn).parameters.values() if one.default is Parameter.empty]
    if row.schedule:
        assert row.flow.validate_parameters({}) == {}
        assert required == []
    else:
        assert len(required) <= 1
        assert all(CHINESE.search(one.name) for one in required)


def test_exactly_these_run_by_themselves_and_when():
    assert {row.flow.name: fires(row) for row in ALL if row.schedule} == SCHEDULED
    assert {schedule.timezone for row in ALL for schedule in schedules(row)} == {"Asia/Shanghai"}
    assert all(schedule.active for row in ALL for schedule in schedules(row))


def test_the_control_fires_at_another_time():
    (row,) = (row for row in ALL if row.schedule)
    assert fires(row._replace(schedule="35 9 * * *")) != SCHEDULED[row.flow.name]
    with pytest.raises(ValueError, match="cron"):
        schedules(row._replace(schedule="35 8 * *"))


def test_the_automation_fills_in_the_alerts_form():
    assert set(TEMPLATES) == set(FailedRun.model_fields)
    assert run_alert.validate_parameters({"异常": dict.fromkeys(TEMPLATES, "x")})
    with pytest.raises(ParameterTypeError, match="run_id"):
        run_alert.validate_parameters({"异常": {}})


def test_the_work_pool_file_is_the_same_list():
    told = yaml.safe_load((ROOT / "flows" / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    assert [(one["name"], one["entrypoint"], one["description"], one["tags"]) for one in told] == [
        (deployment_name(row.flow.name), entrypoint(row), row.description, list(row.tags)) for row in ALL
    ]
    timed = {one["entrypoint"]: one["schedules"] for one in told if "schedules" in one}
    assert timed == {"flows.daily_check.daily_check": [{"cron": "35 8 * * *", "timezone": "Asia/Shanghai", "slug": "daily"}]}


def test_a_work_pool_file_that_has_drifted_is_found(tmp_path):
    """On a copy of the checkout: one description is changed by hand."""
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.splitlines()
    for name in names or pytest.skip("not a checkout"):
        if name.split("/")[0] in ("config", "models", "notifications", "flows", "docs") and not name.endswith(".png"):
            target = tmp_path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, "-m", "flows.documents", "--check"]
    assert subprocess.run(command, cwd=tmp_path, check=False).returncode == 0, "the control"
    spoilt = tmp_path / "flows" / "prefect.yaml"
    spoilt.write_text(spoilt.read_text(encoding="utf-8").replace("35 8 * * *", "35 9 * * *"), encoding="utf-8")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "drifted: flows/prefect.yaml; run `make docs`\n")
