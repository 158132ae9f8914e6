"""The pages of the Prefect UI as the office uses them: found by what stands on them, never by how they are built."""

import re

from playwright.sync_api import Error, expect
from playwright.sync_api import TimeoutError as NotInTimeError

from flows.forms.order import deployment_name
from tests.browser.installation import TODAY, until

PATIENCE_MS = 90_000
LOST_CLICK_MS, ANSWER_MS = 15_000, 60_000
NOTE_MS, LOOK_MS = 5_000, 800
RUN_PAGE = re.compile(r"/runs/flow-run/([0-9a-f-]{36})")
ENDS, WAITS = ("Completed", "Failed", "Crashed"), ("Suspended",)
"""States in which a run is over, and in which it waits for a person."""


class Pages:
    """One person's browser."""

    def __init__(self, page, installation):
        self.page, self.installation = page, installation
        page.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)

    def sign_in(self, login=None):
        self.page.goto(f"{self.installation.url}/")
        self.page.get_by_placeholder("admin:pass").fill(login or self.installation.login)
        self.page.get_by_role("button", name="Login").click()
        if login is None:
            self.page.get_by_role("link", name="Deployments", exact=True).wait_for()

    def open_form(self, name):
        """Deployments, search, the form, Run, Custom run: as the office's guide says."""
        page = self.page
        page.get_by_role("link", name="Deployments", exact=True).first.click()
        page.get_by_placeholder("Search deployments").fill(name)
        page.get_by_text("Page 1 of 1", exact=True).wait_for()
        page.get_by_role("link", name=deployment_name(name), exact=True).click()
        page.get_by_role("button", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Custom run").click()
        self.form_is_there()

    def form_is_there(self):
        self.page.get_by_role("button", name="Submit", exact=True).wait_for()

    def options(self, label):
        """What a drop-down offers; it stays open."""
        self.page.get_by_role("button", name=f"Select {label}").click()
        self.page.get_by_role("option").first.wait_for()
        return self.page.get_by_role("option").all_inner_texts()

    def choose(self, label, wanted):
        """Take one option of a drop-down by its full text; it closes by itself (Escape would close a dialog around it)."""
        self.options(label)
        self.page.get_by_role("option", name=wanted, exact=True).click()
        expect(self.page.get_by_role("listbox")).to_have_count(0)

    def choose_many(self, label, wanted):
        """Take several options of a drop-down, which stays open."""
        self.options(label)
        for option in wanted:
            self.page.get_by_role("option", name=option, exact=True).click()
        self.page.keyboard.press("Escape")
        expect(self.page.get_by_role("listbox")).to_have_count(0)

    def type(self, label, text):
        self.page.get_by_role("textbox", name=label).fill(text)

    def number(self, label, value):
        self.page.get_by_label(label).fill(str(value))

    def pick_day(self, label, day):
        self.page.get_by_role("button", name=label).click()
        typed = self.page.get_by_placeholder("yyyy-MM-dd")
        typed.fill(day)
        typed.press("Enter")
        self.page.keyboard.press("Escape")
        expect(typed).to_have_count(0)

    def sign(self, person, *, code=True):
        """Say who does it, and what that person's app shows."""
        self.choose("办理人", f"{person} 工作人员{int(person[1:])}")
        if code:
            self.type("动态口令", self.installation.code(person))

    def submit(self):
        """Send the form and go to its run, by the note that names it: the note of the run before may still be there."""
        name = self.page.get_by_role("textbox", name="Run Name").input_value()
        made = self._sent(self.page.get_by_role("button", name="Submit", exact=True), "/create_flow_run")
        note = self.page.get_by_role("listitem").filter(has_text=f"{name} scheduled").get_by_role("button", name="View run")
        try:
            note.click(timeout=NOTE_MS)
        except Error:  # on a busy machine it is gone before it can be clicked
            self.page.goto(f"{self.installation.url}/v2/runs/flow-run/{made.json()['id']}")
        self.page.wait_for_url(RUN_PAGE)
        self.page.get_by_role("tab", name="Job Variables").wait_for()  # before that the page still shows where we came from

    def _sent(self, button, asks):
        """Click and return Prefect's answer, which is a good one: a page does not ask again when it is told to."""
        with self.page.expect_response(lambda answer: answer.url.endswith(asks), timeout=ANSWER_MS) as made:
            self.press(button, asks)
        assert made.value.ok, f"{made.value.status} {made.value.text()}"
        return made.value

    def run(self):
        """The run whose page this is, as the history names it."""
        return f"flow-run:{RUN_PAGE.search(self.page.url)[1]}"

    def ended(self, among=ENDS):
        """The state in which the run of this page comes to rest.

        The page looks by itself every 5 s; it looks at once when somebody comes back to its tab.
        """
        main = self.page.get_by_role("main")

        def shown():
            self.page.evaluate("dispatchEvent(new Event('visibilitychange'))")
            self.page.wait_for_timeout(LOOK_MS)
            return [state for state in among if main.get_by_text(state, exact=True).count()]

        try:
            return until(shown, f"the run is {among}", 180.0)[0]
        except AssertionError as late:
            late.add_note(self.page.locator("body").inner_text()[:2000])
            raise

    def press(self, button, asks):
        """Click until Prefect is asked at the end of an address: on a busy machine a button may be clicked before it listens."""
        try:
            with self.page.expect_request(lambda request: request.url.endswith(asks), timeout=LOST_CLICK_MS):
                button.click()
        except NotInTimeError:
            button.click()

    def meet(self, number, person):
        """Open the dialog of a run that waits and enter the meeting of that number, recorded by a person; returns the dialog."""
        self.page.get_by_role("button", name="Open menu").first.click()
        self.page.get_by_role("menuitem", name="Resume").click()
        dialog = self.page.get_by_role("dialog", name="Resume Flow Run")
        dialog.get_by_role("textbox", name="会议名称").fill(f"党委会2025年第{number}次会议")
        self.pick_day("会议日期", TODAY.isoformat())
        dialog.get_by_role("textbox", name="依据").fill(f"会议纪要〔2025〕{number}号")
        self.choose("登记人", f"{person} 工作人员{int(person[1:])}")
        self.type("动态口令", self.installation.code(person))
        return dialog

    def resume(self, dialog):
        """Send a dialog off."""
        self._sent(dialog.get_by_role("button", name="Resume"), "/resume")

    def reason(self):
        """What the page of a run tells about its end."""
        self.page.get_by_role("tab", name="Details").click()
        told = self.page.get_by_role("tabpanel", name="Details")
        told.get_by_text("State Message").wait_for()
        return told.inner_text()

    def log(self):
        """The log of the run; the page of a run that has ended does not look for late lines by itself."""

        def look():
            self.page.reload()
            lines = self.page.get_by_role("log")
            lines.or_(self.page.get_by_text("This run did not produce any logs")).wait_for()
            return lines.count() and lines.inner_text()

        return until(look, "the run's log")
