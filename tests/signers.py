"""Three people of the office on an empty database, and the telephone of the first."""

from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit

import pyotp
from sqlmodel import select

from config.vocabulary import PersonRole
from flows.steps.identity import Claim, issue, signed
from flows.steps.people import register_person
from models.history import Act, record_event
from models.store import reading, transaction
from models.tables import Credential, Unit

BY = Act("A02", "command:test", date(2025, 11, 4))
AFTER = timedelta(minutes=1)


class Office:
    """Three people and the telephone of the first."""

    def __init__(self, engine):
        self.engine = engine
        with transaction(engine) as session:
            register_person(session, BY, "A01", "王一")
            register_person(session, BY, "A02", "李二")
            register_person(session, BY, "P01", "评三", PersonRole.PANEL)
        self.secret = self.issue()
        with reading(engine) as session:
            self.at = session.exec(select(Credential)).one().issued_at + AFTER

    def issue(self, person="A01"):
        with transaction(self.engine) as session:
            return parse_qs(urlsplit(issue(session, BY, person)).query)["secret"][0]

    def code(self, at=None, drift=0):
        return pyotp.TOTP(self.secret).at(int((at or self.at).timestamp()), counter_offset=drift)

    def claim(self, code=None, person="A01", at=None, origin="flow-run:1"):
        return Claim(person, self.code(at) if code is None else code, at or self.at, origin)

    def wrong(self, at=None, **more):
        totp, step = pyotp.TOTP(self.secret), int((at or self.at).timestamp()) // 30
        near = {totp.generate_otp(step + drift) for drift in (-1, 0, 1)}
        return self.claim(next(code for code in ("000000", "000001", "000002", "000003") if code not in near), at=at, **more)

    def act(self, claim):
        """Do something under a claim: a unit of the run's own name is listed."""
        with signed(self.engine, BY, claim) as (session, by):
            code = f"U{claim.origin}"
            unit = session.exec(select(Unit).where(Unit.code == code)).first()
            if unit is None:
                record_event(session, Unit(code=code, name="某党委", kind="so"), "list", by, {})

    def rows(self, table):
        with reading(self.engine) as session:
            return session.exec(select(table)).all()
