"""Commands about personal data: who can be erased, and erasing one of them."""

from typing import Annotated

import typer

from flows.commands.base import Actor, OneTimeCode, console, database, group, today_in
from flows.commands.signing import perform_signed, signer
from flows.commands.text import table_of
from flows.steps.erasing import choices
from models.history import Act
from models.store import reading

people = group("people", "个人信息")
OUTSIDE = "备份、已导出的表格和报告（数据目录的 sheets、reports）、管理界面的运行记录、邮箱服务商处的邮件不在内，请另行清理"


@people.command("list")
def people_list() -> None:
    """可以删除个人信息的人：已停用的人员，已更换的联系人和书记。"""
    with reading(database()) as session:
        rows = [(code, label.partition(" ")[2]) for label, code in choices(session).items()]
    console.print(table_of(f"可删除 {len(rows)} 人", ("编号", "人员"), rows))


@people.command("erase")
def erase(
    who: Annotated[str, typer.Argument(help="人员代码，或 creation people list 中的联系人编号，如 C12")],
    reason: Annotated[str, typer.Option(help="依据，如 本人申请；不要写姓名")],
    code: OneTimeCode = "",
    by: Actor = "管理员",
) -> None:
    """删除一个人的姓名、电话和邮箱；历史记录只有代码，不受影响；不可恢复。"""
    engine = database()
    act = Act(signer(engine, by), f"command:people erase {who}", today_in(engine))
    mark = perform_signed(engine, act, "erase_person", code, {"who": who, "reason": reason})
    console.print(f"{mark} 的个人信息已删除。{OUTSIDE}", highlight=False)
