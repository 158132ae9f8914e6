"""The notice by which the public learns of proposed decisions (公示稿): who is named, until when, and how to object (R47)."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlmodel import Session, select

from config.settings import settings
from flows.steps.errors import refuse
from models.loading import cohort_of, load_world
from models.rules.publicity import Proposed, proposals
from models.rules.snapshot import Project, World
from models.tables import Ballot
from notifications.typeset import full_day


def notice_values(session: Session, code: str) -> dict[str, Any]:
    """Return what the notice about a ballot says; refused where nothing of it is or was made public.

    Named are the projects with an outcome that the programme makes public, less those whose proposal is void.
    """
    ballot = session.exec(select(Ballot).where(Ballot.code == code)).first()
    if ballot is None:
        raise refuse(f"没有表决单“{code}”", "请用 creation publicity 查看公示中的表决单")
    world = load_world(session, cohort_of(session, ballot).code)
    public = tuple(_made_public(world, ballot.code))
    rule = world.plan.programme.publicity_of(ballot.phase)
    if not public or rule is None:
        raise refuse(f"表决单 {code} 没有公示的拟定结果", "该阶段未设公示，或尚未登记党委决定")
    first = public[0][1]
    ranks = {line["project"]: (line["kind"], line["rank"]) for line in ballot.lines}
    named = sorted((*ranks[project.code], project.unit.name) for project, proposed in public if proposed.outcome in rule.named)
    return {
        "notice": world.plan.cohort.notice.title,
        "cohort": world.plan.cohort.title,
        "phase": ballot.phase.label,
        "meeting": first.body["meeting"],
        "basis": first.body["basis"],
        "from_on": full_day(first.from_on),
        "until_on": full_day(first.until_on),
        "working_days": rule.working_days,
        "kinds": [
            {"kind": kind, "lines": [{"number": number, "unit": unit} for number, (_, _, unit) in enumerate(rows, start=1)]}
            for kind, rows in groupby(named, key=itemgetter(0))
        ],
    }


def _made_public(world: World, ballot: str) -> Iterator[tuple[Project, Proposed]]:
    for project in world.projects:
        for proposed in proposals(project):
            if proposed.body["ballot"] == ballot and (proposed.ended_by is None or proposed.is_final):
                yield project, proposed


def notice_text(values: Mapping[str, Any]) -> str:
    """Return the notice as plain text, to be pasted into a web page or a group chat."""
    given = settings()
    lists = [
        "\n".join((f"{group['kind']}（{len(group['lines'])}个）：", *(f"{line['number']}. {line['unit']}" for line in group["lines"])))
        for group in values["kinds"]
    ]
    return "\n".join(
        (
            f"关于{values['cohort']}{values['phase']}拟定结果的公示",
            "",
            f"根据《{values['notice']}》，经{values['meeting']}研究，拟定下列单位，现予公示。",
            f"公示时间：{values['from_on']}至{values['until_on']}（{values['working_days']}个工作日）。",
            "公示期间如有异议，请以书面、电话或电子邮件向组织部反映。以个人名义反映的请署实名，以单位名义反映的请加盖公章。",
            "",
            *(lists or ["（没有拟公布的单位）"]),
            "",
            given.office_name,
            f"联系电话：{given.office_phone}；电子邮箱：{given.office_email}",
        )
    )
