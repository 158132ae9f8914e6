"""The unit and the Compose file under docs/operations: parsed by what would read them, and held to what they promise."""

import configparser
import re
import shutil
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest
import yaml
from pydantic import ValidationError

from config.settings import Settings
from tests.flows.compose_shape import ComposeFile

FOLDER = Path(__file__).parents[2] / "docs" / "operations"


@pytest.fixture
def compose():
    return yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))


def unit():
    """Repeated keys are legal in a unit, so each section is a list of pairs."""
    sections = {}
    for line in (FOLDER / "creation.service").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            rows = sections.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            rows.append(tuple(line.split("=", 1)))
    return sections


class Asked(BaseHTTPRequestHandler):
    """Says yes, and notes to what."""

    paths: ClassVar = []

    def do_GET(self):
        self.paths.append(self.path)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        """Nothing is printed."""


def test_the_compose_file_has_known_keys_only(compose):
    shape = ComposeFile.model_validate(compose)
    for service in shape.services.values():
        assert bool(service.image) != bool(service.build), "an image, or how it is made"
        assert set(service.depends_on) <= set(shape.services)
        assert {one.source for one in service.configs} <= set(shape.configs)
        assert {one.partition(":")[0] for one in service.volumes} <= set(shape.volumes)


@pytest.mark.parametrize(
    ("service", "key", "value"),
    [
        ("creation", "restarts", "always"), ("creation", "restart", "unless_stopped"), ("creation", "stop_grace_period", "40 s"),
        ("creation", "enviroment", {}), ("database", "health_check", {}), ("database", "ports", ["5433:5432"]),
    ],
)  # fmt: skip
def test_the_control_a_misspelt_key_or_value_is_found(compose, service, key, value):
    compose["services"][service][key] = value
    with pytest.raises(ValidationError, match=rf"services\.{service}\.{key}"):
        ComposeFile.model_validate(compose)


def test_the_compose_file_has_what_is_promised(compose):
    services = compose["services"]
    assert set(services) == {"database", "creation"}
    assert services["database"]["ports"] == ["127.0.0.1:5433:5432"], "the database is published on loopback only"
    ours, prefects = (services["creation"]["environment"][k] for k in ("CREATION_DATABASE_URL", "PREFECT_SERVER_DATABASE_CONNECTION_URL"))
    assert (ours.endswith("@127.0.0.1:5433/creation"), prefects.endswith("@127.0.0.1:5433/prefect")) == (True, True)
    assert "CREATE DATABASE prefect" in compose["configs"]["second_database"]["content"]
    assert "ports" not in services["creation"], "the host's network: what listens on loopback stays there"
    assert services["creation"]["network_mode"] == "host"
    assert services["creation"]["init"], "somebody must reap what is left of killed children"
    for service in services.values():
        assert service["restart"] == "unless-stopped"
        for volume in service["volumes"]:
            assert volume.partition(":")[0] in compose["volumes"]
    assert "CREATION_DB_PASSWORD:?" in services["database"]["environment"]["POSTGRES_PASSWORD"], "no password by default"


def test_the_health_of_both_services_is_asked_for(compose):
    """What stands in the file is run: against nobody, and against a server that notes what it is asked."""
    services = compose["services"]
    assert "pg_isready" in services["database"]["healthcheck"]["test"][1]
    assert services["creation"]["depends_on"]["database"]["condition"] == "service_healthy"
    kind, *command = services["creation"]["healthcheck"]["test"]
    assert (kind, command[:2]) == ("CMD", ["python", "-c"])
    ports = [str(Settings.model_fields[name].default) for name in ("prefect_port", "catcher_web_port")]
    assert re.findall(r"'(\d+)/", command[2]) == ports
    with HTTPServer(("127.0.0.1", 0), Asked) as server:
        asking = [sys.executable, "-c", re.sub("|".join(ports), str(server.server_port), command[2])]
        Thread(target=server.serve_forever, daemon=True).start()
        assert subprocess.run(asking, timeout=30, check=False).returncode == 0
        server.shutdown()
    assert Asked.paths == ["/api/health", "/health"]
    assert subprocess.run(asking, capture_output=True, timeout=30, check=False).returncode == 1, "nobody listens any more"


def test_the_image_is_built_from_files_that_exist(compose):
    build = compose["services"]["creation"]["build"]
    root = (FOLDER / build["context"]).resolve()
    text = (root / build["dockerfile"]).read_text(encoding="utf-8")
    copied = [word for line in re.findall(r"^COPY (.+)$", text, re.MULTILINE) for word in line.split()[:-1]]
    assert copied
    assert [name for name in copied if not (root / name).exists()] == []
    assert {"config", "models", "notifications", "flows", "requirements.lock"} <= set(copied)
    assert re.search(r"^USER (?!root)", text, re.MULTILINE)


def test_docker_reads_the_compose_file():
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("no docker client with compose")
    command = [docker, "compose", "--file", str(FOLDER / "compose.yaml"), "config", "--quiet"]
    done = subprocess.run(command, env={"CREATION_DB_PASSWORD": "x", "PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_unit_is_hardened_and_restarts_what_fails():
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.read(FOLDER / "creation.service", encoding="utf-8")
    service = parser["Service"]
    assert parser["Install"]["WantedBy"] == "multi-user.target"
    assert service["ExecStart"].endswith("creation up")
    assert (service["NoNewPrivileges"], service["ProtectSystem"], service["Restart"]) == ("true", "strict", "on-failure")
    assert dict(unit()["Service"])["ReadWritePaths"] == "/var/lib/creation"
    assert ("Environment", "CREATION_DATA=/var/lib/creation") in unit()["Service"], "the one folder that can be written"
    assert service["RestartPreventExitStatus"] == "2"
    assert (service["UMask"], service["StateDirectoryMode"], service["CapabilityBoundingSet"], service["User"]) == (
        "0077",
        "0700",
        "",
        "creation",
    )
    closed = (
        "ProtectHome",
        "PrivateTmp",
        "PrivateDevices",
        "ProtectKernelTunables",
        "ProtectKernelModules",
        "RestrictNamespaces",
        "LockPersonality",
    )
    assert [name for name in closed if service.get(name) != "true"] == []


def test_systemd_reads_the_unit(tmp_path):
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("no systemd-analyze")
    text = (FOLDER / "creation.service").read_text(encoding="utf-8")
    told = verify(analyze, tmp_path, text)
    assert [line for line in told if "Unknown" in line or "Failed to parse" in line or "Invalid" in line] == []
    broken = verify(analyze, tmp_path, text.replace("ProtectSystem=strict", "ProtectSystem=perhaps\nNoNewFriends=true"))
    assert [line for line in broken if "NoNewFriends" in line], "it would have told"


def verify(analyze, folder, text):
    """The program it starts is not installed here: any other stands in, so that only the unit is judged."""
    path = folder / "creation.service"
    path.write_text(re.sub("ExecStart=.*", "ExecStart=/bin/true", text), encoding="utf-8")
    done = subprocess.run([analyze, "verify", str(path)], capture_output=True, text=True, check=False)
    return [line for line in (done.stdout + done.stderr).splitlines() if "creation.service" in line]


def test_every_setting_named_in_the_page_exists():
    known = {f"CREATION_{name.upper()}" for name in Settings.model_fields} | {"CREATION_DB_PASSWORD"}
    named = set()
    for path in FOLDER.iterdir():
        named |= set(re.findall(r"CREATION_[A-Z_]+", path.read_text(encoding="utf-8")))
    assert named - known == set()
