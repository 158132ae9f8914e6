"""One list of deployments, for one box (``serve``) and for work pools alike."""

import asyncio
from functools import lru_cache
from threading import Thread
from time import sleep
from typing import Any, NamedTuple

from prefect import Flow
from prefect.context import AsyncClientContext
from prefect.runner import Runner
from prefect.schedules import Cron, Schedule
from prefect.types.entrypoint import EntrypointType
from prefect.utilities.callables import parameter_schema

from config.clock import BUSINESS_ZONE
from flows.alerts import mark_dead, run_alert
from flows.automations import try_ensure
from flows.committee_decision import committee_decision
from flows.consolidation import consolidation
from flows.daily_check import daily_check
from flows.declaration import declaration
from flows.delivery import delivery
from flows.desk.refreshing import renew_desk, telling
from flows.emitting import Echo
from flows.forms.labels import FORMS
from flows.forms.order import address, deployment_name
from flows.inquiry import document_paper, why_paper
from flows.listing import handover_paper, list_paper
from flows.mid_term import mid_term
from flows.offering import try_refresh
from flows.orphans import put_back_all, put_back_silent
from flows.panel_forms import panel_paper, score_paper
from flows.paperwork import annual_paper, awards_paper, defence_paper, hand_in_paper, report_paper, target_paper
from flows.records import RECORDS
from flows.rectification import rectification
from flows.review import review
from flows.runtime import engine
from flows.screening import check_paper, package_paper
from flows.self_check import self_check
from flows.summary import summary
from models.business_clock import is_demo
from models.store import reading

REFRESH_SECONDS = 60.0
WORK_POOL = "creation"
"""The pool that flows/prefect.yaml deploys to."""
SCHEDULE_SLUG = "daily"
RUNS_AT_ONCE = 2
"""Runs side by side on a small machine; more queue."""


class Deployed(NamedTuple):
    """A flow with what the office reads about it."""

    flow: Flow[Any, Any]
    description: str
    tags: tuple[str, ...]
    schedule: str | None = None
    """When it runs by itself (cron, business zone). Each start sets it anew: who wants it off pauses the deployment, not its schedule."""


PHASES = (
    Deployed(self_check, "首批验收第一步：自检自查和师生满意度测评（通知一（三）1）", ("阶段", "首批验收")),
    Deployed(summary, "首批验收第二步：工作验收申请书和典型案例（通知一（三）2）", ("阶段", "首批验收")),
    Deployed(review, "首批验收第三步：审查评估并提出建议（通知一（三）3）", ("阶段", "首批验收")),
    Deployed(declaration, "第二批申报、审核、初审和评审（通知二（二）1）", ("阶段", "第二批")),
    Deployed(mid_term, "过程管理和中期考核（通知二（二）2）", ("阶段", "第二批")),
    Deployed(consolidation, "巩固推广和三级验收（通知二（二）3）", ("阶段", "第二批")),
    Deployed(rectification, "限期整改：提醒、答复和复核建议（通知二（二）2）", ("整改",)),
    Deployed(committee_decision, "生成表决单，填写党委会决定；该阶段设公示的，期满无异议后生效，其余立即生效", ("决定",)),
    Deployed(hand_in_paper, "未报某种材料的项目清单（Excel），填写后用“按表报送登记”一次登记", ("表格",)),
    Deployed(defence_paper, "答辩顺序表（Excel）：顺序号、单位、时间、地点", ("表格",)),
    Deployed(target_paper, "各项目申报目标和完成情况（Excel），填写后用“导入申报目标”一次登记", ("表格",)),
    Deployed(annual_paper, "一个批次的年度考核清单（Excel）：按二级党组织汇总、按项目列明细", ("表格",)),
    Deployed(awards_paper, "支持经费和表彰奖励台账（Excel），含待落实的经费", ("表格",)),
    Deployed(report_paper, "一个批次的进展报告（网页文件，可打印）", ("报告",)),
    Deployed(why_paper, "一个项目的现状、决定、得分和催办各依据什么事实和条款", ("报告",)),
    Deployed(score_paper, "评分表（Excel），每位评审人一个文件，填好后用“按表登记评分”一次登记", ("表格",)),
    Deployed(panel_paper, "联评组分工、抽签、各评审人宽严、名次及其依据", ("报告",)),
    Deployed(document_paper, "申报书、验收申请书、增值自评表、会议议题、公示稿、结果通知、退回函、整改通知书（Word）", ("表格",)),
    Deployed(check_paper, "逐份核对已收到的材料，列出问题、退回修改草稿和各项申报条件的依据", ("材料",)),
    Deployed(package_paper, "一个二级党组织全部申报的汇总表（Excel），每份材料是否齐全", ("表格",)),
    Deployed(list_paper, "汇总表、材料台账、未报名单、签到表（Excel），供打印和存档", ("表格",)),
    Deployed(handover_paper, "离任人员还没有办结的事项（Excel），供交接双方签字", ("表格",)),
    Deployed(delivery, "立即发送到期邮件（平时由发送进程自动完成）", ("邮件",)),
    Deployed(daily_check, "每日核对各批次进展、催办待决表决单（与时间表重复无妨）", ("每日",), "35 8 * * *"),
    Deployed(run_alert, "运行失败或中断时自动登记待办并通知组织部；无须人工办理", ("系统",)),
    Deployed(mark_dead, "运行没有心跳时自动核对，确已停止的重新排队；无须人工办理", ("系统",)),
)
ALL = (*PHASES, *(Deployed(flow, FORMS[act].help, ("登记", FORMS[act].group)) for act, flow in RECORDS.items()))
"""Every deployment, for one box and for work pools."""


def entrypoint(row: Deployed) -> str:
    """Return the module path under which a worker finds a flow."""
    return f"{row.flow.fn.__module__}.{row.flow.fn.__name__}"


def schedules(row: Deployed) -> list[Schedule]:
    """Return when a deployment runs by itself, in the business zone."""
    return [Cron(row.schedule, timezone=BUSINESS_ZONE.key, slug=SCHEDULE_SLUG)] if row.schedule else []


@lru_cache(maxsize=1)
def schemas() -> dict[str, dict[str, Any]]:
    """Return entrypoint → the form's schema as the code has it, without choices."""
    return {entrypoint(row): parameter_schema(row.flow).model_dump() for row in ALL}


def serve_all() -> None:
    """Serve every deployment from this process; a restart does not pause schedules. A demo has its own clock and so no schedule."""
    with reading(engine()) as session:
        demo = is_demo(session)
    put_back_all(schemas())
    asyncio.run(_serve(demo=demo))


async def _serve(*, demo: bool) -> None:
    runner = Runner(limit=RUNS_AT_ONCE, pause_on_shutdown=False)
    async with AsyncClientContext.get_or_create():  # one for all, one after the other: each would make two
        for row in ALL:
            await runner.aadd_flow(
                row.flow, deployment_name(row.flow.name), schedules=[] if demo else schedules(row), description=row.description,
                tags=list(row.tags), entrypoint_type=EntrypointType.MODULE_PATH,
            )  # fmt: skip
    Thread(target=keep_complete, daemon=True).start()
    await runner.start()


def keep_complete() -> None:
    """Complete the deployments now, and keep drop-downs and desk fresh from minute to minute: commands change things, too.

    The thread has nobody who would start it again: whatever fails is told, and tried again a minute later.
    """
    echo = Echo()
    with telling("部署未能补全"):
        complete()
    while True:
        with telling("流转事件未能发出"):
            echo.tell(engine())
        sleep(REFRESH_SECONDS)
        with telling("表单选项和今日工作台未能更新"):
            renew()
        with telling("中断的运行未能核对"):
            put_back_silent(schemas())


def renew() -> None:
    """Bring drop-downs and desk to now; what has not changed is not written again."""
    try_refresh(engine())
    renew_desk(engine())


def complete() -> None:
    """Give what registering cannot: drop-downs (it puts the code's own schema back), automations, and a desk before anything is done."""
    try_refresh(engine())
    try_ensure(address(run_alert.name), address(mark_dead.name))
    renew_desk(engine())


if __name__ == "__main__":  # after `prefect deploy`
    complete()
