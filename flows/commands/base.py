"""What every command shares: the application, its screens, its options, the database and today."""

import json
from datetime import date, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from sqlalchemy.engine import Engine

from config.clock import business_day
from config.settings import settings
from models.business_clock import business_now
from models.database import engine_for
from models.store import reading
from models.upgrade import SchemaError, is_current

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_show_locals=False, help="“一融双高”典型示范创建全周期管理")
console = Console()
errors = Console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="日期，如 2025-11-21")]
NewDay = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="新的期限，如 2025-11-28")]
Actor = Annotated[str, typer.Option("--by", envvar="CREATION_BY", help="办理人代码（creation admin list）")]
OneTimeCode = Annotated[str, typer.Option("--code", help="动态口令；终止、延期、更正等事项须填，不写则提示输入（不回显）")]


def group(name: str, about: str) -> typer.Typer:
    """Return a group of commands, added to the application."""
    made = typer.Typer(no_args_is_help=True, help=about)
    app.add_typer(made, name=name)
    return made


def database() -> Engine:
    """Return the database; refused when it has not been made."""
    engine = engine_for(settings().database_url)
    if not is_current(engine):
        raise SchemaError("数据库尚未建立；请先运行 creation db upgrade")
    return engine


def today_in(engine: Engine) -> date:
    """Return today by the database's business clock."""
    with reading(engine) as session:
        return business_day(business_now(session))


def dump(value: Any) -> None:
    """Print a value as JSON."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1, default=str))
