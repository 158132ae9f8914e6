"""Checks of the database: reachable, migrated, guarded, whole, and holding the same rules as the code."""

from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from config.settings import Settings
from config.vocabulary import TROUBLED, MailState
from flows.operate.doctor.finding import Finding, Level
from flows.operate.doctor.structure import differences
from flows.steps.witnessing import newest_letter
from models import guards, signing
from models.heads import contradictions, newest_list
from models.history import count_events, verify
from models.rules.lifecycle import TRANSITIONS
from models.tables import Event, TransitionRule
from models.upgrade import alembic_config
from models.verifier import UnreadableError

UPGRADE = "请运行 creation db upgrade"
OLDER = "无法用 creation db upgrade 升级：请换回建立该库的程序版本，在那里备份和继续使用；新版本请另建新库"
RESTORE = "不要继续使用；请从备份恢复，或联系维护人员"
SHOWN_MAX = 5
REWRITING = "UPDATE, DELETE, TRUNCATE, TRIGGER"


def reachable(engine: Engine) -> Finding:
    """Check that the database answers."""
    where = engine.url.render_as_string(hide_password=True)
    if engine.dialect.name == "sqlite" and not Path(engine.url.database or "").is_file():  # connecting would make an empty one
        return Finding("数据库", Level.FAIL, f"{where} 不存在", UPGRADE)
    try:
        with engine.connect().execution_options(reading=True) as connection:
            connection.execute(sa.select(1))
    except (DBAPIError, OSError) as error:
        return Finding("数据库", Level.FAIL, f"{where} 连接失败：{_first_line(error)}", "请检查 CREATION_DATABASE_URL 和数据库服务是否启动")
    return Finding("数据库", Level.OK, where)


def _first_line(error: BaseException) -> str:
    return str(getattr(error, "orig", None) or error).splitlines()[0][:200]


def migrations(connection: Connection) -> Finding:
    """Check that the newest migration has been applied, and that it made what the tables now say."""
    newest = ScriptDirectory.from_config(alembic_config(connection)).get_current_head()
    applied = MigrationContext.configure(connection).get_current_revision()
    if applied is None:
        return Finding("数据库结构", Level.FAIL, "尚未建立", UPGRADE)
    if applied != newest:
        return Finding("数据库结构", Level.FAIL, f"版本 {applied}，程序需要 {newest}", f"请先备份，再{UPGRADE.removeprefix('请')}")
    if differing := differences(connection):
        more = f" 等 {len(differing)} 处" if len(differing) > SHOWN_MAX else ""
        found = f"版本 {applied}，但与程序不一致：{'；'.join(differing[:SHOWN_MAX])}{more}"
        return Finding("数据库结构", Level.FAIL, found, OLDER)
    return Finding("数据库结构", Level.OK, f"版本 {applied}，与程序一致")


def guard_triggers(connection: Connection) -> Finding:
    """Check that every trigger that keeps the history append-only is there."""
    absent = guards.missing(connection)
    if absent:
        return Finding("防改动触发器", Level.FAIL, f"缺少 {'、'.join(absent)}", RESTORE)
    return Finding("防改动触发器", Level.OK, f"{len(guards.names(connection.dialect.name))} 个齐全")


def account(connection: Connection) -> Finding:
    """Check that whoever compromises this program could not rewrite the history: the role may add to it, and no more."""
    if connection.dialect.name != "postgresql":
        return Finding("数据库账号", Level.OK, "SQLite 没有账号，由文件权限保护")
    role, superuser = connection.execute(sa.text("SELECT rolname, rolsuper FROM pg_roles WHERE rolname = current_user")).one()
    may_change = superuser or any(
        connection.execute(sa.select(sa.func.has_table_privilege(table, REWRITING))).scalar_one() for table in guards.APPEND_ONLY
    )
    if may_change:
        return Finding(
            "数据库账号", Level.WARN, f"{role} 可以改写历史记录", "请改用只能添加记录的账号，见 docs/operations/README.md“数据库账号”"
        )
    return Finding("数据库账号", Level.OK, f"{role} 只能添加历史记录")


def history(session: Session) -> Finding:
    """Verify every event against its hash, its predecessor and the state it led to."""
    flaws = verify(session)
    if flaws:
        more = f" 等 {len(flaws)} 处" if len(flaws) > SHOWN_MAX else ""
        return Finding("历史记录", Level.FAIL, "；".join(flaws[:SHOWN_MAX]) + more, f"{RESTORE}；全部异常见 creation verify")
    return Finding("历史记录", Level.OK, f"{count_events(session)} 条完整")


def witnessed(session: Session, given: Settings) -> Finding:
    """Check that lists of heads are signed, mailed to somebody, and borne out by the database."""
    if not signing.has_key():
        return Finding("签名清单", Level.WARN, "没有签名密钥，不签署每日清单", "请运行 creation audit key，把公钥当面交给审计人员")
    try:
        signing.public_key()
        last = newest_list(given.data)
        flaws = list(contradictions(session, last)) if last else []
    except (UnreadableError, signing.SigningError) as error:
        return Finding("签名清单", Level.FAIL, str(error), RESTORE)
    if flaws:
        return Finding("签名清单", Level.FAIL, "；".join(flaws[:SHOWN_MAX]), f"{RESTORE}；恢复备份后用 creation audit sign --restart 说明")
    found = f"最近一份 {last.told['day']}" if last else "尚未签署"
    if not given.auditor_email:
        return Finding("签名清单", Level.WARN, f"{found}，只存在本机", "请设 CREATION_AUDITOR_EMAIL：清单不离开本机，不能防止整机被改")
    return _mailed(session, found, given) if last else Finding("签名清单", Level.OK, f"{found}，寄给 {given.auditor_email}")


def _mailed(session: Session, found: str, given: Settings) -> Finding:
    if (letter := newest_letter(session)) is None:
        return Finding("签名清单", Level.FAIL, f"{found}，没有寄出", "请核对 CREATION_AUDITOR_EMAIL 等邮件设置后重新启动，当日清单随即补寄")
    if letter.state in (*TROUBLED, MailState.CANCELLED):
        told = f"{found}；寄给 {letter.mailbox} 的最近一封{letter.state.label}"
        return Finding("签名清单", Level.FAIL, told, "请核对 CREATION_AUDITOR_EMAIL，用 creation mail list 查看该信")
    return Finding("签名清单", Level.OK, f"{found}，寄给 {given.auditor_email}")


def rules(session: Session) -> Finding:
    """Check that the rule rows are those of the code."""
    stored = {(r.machine, r.source, r.event, r.target) for r in session.exec(select(TransitionRule)) if r.retired_on is None}
    known = {(row.machine, row.source, row.event, row.target) for row in TRANSITIONS}
    if stored != known:
        found = f"程序有而数据库没有 {len(known - stored)} 行，数据库有而程序没有 {len(stored - known)} 行"
        return Finding("流转规则", Level.FAIL, found, UPGRADE)
    return Finding("流转规则", Level.OK, f"{len(known)} 行与程序一致")


def newest_record(connection: Connection) -> datetime | None:
    """Return when the newest event was recorded; None when there is none."""
    found: datetime | None = connection.execute(sa.select(sa.func.max(Event.__table__.c.recorded_at))).scalar()  # type: ignore[attr-defined]
    return found


def server_time(connection: Connection) -> datetime | None:
    """Return the database server's clock; None on SQLite, which has none of its own."""
    if connection.dialect.name != "postgresql":
        return None
    found: datetime = connection.execute(sa.text("SELECT clock_timestamp()")).scalar_one()
    return found
