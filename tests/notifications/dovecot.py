"""A real IMAP server on loopback: Debian's Dovecot with a configuration of its own, as an ordinary process."""

import getpass
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pytest
from imapclient import IMAPClient

from config.clock import BUSINESS_ZONE
from notifications.catcher import free_port

PROGRAM = Path("/usr/sbin/dovecot")
USER, PASSWORD = "zuzhibu@university.example", "wq8-code"
AT = datetime(2025, 11, 20, 15, 20, tzinfo=BUSINESS_ZONE)
CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
disable_plaintext_auth = no
auth_failure_delay = 0
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
imap_id_log = *
mail_location = maildir:{folder}/mail/%u
first_valid_uid = 1
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
passdb {{
  driver = passwd-file
  args = scheme=plain username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""


def required_or_skip():
    """A newcomer without the server skips these tests; the checks before a change lands do not."""
    if not PROGRAM.exists():
        told = f"{PROGRAM} is missing: apt-get install dovecot-imapd"
        if os.environ.get("CREATION_DOVECOT") == "required":
            pytest.fail(told)
        pytest.skip(told)


class Dovecot:
    """One account with one mailbox."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="creation-dovecot-"))
        self.port, self.tls_port = free_port(), free_port()
        self.process = None

    def start(self):
        root = os.geteuid() == 0
        owner = pwd.getpwnam("nobody") if root else pwd.getpwuid(os.geteuid())
        names = {"internal": "dovecot", "internal_group": "dovecot", "login": "dovenull"}
        if not root:
            names = {"internal": getpass.getuser(), "internal_group": "", "login": getpass.getuser()}
        self.folder.chmod(0o755)
        (self.folder / "mail").mkdir()
        os.chown(self.folder / "mail", owner.pw_uid, owner.pw_gid)
        (self.folder / "users").write_text(f"{USER}:{PASSWORD}\n")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
             "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", self.folder / "key.pem", "-out", self.folder / "cert.pem"],
            check=True, capture_output=True,
        )  # fmt: skip
        places = {"folder": self.folder, "port": self.port, "tls_port": self.tls_port, "uid": owner.pw_uid, "gid": owner.pw_gid}
        (self.folder / "dovecot.conf").write_text(CONFIG.format(**places, **names))
        self.process = subprocess.Popen(
            [PROGRAM, "-F", "-c", self.folder / "dovecot.conf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        end = time.monotonic() + 20
        while True:
            with suppress(OSError), self.client():
                return self
            assert self.process.poll() is None, self.log()
            assert time.monotonic() < end, self.log()
            time.sleep(0.05)

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self):
        return (self.folder / "log").read_text() if (self.folder / "log").exists() else ""

    def refusals(self, expected):
        """How many logins have been refused: the log is written a moment later, so that many are waited for."""
        end = time.monotonic() + 5
        while self.log().count("auth failed") < expected and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(0.2)
        return self.log().count("auth failed")

    def client(self):
        client = IMAPClient("127.0.0.1", self.port, ssl=False, timeout=20)
        client.login(USER, PASSWORD)
        client.select_folder("INBOX")
        return client

    def url(self, password=PASSWORD, scheme="imap", folder=""):
        port = self.port if scheme == "imap" else self.tls_port
        return f"{scheme}://{USER.replace('@', '%40')}:{password}@127.0.0.1:{port}{folder}"

    def put(self, *mails, seen=False, at=None):
        """Deliver mails into the mailbox, as if they had just arrived."""
        with self.client() as client:
            for raw in mails:
                client.append("INBOX", raw, [b"\\Seen"] if seen else [], at)

    def seen(self):
        """Subject-free view: which messages, by UID, are marked as seen."""
        with self.client() as client:
            return {uid: b"\\Seen" in told[b"FLAGS"] for uid, told in client.fetch(client.search(), ["FLAGS"]).items()}

    def clear(self):
        """Throw everything away and begin the folder anew, with a new UIDVALIDITY."""
        with self.client() as client:
            if uids := client.search():
                client.delete_messages(uids)
                client.expunge()
