"""Who is killed: the product's own rounds and ticks, with shorter pauses between them; and a naive sender for the control."""

import os
import random
import socket
import time

import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlmodel import col

from config import clock
from config.settings import settings
from config.vocabulary import MailState
from flows.operate.delivery_loop import one_round
from flows.operate.leader import try_to_lead
from flows.timetable import DailyScan
from models.business_clock import business_now
from models.database import engine_for
from models.store import transaction
from models.tables import Mail
from notifications import sending
from notifications.fuse import Watch
from notifications.transport import SmtpAccount, Transport

PAUSE_SECONDS = 0.1
NAIVE_BATCH = 5


def worker_name(pid):
    """The owner's name in a lease, as the delivery loop writes it."""
    return f"delivery:{socket.gethostname()}:{pid}"


def application_name(pid):
    """How a victim's sessions are called in PostgreSQL."""
    return f"victim-{pid}"


def own_engine():
    """The database of the settings; on PostgreSQL its sessions bear the name of this process."""
    url = make_url(settings().database_url)
    if url.get_backend_name() == "postgresql":
        url = url.update_query_dict({"application_name": application_name(os.getpid())})
    return engine_for(url.render_as_string(hide_password=False))


def sender():
    """Do what ``flows.operate.delivery_loop`` does."""
    engine, account = own_engine(), SmtpAccount.from_settings(settings())
    carrier, watch = Transport(account), Watch()
    while True:
        one_round(engine, carrier, worker_name(os.getpid()), account.limits, watch)
        time.sleep(PAUSE_SECONDS)


def timetable():
    """Do what ``flows.timetable`` does: lead or wait, and bring each new day to where the calendar says."""
    engine = own_engine()
    while True:
        held = try_to_lead(engine, "timetable")
        if held is not None:
            daily = DailyScan(engine)
            while held.holds():
                daily.tick()
                time.sleep(PAUSE_SECONDS)
        time.sleep(PAUSE_SECONDS)


def naive():
    """A lease and nothing else, as most queues have it: what was sent is written down afterwards, what expired is sent again."""
    engine, carrier = own_engine(), Transport(SmtpAccount.from_settings(settings()))
    worker = worker_name(os.getpid())
    while True:
        with transaction(engine) as session:
            over = (Mail.state == MailState.LEASED, col(Mail.lease_until) <= clock.now())
            session.execute(sa.update(Mail).where(*over).values(state=MailState.READY, lease_owner=None, lease_until=None))
            batch = sending.claim(session, worker, business_now(session), NAIVE_BATCH)
            rows = [session.get_one(Mail, held.id) for held in batch]
        for row in rows:
            carrier.prepare(settings().smtp_sender, row.mailbox)
            carrier.deliver(row.mime)
        with transaction(engine) as session:
            mine = (col(Mail.id).in_([row.id for row in rows]), Mail.lease_owner == worker)
            session.execute(sa.update(Mail).where(*mine).values(state=MailState.SENT, lease_owner=None, lease_until=None))
        time.sleep(PAUSE_SECONDS if batch else random.uniform(0.1, 0.2))


ROLES = {"sender": sender, "timetable": timetable, "naive": naive}
