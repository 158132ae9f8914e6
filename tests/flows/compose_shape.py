"""The part of the Compose specification that our file uses: every key that it may have, and what may stand there.

Compose refuses a key that it does not know; so does this, where no engine is at hand to ask.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Duration = Annotated[str, StringConstraints(pattern=r"^(\d+(us|ms|s|m|h))+$")]
Port = Annotated[str, StringConstraints(pattern=r"^127\.0\.0\.1:\d{2,5}:\d{2,5}$")]
Mount = Annotated[str, StringConstraints(pattern=r"^[a-z]+:/[a-z/]+(:ro)?$")]
Names = dict[Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")], str]
Test = Annotated[list[str], Field(min_length=2)]


class Shape(BaseModel):
    """Something with no other keys than these."""

    model_config = ConfigDict(extra="forbid", strict=True)


class HealthCheck(Shape):
    """How a container is asked for its health."""

    test: Test
    interval: Duration
    timeout: Duration
    retries: int
    start_period: Duration = "0s"


class Mounted(Shape):
    """A configuration in a container."""

    source: str
    target: str


class Awaited(Shape):
    """What another service must have reached."""

    condition: Literal["service_started", "service_healthy", "service_completed_successfully"]


class Build(Shape):
    """How an image is made."""

    context: str
    dockerfile: str


class EnvFile(Shape):
    """A file of settings."""

    path: str
    required: bool


class Service(Shape):
    """A container."""

    image: str = ""
    build: Build | None = None
    restart: Literal["no", "always", "on-failure", "unless-stopped"]
    depends_on: dict[str, Awaited] = {}
    environment: Names
    env_file: list[EnvFile] = []
    configs: list[Mounted] = []
    volumes: list[Mount]
    ports: list[Port] = []
    network_mode: Literal["host"] | None = None
    init: bool = False
    stop_grace_period: Duration = "10s"
    read_only: bool = False
    tmpfs: list[str] = []
    security_opt: list[Literal["no-new-privileges:true"]] = []
    cap_drop: list[Literal["ALL"]] = []
    healthcheck: HealthCheck


class Content(Shape):
    """A configuration written in the file itself."""

    content: str


class ComposeFile(Shape):
    """The whole file."""

    name: str
    services: dict[str, Service]
    configs: dict[str, Content]
    volumes: dict[str, None]
