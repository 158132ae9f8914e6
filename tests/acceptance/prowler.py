"""Somebody at the Prefect server's door: every route that it says it has, asked with a login that is none or wrong."""

import base64
import json
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import prefect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

HANDS = 4
METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "trace"})
SOMEBODY = "00000000-0000-0000-0000-000000000000"


def basic(login):
    return {"Authorization": "Basic " + base64.b64encode(login.encode()).decode()} if login is not None else {}


def document(port):
    """Return the server's description of itself, for which nobody need log in."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("GET", "/openapi.json")
        return json.load(connection.getresponse())


def routes(described):
    """Return (method, address) of every route of the API, with something in place of every parameter."""
    return [
        (method.upper(), "/api/" + re.sub(r"\{[^}]*\}", SOMEBODY, path).removeprefix("/api").lstrip("/"))
        for path, methods in described["paths"].items()
        for method in sorted(methods.keys() & METHODS)
    ]


def knock(port, asked, headers):
    """Ask every route over a few kept connections; returns (method, address) → status."""

    def some(mine):
        with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
            return [(route, status(connection, route, headers)) for route in mine]

    with ThreadPoolExecutor(HANDS) as hands:
        return dict(found for part in hands.map(some, [asked[n::HANDS] for n in range(HANDS)]) for found in part)


def status(connection, route, headers):
    method, address = route
    connection.request(
        method, address, b"{}" if method in ("POST", "PUT", "PATCH") else None, {"Content-Type": "application/json", **headers}
    )
    answer = connection.getresponse()
    answer.read()
    return answer.status


def sockets():
    """Return the addresses of the server's WebSockets, read from its source: its description does not name them."""
    found = []
    for source in sorted((Path(prefect.__file__).parent / "server" / "api").glob("*.py")):
        text = source.read_text(encoding="utf-8")
        prefix = re.search(r"router\b.* = PrefectRouter\(\s*prefix=\"([^\"]+)\"", text)
        found += [prefix[1] + re.sub(r"\{[^}]*\}", "default", path) for path in re.findall(r"@router\.websocket\(\s*\"([^\"]+)\"", text)]
    return found


def answered(port, path, token, subprotocols=("prefect",)):
    """Return what a WebSocket says to a token: its first message, or that it was closed."""
    try:
        with connect(f"ws://127.0.0.1:{port}/api{path}", subprotocols=list(subprotocols) or None, open_timeout=30, close_timeout=5) as line:
            line.send(json.dumps({"type": "auth", "token": token} if token is not None else {"type": "ping"}))
            return json.loads(line.recv(30))["type"]
    except (ConnectionClosed, InvalidStatus):
        return "refused"
