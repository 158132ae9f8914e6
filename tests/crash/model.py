"""The mid-term of a few projects in dicts, written from the requirements (R43–R53, R60): no tables, no SQL, nothing of ours but working days.

Every act answers ``DONE``, ``REFUSED`` or ``SAME`` (nothing to do any more) and moves the dicts only when it is done.
"""

from datetime import date, timedelta

from models.rules.calendar import Calendar

DONE, REFUSED, SAME = "done", "refused", "same"
START, GENERAL, ENDS = date(2026, 9, 7), date(2026, 11, 30), date(2027, 12, 31)
"""First day; the day that holds for all (R50); end of the batch."""
PAPERS = ("progress_report", "results_report")
INTERNAL_DAYS = RETURN_DAYS = 3
MONTHS = 3
ACTIVE, OPEN, OVER = ("building", "rectifying"), ("open", "reopened"), ("verified", "failed")
WITH_US = ("awaiting_endorsement", "handed_in", "complete")
WITH_OFFICE = ("handed_in", "complete", "released")
FIRST, AGAIN = ("passed", "failed"), ("continued", "another_round", "terminated")
BECOMES = {"passed": "building", "failed": "rectifying", "continued": "building", "another_round": "rectifying", "terminated": "terminated"}
shift = Calendar().shift


def is_branch(code):
    return "B" in code


def rectified_by(day):
    """Three months later, not on a day off (R53)."""
    year, month = divmod(day.month - 1 + MONTHS, 12)
    first = date(day.year + year, month + 1, 1)
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return shift(min(first + timedelta(days=day.day - 1), last), 0)


class Model:
    """Projects that were selected, with their papers, rounds of rectification, marks and ballots."""

    def __init__(self, codes):
        self.day, self.letters, self.decisions, self.ballots = START, 0, 0, []
        self.projects = {code: new_project() for code in codes}

    def forward(self, days):
        self.day += timedelta(days=days)

    # Papers (R14–R16, R45, R50, R60)
    def hand_in(self, code, paper, days_ago):
        known, versions = self._paper(code, paper)
        if known["state"] not in ACTIVE or days_ago < 0 or (versions and versions[-1] != "returned"):
            return REFUSED
        versions.append("awaiting_endorsement" if is_branch(code) else "handed_in")
        return DONE

    def endorse(self, code, paper):
        return self._paper_moves(code, paper, ("awaiting_endorsement",), "handed_in")

    def retract(self, code, paper):
        return self._paper_moves(code, paper, WITH_US, "returned")

    def return_paper(self, code, paper):
        answer = self._paper_moves(code, paper, WITH_US, "returned")
        if answer == DONE:
            self.projects[code]["days"][paper].append((shift(self.day, RETURN_DAYS), 0))
            self.letters += 1
        return answer

    def release(self, code, paper):
        _, versions = self._paper(code, paper)
        if versions:
            return REFUSED
        versions.append("released")
        return DONE

    def scan(self):
        """What arrived in order is complete once the calendar is looked at."""
        for known in self.projects.values():
            for versions in known["papers"].values():
                if versions and versions[-1] == "handed_in":
                    versions[-1] = "complete"

    def extend(self, code, paper, days):
        known, new = self.projects[code], self.day + timedelta(days=days)
        own = known["days"][paper]
        last, internal = own[-1] if own else (GENERAL, INTERNAL_DAYS)
        if known["state"] not in ACTIVE or new == last or not GENERAL <= new <= ENDS:
            return REFUSED
        own.append((new, internal))
        return self._recorded(known)

    # Standing
    def suspend(self, code):
        known = self.projects[code]
        known["before"] = known["state"] if known["state"] in ACTIVE else known["before"]
        return self._moves(known, ACTIVE, "suspended")

    def resume(self, code):
        known = self.projects[code]
        return self._moves(known, ("suspended",), known["before"])

    def withdraw(self, code):
        return self._moves(self.projects[code], (*ACTIVE, "suspended"), "withdrawn")

    def terminate(self, code):
        return self._moves(self.projects[code], (*ACTIVE, "suspended"), "terminated")

    # Facts
    def record_finding(self, code):
        known = self.projects[code]
        if known["state"] not in ACTIVE:
            return REFUSED
        known["facts"].append(known["seq"] + 1)
        return self._recorded(known)

    def assess(self, code):
        known, number = self.projects[code], len(self.projects[code]["rounds"])
        if number in known["marks"]:
            return REFUSED
        answer = self.record_finding(code)
        if answer == DONE:
            known["marks"][number] = known["seq"]
        return answer

    def correct(self, code, seq):
        """A fact is corrected once; a move never is."""
        known = self.projects[code]
        if seq not in known["facts"]:
            return REFUSED
        known["facts"].remove(seq)
        known["marks"] = {number: fact for number, fact in known["marks"].items() if fact != seq}
        return self._recorded(known)

    # Decisions (R18, R49–R53)
    def is_up(self, known):
        if len(known["rounds"]) in known["decided"]:
            return False
        if known["state"] == "building":
            return bool(known["marks"])
        return known["state"] == "rectifying" and known["rounds"][-1]["state"] in OVER

    def make_ballot(self):
        lines = {code: (known["seq"], known["state"]) for code, known in self.projects.items() if self.is_up(known)}
        self.ballots += [{"lines": lines, "answered": False}] if lines else []
        return DONE if lines else SAME

    def decide(self, number, code, outcome):
        ballot = self.ballots[number]
        if ballot["answered"]:
            return SAME
        if any(self.projects[one]["seq"] != seq for one, (seq, _) in ballot["lines"].items()) or code not in ballot["lines"]:
            return REFUSED
        known = self.projects[code]
        if outcome not in (FIRST if known["state"] == "building" else AGAIN):
            return REFUSED
        ballot["answered"] = True
        known["decided"].add(len(known["rounds"]))
        known["state"] = BECOMES[outcome]
        if known["state"] == "rectifying":
            known["rounds"].append({"state": "open", "due": rectified_by(self.day), "waits": True, "answered": False})
        self.letters, self.decisions = self.letters + 1, self.decisions + 1
        return self._recorded(known)

    # What is put right afterwards: R51, R53
    def answer_rectification(self, code):
        return self._round_moves(code, lambda order: order["waits"], state="answered", waits=False, answered=True)

    def verify_rectification(self, code):
        return self._round_moves(code, lambda order: not order["waits"], state="verified")

    def fail_rectification(self, code):
        return self._round_moves(code, lambda _: True, state="failed")

    def reopen_rectification(self, code):
        answer = self._round_moves(code, lambda order: order["answered"], state="reopened", waits=True)
        if answer == DONE:
            order = self.projects[code]["rounds"][-1]
            order["due"], self.letters = max(order["due"], shift(self.day, RETURN_DAYS)), self.letters + 1
        return answer

    def extend_rectification(self, code, due_on):
        return self._round_moves(code, lambda order: order["state"] in OPEN and due_on > order["due"], due=due_on)

    def _round_moves(self, code, may, **values):
        rounds = self.projects[code]["rounds"]
        if not rounds or rounds[-1]["state"] in OVER or not may(rounds[-1]):
            return REFUSED
        rounds[-1].update(values)
        return DONE

    def _paper(self, code, paper):
        return self.projects[code], self.projects[code]["papers"][paper]

    def _paper_moves(self, code, paper, sources, target):
        _, versions = self._paper(code, paper)
        if not versions or versions[-1] not in sources:
            return REFUSED
        versions[-1] = target
        return DONE

    def _moves(self, known, sources, target):
        if known["state"] not in sources:
            return REFUSED
        known["state"] = target
        return self._recorded(known)

    def _recorded(self, known):
        known["seq"] += 1
        return DONE

    # What must be found on record
    def states(self):
        """Code → state of every project, version of a paper and round."""
        found = {}
        for code, known in self.projects.items():
            found[code] = known["state"]
            found |= {f"{code}/{paper}/v{n}": state for paper, all_ in known["papers"].items() for n, state in enumerate(all_, start=1)}
            found |= {f"{code}/failed/{n}": order["state"] for n, order in enumerate(known["rounds"], start=1)}
        return found

    def duties(self):
        """Who owes what by when, and whether it is done: two clocks for one paper of a branch (R60)."""
        found = set()
        for code, known in self.projects.items():
            for paper in PAPERS if known["state"] in ACTIVE else ():
                found |= _owed(code, paper, (known["papers"][paper] or [""])[-1], known["days"][paper])
            for number, order in enumerate(known["rounds"], start=1):
                if known["state"] == "rectifying" or order["state"] not in OPEN:
                    found.add((code, f"rectify{number}", "rectify", order["due"], order["state"] not in OPEN))
        return found


def new_project():
    papers = {paper: [] for paper in PAPERS}
    days = {paper: [] for paper in PAPERS}
    more = {"papers": papers, "days": days, "rounds": [], "marks": {}, "facts": [], "decided": set()}
    return {"state": "building", "before": "", "seq": 1, **more}


def _owed(code, paper, state, own):
    due, _, internal = max([(GENERAL, 0, INTERNAL_DAYS), *((day, 1, internal) for day, internal in own[-1:])])
    if not is_branch(code):
        return {(code, paper, "hand_in", due, state in WITH_OFFICE)}
    first = shift(due, -internal) if internal else due
    return {
        (code, paper, "hand_in", first, state in (*WITH_US, "released")),
        (code, paper, "endorse", due, state in WITH_OFFICE),
    }
