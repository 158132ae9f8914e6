"""`creation up`: local page, local mailbox, Prefect server, runner, timetable and delivery, supervised together.

Everything listens on loopback only. Timetable and delivery do not need Prefect: if it cannot start, reminders still go.
"""

import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Event
from typing import Any

from config.clock import BUSINESS_ZONE, now
from config.settings import Settings
from flows.forms.order import deployment_name
from flows.operate.doctor.finding import Level
from flows.operate.doctor.machine import dependencies
from flows.operate.instance import only_one
from flows.operate.login import Login, login_for
from flows.operate.server import RUNNER, answers_health, prefect_environment, server_command, serves
from flows.operate.supervisor import Service, Supervisor
from models.database import engine_for
from models.upgrade import upgrade

PAGE, CATCHER, SERVER = "page", "catcher", "prefect-server"
GREETING = b"220"
LAST_SERVED = ("发送邮件", deployment_name("发送邮件"))
"""Flow and deployment that tell that the runner is ready."""
AT_THE_PAGE = "打开本机页面时，冒号之前填作用户名，之后填作密码"
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Stop(Event):
    """Set by a signal; knows which."""

    by = ""


def run(given: Settings, say: Callable[[str], None], *, new_password: bool = False) -> None:
    """Run everything until Ctrl-C or SIGTERM; raises AlreadyRunningError when the folder is taken, SchemaError, OutdatedError."""
    _refuse_outdated()
    with only_one(given.data), _signals() as stop:
        upgrade(engine_for(given.database_url))
        login = login_for(given.data, anew=new_password)
        logs = given.data / "logs"
        say(login_text(login, on_screen=sys.stdout.isatty()))
        say(f"日志 {logs.absolute()}　按 Ctrl-C 停止")
        Supervisor(services(given, login.text), environment(given, login), logs, lambda text: say(f"{_time()}　{text}")).run(stop)
        say(f"{_time()}　已停止（{stop.by}）")


class OutdatedError(RuntimeError):
    """A library is missing or below a floor of requirements.in."""


def _refuse_outdated() -> None:
    found = dependencies()
    if found.level == Level.FAIL:
        raise OutdatedError(f"{found.found}；{found.todo}")


def _time() -> str:
    return f"{now().astimezone(BUSINESS_ZONE):%H:%M:%S}"


def environment(given: Settings, login: Login) -> dict[str, str]:
    """Return the environment of every child."""
    smtp = given.smtp_url.get_secret_value() if given.has_mail_account else f"smtp://127.0.0.1:{given.catcher_smtp_port}"
    extra = {
        "CREATION_DATA": str(given.data.absolute()),
        "CREATION_DATABASE_URL": given.database_url,
        "CREATION_SMTP_URL": smtp,
        "CREATION_PAGE_LOGIN": login.text,
        "PYTHONUNBUFFERED": "1",
    }
    return prefect_environment(given.data / "prefect", given.prefect_port, extra, login.text)


def services(given: Settings, login: str) -> tuple[Service, ...]:
    """Return what is to run, in order; the local page always, the local mailbox only without an SMTP account."""
    local = () if given.has_mail_account else (catcher(given),)
    port = given.prefect_port
    url = f"http://127.0.0.1:{port}/"
    return (
        page(given),
        *local,
        Service(SERVER, "管理界面", server_command(port), (), (port,), lambda: answers_health(port), where=url),
        Service(
            "runner",
            "运行",
            RUNNER,
            (SERVER,),
            answers=lambda: serves(port, login, *LAST_SERVED),
            watched=False,
        ),
        Service("timetable", "时间表", ("flows.timetable",)),
        Service("delivery", "发送", ("flows.operate.delivery_loop",), (CATCHER,) if local else ()),
    )


def page(given: Settings) -> Service:
    """Return the local page: desk, files in and out, mails that the local mailbox has kept."""
    port = given.catcher_web_port
    arguments = ("--data", str(given.data.absolute()), "--mails", str(mails(given)), "--port", str(port))
    where = f"http://127.0.0.1:{port}/"
    return Service(PAGE, "本机页面", ("notifications.local_page", *arguments), (), (port,), lambda: shows(port), where=where)


def catcher(given: Settings) -> Service:
    """Return the local mailbox."""
    port = given.catcher_smtp_port
    arguments = ("--folder", str(mails(given)), "--smtp-port", str(port))
    return Service(CATCHER, "本机邮箱", ("notifications.catcher", *arguments), (), (port,), lambda: greets(port))


def mails(given: Settings) -> Path:
    """Return the folder of what the local mailbox keeps."""
    return (given.data / "mail").absolute()


def shows(port: int) -> bool:
    """Return whether the local page answers."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=2)) as connection:
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == HTTPStatus.OK
        except (OSError, HTTPException):
            return False


def greets(port: int) -> bool:
    """Return whether an SMTP server greets: a process that hangs still accepts connections, but says nothing."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            return connection.recv(64).startswith(GREETING)
    except OSError:
        return False


def login_text(login: Login, *, on_screen: bool) -> str:
    """Return what the office reads about the login; the password only when it is new and a person is looking, never into a log."""
    if login.fresh and on_screen:
        return f"登录管理界面时整行输入：[bold]{login.text}[/bold]　（只显示这一次；保存在 {login.path.absolute()}）；{AT_THE_PAGE}"
    return f"登录管理界面的口令在 {login.path.absolute()}（login 一项整行输入；{AT_THE_PAGE}）；更换口令：creation up --new-password"


@contextmanager
def _signals() -> Iterator[_Stop]:
    """Give an event that Ctrl-C, SIGTERM and a closed terminal set; a signal during the stop does not cut it short."""
    stop = _Stop()

    def note(number: int, _frame: Any) -> None:
        stop.by = stop.by or signal.Signals(number).name  # nothing is printed here: a signal may come in the middle of a print
        stop.set()

    before = {number: signal.signal(number, note) for number in STOP_SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
