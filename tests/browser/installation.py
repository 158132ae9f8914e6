"""A real `creation up` on a checkout of its own: the sample university on 2025-12-03, three colleagues with authenticator apps."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from datetime import date, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pyotp
import pytest

from config.clock import BUSINESS_ZONE
from config.settings import settings
from flows.operate.demo import load_sample
from flows.operate.player import PlainRunner, Player
from flows.operate.scenario import load_scenario
from flows.steps import identity
from flows.steps.register import enrol
from models.business_clock import move_clock
from models.database import engine_for
from models.history import Act
from models.store import reading, transaction
from notifications.carrying import NowhereCarrier
from notifications.catcher import free_port

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PACKAGES = ("config", "models", "notifications", "flows")
TODAY = date(2025, 12, 3)
BUILDING = ("2025-S21", "2025-S22B01")
"""Running projects of the second batch, scored for the mid-term assessment."""
SIGNERS = ("A01", "A02", "A03")
"""Each signs one act: a code is good for one act only, and the next one comes after half a minute."""


def until(reached, what, patience=240.0):
    """Return what ``reached`` finds as soon as it finds anything."""
    end = time.monotonic() + patience
    while not (found := reached()):
        assert time.monotonic() < end, f"not reached: {what}"
        time.sleep(0.2)
    return found


class Installation:
    """One data folder, one checkout with a third plan file, and the `creation up` that works on them."""

    def __init__(self, folder):
        self.data, self.checkout = folder / "data", folder / "checkout"
        self.data.mkdir()
        self.engine = engine_for(f"sqlite:///{self.data / 'creation.db'}")
        self.port, smtp, self.web = free_port(), free_port(), free_port()
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "CREATION_"))},
            "CREATION_DATA": str(self.data), "CREATION_PREFECT_PORT": str(self.port), "CREATION_CATCHER_SMTP_PORT": str(smtp),
            "CREATION_CATCHER_WEB_PORT": str(self.web), "COLUMNS": "200", "PYTHONPATH": str(self.checkout), "PYTHONDONTWRITEBYTECODE": "1",
        }  # fmt: skip
        self.said = folder / "up.txt"
        self.apps = {}
        self.process = None

    def prepare(self):
        """Lay out checkout and database as the office finds them in the morning."""
        for package in PACKAGES:
            shutil.copytree(ROOT / package, self.checkout / package, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "requirements.in", self.checkout)  # `creation up` holds what is installed against it
        self._add_plan("2025", "2027")
        load_sample(self.engine)
        with transaction(self.engine) as session:
            for project in BUILDING:
                enrol(session, Act("A01", "command:test", date(2025, 11, 4)), *project.split("-"))
        scenario = load_scenario(HERE / "office.yaml")
        player = Player(self.engine, NowhereCarrier(), PlainRunner(self.engine), scenario)
        for day in scenario.days:
            player.play_day(day)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CREATION_DATA", str(self.data))
            settings.cache_clear()
            with transaction(self.engine) as session:
                move_clock(session, datetime(2025, 12, 3, 11, 30, tzinfo=BUSINESS_ZONE))
                for person in SIGNERS:
                    self.apps[person] = pyotp.parse_uri(identity.issue(session, Act("A01", "command:test", TODAY), person))
        settings.cache_clear()

    def _add_plan(self, known, code):
        """Write the plan of a batch to come: the known one, two years later."""
        folder = self.checkout / "config" / "cohorts"
        later = re.sub(r"\b20(2[5-7])\b", lambda year: str(int(year[0]) + 2), (folder / f"{known}.yaml").read_text(encoding="utf-8"))
        later = later.replace("第二批", "第三批").replace("-12-05", "-12-06")  # a Monday
        (folder / f"{code}.yaml").write_text(later, encoding="utf-8")

    def start(self):
        with self.said.open("ab") as sink:
            command = [sys.executable, "-m", "flows.cli", "up"]
            self.process = subprocess.Popen(command, env=self.environment, cwd=self.checkout, stdout=sink, stderr=sink)
        until(lambda: "运行　已就绪" in self.said.read_text(encoding="utf-8"), "the runner is ready", 240.0)

    def stop(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(60)
        self.engine.dispose()

    def run(self, *words):
        """Run the command line."""
        command = [sys.executable, "-m", "flows.cli", *words]
        return subprocess.run(command, env=self.environment, cwd=self.checkout, capture_output=True, text=True, check=True).stdout

    @property
    def login(self):
        return json.loads((self.data / "login.json").read_text())["login"]

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def code(self, person):
        """What the person's app shows now."""
        return self.apps[person].now()

    def rows(self, query):
        with reading(self.engine) as session:
            return session.exec(query).all()

    def letters(self):
        """Subjects and receivers of what lies in the local mailbox."""
        mails = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in (self.data / "mail").glob("*.eml")]
        return [(str(mail["To"]), str(mail["Subject"])) for mail in mails]
