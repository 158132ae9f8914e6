"""Addresses of Prefect's pages, relative to its host, so that they hold behind any name or tunnel; and of the local page, whole."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote
from uuid import UUID

COMMITTEE, RECTIFICATION, DELIVERY = "党委决定", "限期整改", "发送邮件"
SHEET, REPORT, DEFENCE_SHEET, AWARDS = "生成报送登记表", "生成进展报告", "生成答辩顺序表", "生成表彰经费台账"
LOCAL_PAGES: Mapping[str, str] = {
    "收件箱（文件）": "inbox",
    "待填表": "sheets",
    "报告": "reports",
    "信件样式": "letters",
    "已发邮件": "mails",
}
"""What the local page shows beside the desk, by the words of its own head."""
DESK_KEY = "desk"


@dataclass(frozen=True, slots=True)
class Link:
    """A text with where it leads; an empty address shows the text alone."""

    text: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Deployed:
    """A deployment as Prefect knows it: its id and what its form can take."""

    id: str
    schema: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Links:
    """Where the office's forms are; a form that Prefect was not asked about is found by its name."""

    deployed: Mapping[str, Deployed] = field(default_factory=dict)
    local: str = ""
    """Address of the local page; "" where there is none."""
    ended: frozenset[str] = frozenset()
    """Runs of waiting ballots which nobody can answer any more: cancelled, failed, or deleted in Prefect."""

    def local_pages(self) -> tuple[Link, ...]:
        """Return the pages that take and give files."""
        return tuple(Link(text, f"{self.local}{path}") for text, path in LOCAL_PAGES.items()) if self.local else ()

    def everybody(self) -> Link:
        """Return where all who have not handed in are listed with their telephones: the page of this machine, else a command."""
        return Link("本机页面的今日工作台", f"{self.local}desk#missing") if self.local else Link("命令 creation desk")

    def form(self, name: str, **filled: str) -> Link:
        """Return the run form of a deployment with its fields filled in as far as the form has them."""
        known = self.deployed.get(name)
        if known is None:
            return Link(name, f"/v2/deployments?flowOrDeploymentName={quote(name)}")
        parameters = _fitting(known.schema, filled)
        query = f"?parameters={quote(json.dumps(parameters, ensure_ascii=False))}" if parameters else ""
        return Link(name, f"/v2/deployments/deployment/{known.id}/run{query}")


def _fitting(schema: Mapping[str, Any], filled: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return the filled fields that the one parameter's own form takes as single values."""
    for parameter, described in schema.get("properties", {}).items():
        reference = next((part["$ref"] for part in (described, *described.get("allOf", ())) if "$ref" in part), "")
        fields = schema.get("definitions", {}).get(reference.rpartition("/")[2], {}).get("properties", {})
        single = {name: value for name, value in filled.items() if name in fields and fields[name].get("type", "string") != "array"}
        taken = {name: _offered(fields[name].get("enum"), value) for name, value in single.items()}
        if fitting := {name: value for name, value in taken.items() if value}:
            return {parameter: fitting}
    return {}


def local_page(port: int, path: str = "") -> str:
    """Return the address of the local page, which answers on loopback only, or of one of its pages."""
    return f"http://127.0.0.1:{port}/{quote(path)}"


def _offered(options: Sequence[str] | None, value: str) -> str:
    """Return the label under which a drop-down offers a code, as Prefect refuses anything else; empty when it does not offer it."""
    if options is None or value in options:
        return value
    return next((option for option in options if option.partition(" ")[0] == value), "")


def run_page(run: str) -> str:
    """Return the page of a flow run, where a suspended one is answered."""
    return f"/v2/runs/flow-run/{run}"


def artifact_page(key: str) -> str:
    """Return the page of an artifact key: its newest description and every version, and a bookmark that stays."""
    return f"/v2/artifacts/key/{key}"


def artifact_version(artifact: UUID) -> str:
    """Return the page of one version of an artifact, with its content."""
    return f"/v2/artifacts/artifact/{artifact}"


def artifact_key(*parts: str) -> str:
    """Return an artifact key: lowercase letters, digits and dashes only, as Prefect demands."""
    text = "-".join(parts).lower()
    return "".join(char if char.isascii() and char.isalnum() else "-" for char in text)
