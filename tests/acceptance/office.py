"""One data folder with the `creation up` that works on it, and what it started: asked over HTTP, read from /proc and from the database."""

import base64
import json
import os
import subprocess
import sys
import time
from contextlib import closing
from email import message_from_bytes, policy
from http.client import HTTPConnection
from pathlib import Path
from types import SimpleNamespace

from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId
from sqlmodel import func, select

from models.database import engine_for
from models.store import reading
from models.tables import Mail, Reminder
from notifications.catcher import free_port

KNOWN_AS = {"flows.operate.prefect_server": "prefect"}
CHILDREN = {
    "notifications.local_page",
    "notifications.catcher",
    "prefect",
    "flows.operate.runner",
    "flows.timetable",
    "flows.operate.delivery_loop",
}


def until(reached, what, patience=600.0):
    end = time.monotonic() + patience
    while not (found := reached()):
        assert time.monotonic() < end, f"not reached: {what}"
        time.sleep(0.2)
    return found


def processes(folder):
    """Every process working on the folder, by its own words: module → pid; what the children started counts as "other"."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().decode().split("\0")
            mine = f"CREATION_DATA={folder}\0".encode() in (entry / "environ").read_bytes()
        except OSError:
            continue
        if mine and words[0]:
            leashed = "flows.operate.leash" in words
            name = words[words.index("flows.operate.leash") + 1] if leashed else "up" if words[-1] == "up" else "other"
            found.append((KNOWN_AS.get(name, name), int(entry.name)))
    return found


def children(folder):
    return {name: pid for name, pid in processes(folder) if name in CHILDREN}


class Office:
    """One data folder, and the `creation up` that works on it."""

    def __init__(self, folder):
        self.data = folder / "data"
        self.engine = engine_for(f"sqlite:///{self.data / 'creation.db'}")
        self.ports = SimpleNamespace(prefect=free_port(), smtp=free_port(), web=free_port())
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "CREATION_"))},
            "CREATION_DATA": str(self.data), "CREATION_PREFECT_PORT": str(self.ports.prefect),
            "CREATION_CATCHER_SMTP_PORT": str(self.ports.smtp), "CREATION_CATCHER_WEB_PORT": str(self.ports.web), "COLUMNS": "200",
        }  # fmt: skip
        self.said = folder / "up.txt"
        self.started = []

    def start(self):
        with self.said.open("ab") as sink:
            process = subprocess.Popen([sys.executable, "-m", "flows.cli", "up"], env=self.environment, stdout=sink, stderr=sink)
        self.started.append(process)
        return process

    def run(self, *words):
        command = [sys.executable, "-m", "flows.cli", *words]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)

    def login(self):
        return json.loads((self.data / "login.json").read_text())["login"]

    def ask(self, method, path, login=None, **headers):
        """Return status, headers and body; 0 while nobody listens."""
        if login:
            headers["Authorization"] = "Basic " + base64.b64encode(login.encode()).decode()
        with closing(HTTPConnection("127.0.0.1", self.ports.prefect, timeout=5)) as connection:
            try:
                connection.request(method, f"/api/{path}", headers=headers)
                answer = connection.getresponse()
                return answer.status, answer.headers, answer.read()
            except OSError:
                return 0, {}, b""

    def get(self, path, login=None):
        return self.ask("GET", path, login)[0]

    def kept(self):
        return [message_from_bytes(path.read_bytes(), policy=policy.default)["Message-ID"] for path in (self.data / "mail").glob("*.eml")]

    def sent(self):
        with reading(self.engine) as session:
            return session.exec(select(Mail.message_id).where(Mail.state == "sent")).all()

    def waiting(self):
        with reading(self.engine) as session:
            mails = session.exec(select(func.count()).select_from(Mail).where(Mail.state.in_(["ready", "leased", "sending"]))).one()
            lines = select(func.count()).select_from(Reminder).where(Reminder.mail_id.is_(None), Reminder.dropped_because.is_(None))
            return mails + session.exec(lines).one()


def of_run(client, run_id):
    """The artifacts that a run has left in Prefect."""
    return client.read_artifacts(artifact_filter=ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run_id])), limit=50)
