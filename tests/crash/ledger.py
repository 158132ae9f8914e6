"""The other side: a real SMTP server on loopback that notes every message it accepts, before it says so, and takes its time."""

import asyncio
import hashlib
import random
import re
from collections import defaultdict

from aiosmtpd.controller import Controller

from notifications.catcher import LOOPBACK, free_port

MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^>]+>)", re.IGNORECASE | re.MULTILINE)


class Ledger:
    """Message-ID → the digests of the copies that were accepted. Waits up to ``slowest`` seconds before and again after accepting.

    Mailboxes that begin with ``refused`` do not exist.
    """

    def __init__(self, slowest, seed, refused="\0"):
        self.accepted, self.texts, self._refused = defaultdict(list), {}, refused
        self._slowest, self._random = slowest, random.Random(seed)
        self._controller = Controller(self, hostname=LOOPBACK, port=free_port(), ready_timeout=10.0)

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
        """Know or do not know a mailbox."""
        if address.startswith(self._refused):
            return "550 5.1.1 nobody"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        """Who hangs up while we think is not heard: aiosmtpd then cancels this."""
        await asyncio.sleep(self._random.uniform(0, self._slowest))
        known = MESSAGE_ID.search(envelope.content)[1].decode()
        self.accepted[known].append(hashlib.sha256(envelope.content).hexdigest())
        self.texts[known] = envelope.content
        await asyncio.sleep(self._random.uniform(0, self._slowest))
        return "250 kept"

    def __enter__(self):
        self._controller.start()
        return self

    def __exit__(self, *_):
        self._controller.stop(no_assert=True)

    @property
    def url(self):
        return f"smtp://{LOOPBACK}:{self._controller.server.sockets[0].getsockname()[1]}"
