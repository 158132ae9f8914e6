"""`creation up`: server, runner, timetable, delivery and catcher, started together and stopped together."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from config.settings import Settings
from flows.operate.server import Child, PrefectProcesses
from models.database import engine_for
from models.upgrade import upgrade
from notifications.catcher import Catcher

CHECK_SECONDS = 2.0
BACK_OFF_SECONDS = 5.0


def run(given: Settings, say: Callable[[str], None]) -> None:
    """Run everything until interrupted; a dead child is started again."""
    upgrade(engine_for(given.database_url))
    catcher = None
    smtp = given.smtp_url.get_secret_value()
    if not smtp:
        catcher = Catcher(given.data / "mail", given.catcher_smtp_port, given.catcher_web_port).start()
        smtp = catcher.smtp_url
    extra = {"CREATION_DATABASE_URL": given.database_url, "CREATION_SMTP_URL": smtp}
    logs = given.data / "logs"
    try:
        with PrefectProcesses(given.data / "prefect", given.prefect_port, logs, extra) as processes:
            processes.serve()
            alarm = Child("timetable", [sys.executable, "-m", "flows.timetable"], processes.environment, logs / "timetable.log")
            alarm.start()
            say(f"管理界面 {processes.url}　本机收件箱 {catcher.web_url if catcher else '（使用正式邮箱）'}　日志 {logs}")
            try:
                _watch((processes.server, processes.runner, alarm), say)
            finally:
                alarm.stop()
    finally:
        if catcher is not None:
            catcher.stop()


def _watch(children: tuple[Child, ...], say: Callable[[str], None]) -> None:
    while True:
        time.sleep(CHECK_SECONDS)
        for child in children:
            if not child.alive():
                say(f"{child.name} 已停止，{BACK_OFF_SECONDS:g} 秒后重新启动；原因见 {Path(child.log)}")
                time.sleep(BACK_OFF_SECONDS)
                child.start()
