"""One installation and one signed-in browser for all tests of this folder; both end with its last test."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.installation import ROOT, Installation
from tests.browser.pages import Pages

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
]  # fmt: skip
DRAWING_MS = 3_000
WIDE = {"width": 1280, "height": 1000}


@pytest.fixture(scope="package")
def chromium():
    """Debian's Chromium. A newcomer without it skips these tests; the checks before a change lands do not."""
    if not CHROMIUM.exists():
        told = f"{CHROMIUM} is missing: apt-get install chromium fonts-noto-cjk"
        if os.environ.get("CREATION_BROWSER") == "required":
            pytest.fail(told)
        pytest.skip(told)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def installation(chromium, tmp_path_factory):
    """A real `creation up`; asked for after the browser, so that nothing starts without one."""
    made = Installation(tmp_path_factory.mktemp("installation"))
    made.prepare()
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="package")
def visitor(chromium, installation):
    """Make pages of someone who has not signed in yet."""

    def visit():
        context = chromium.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", viewport=WIDE)
        return Pages(context.new_page(), installation)

    return visit


@pytest.fixture(scope="package")
def office(visitor):
    """The clerk's signed-in browser."""
    pages = visitor()
    pages.sign_in()
    return pages


@pytest.fixture(scope="package")
def picture():
    """Keep a picture for the documentation, only when asked to; Prefect's drawings need a moment to come to rest.

    ``afresh`` loads the page once more: notes of what was sent are gone, and the drawing is that of a run that has ended.
    """

    def keep(page, name, *, afresh=False):
        assert re.fullmatch("[a-z-]+", name)
        if os.environ.get("CREATION_SCREENSHOTS") == "1":
            if afresh:
                page.reload()
            page.wait_for_timeout(DRAWING_MS)
            page.screenshot(path=ROOT / "docs" / "screenshots" / f"{name}.png")

    return keep
