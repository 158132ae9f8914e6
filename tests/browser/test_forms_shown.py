"""Every form as its page shows it: our labels, all of them, in Chinese, and none of our English names."""

import re

import pytest
from playwright.sync_api import expect
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings

from flows.forms.schema import CHOICES
from tests.browser.installation import until
from tests.marks import LONG

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("browser"), LONG]
CHINESE = re.compile("[\u4e00-\u9fff]")
WORD = re.compile(r"(?<![\w.@])[A-Za-z_]+(?![\w.@])")
"""An English word on its own; parts of addresses are none."""


def deployments(installation):
    """Every deployment with the name that the office sees, once the choices are written into all forms."""
    given = {PREFECT_API_URL: f"{installation.url}/api", PREFECT_API_AUTH_STRING: installation.login}
    with temporary_settings(given), get_client(sync_client=True) as client:
        names = {flow.id: flow.name for flow in client.read_flows(limit=200)}
        known = until(
            lambda: (found := client.read_deployments(limit=200)) and all(map(has_choices, found)) and found, "choices are written"
        )
        return [(names[one.flow_id], one) for one in known]


def has_choices(deployment):
    """Whether every drop-down has something to show."""
    return all("enum" in told or "enum" in told.get("items", {}) for told in fields_of(deployment).values() if CHOICES in told)


def fields_of(deployment):
    """Field name → its schema, over every form that the page shows."""
    definitions = (deployment.parameter_openapi_schema or {}).get("definitions", {})
    return {name: told for form in definitions.values() for name, told in form.get("properties", {}).items()}


def shown(page, url):
    """Go to a form within the loaded application, and give its text."""
    page.evaluate("url => { history.pushState({}, '', url); dispatchEvent(new PopStateEvent('popstate')) }", url)
    return page.get_by_role("main")


def test_every_form_shows_its_chinese_labels_and_no_field_name(office, installation):
    page = office.page
    known = deployments(installation)
    assert len(known) > 40
    flaws = []
    for name, deployment in known:
        fields = fields_of(deployment)
        main = shown(page, f"/v2/deployments/deployment/{deployment.id}/run?parameters=%7B%7D")
        expect(main.get_by_role("link", name=name, exact=True)).to_be_visible()
        office.form_is_there()
        if fields:
            expect(main.get_by_text(next(iter(fields.values()))["title"], exact=False).first).to_be_visible()
        flaws += [f"{name}：{flaw}" for flaw in flaws_of(main.inner_text(), deployment, fields)]
    assert flaws == []


def flaws_of(text, deployment, fields):
    """What is wrong with the text of a form's page."""
    lines = {line.removesuffix(" (Optional)").strip() for line in text.splitlines()}
    for field, told in fields.items():
        title = told.get("title", field)
        if not CHINESE.search(title):
            yield f"{field} 的标题“{title}”不是中文"
        if title not in lines:
            yield f"没有显示“{title}”"
    schema = deployment.parameter_openapi_schema or {}
    names = {*fields, *schema.get("properties", {}), *schema.get("definitions", {})}
    for field in sorted(set(WORD.findall(text)) & {name for name in names if not CHINESE.search(name)}):
        yield f"显示了英文字段名 {field}"
