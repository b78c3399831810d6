"""The report in a real browser, without a network: no error, nothing fetched, and what can be clicked works."""

import base64
import json
import shutil
import tempfile

import pytest

import isacsys
from isacsys.report import write_report
from tests.report.test_report import HOSTILE, SMALL, Hostile

pytestmark = pytest.mark.slow
ARGUMENTS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--window-size=1300,900")


@pytest.fixture(scope="module")
def browser():
    """Chromium with a profile of its own; where there is none, the test says so."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="no selenium: pip install \"isacsys[browser]\"")
    chromium, driver = shutil.which("chromium") or shutil.which("chromium-browser"), shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.skip("no chromium and chromedriver here: the report was not looked at in a browser")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        for argument in (*ARGUMENTS, f"--user-data-dir={profile}"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        opened = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
        try:
            yield opened
        finally:
            opened.quit()


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Two runs with everything recorded, and names that want to be run."""
    folder = tmp_path_factory.mktemp("report")
    one = isacsys.run(SMALL, drops=6, executor="serial", output=folder / "a.h5")
    other = isacsys.run(SMALL.replace({"scheduling.policy": "nearest"}), drops=6, executor="serial",
                        output=folder / (HOSTILE.replace("/", "") + ".h5"), measure=[Hostile()])
    return write_report([one, other], folder / "report.html")


def emulate(browser, scheme, width=1300):
    """Prefer light or dark, on a screen of some width."""
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia",
                            {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                            {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False})


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_error_no_request_and_every_picture(browser, page, scheme, tmp_path):
    emulate(browser, scheme)
    browser.get_log("performance")
    browser.get(page.as_uri())
    assert browser.get_log("browser") == []
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    urls = {m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"}
    assert urls <= {page.as_uri(), "data:,"}
    assert browser.execute_script("return performance.getEntriesByType('resource').length") == 0
    sizes = browser.execute_script("return [...document.querySelectorAll('figure > svg')].map(p => "
                                   "[p.getBoundingClientRect().width, p.querySelectorAll('path,rect,circle').length])")
    assert len(sizes) >= 8 and all(width > 300 and shapes > 2 for width, shapes in sizes)
    light = browser.execute_script("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert light == (scheme == "light")
    browser.find_element("id", "scheme").click()
    changed = browser.execute_script("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert changed != light
    shot = browser.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})["data"]
    (tmp_path / f"{scheme}.png").write_bytes(base64.b64decode(shot))


def test_words_can_be_read_on_their_ground(browser, page):
    """Contrast of text and of every colour of a series, in both schemes, at least 4.5 and 3 to 1 (WCAG)."""
    for scheme in "light", "dark":
        emulate(browser, scheme)
        browser.get(page.as_uri())
        names = ["ground", "raised", "ink", "soft", "link", *(f"c{i}" for i in range(8))]
        style = browser.execute_script(
            "const style = getComputedStyle(document.documentElement);"
            "return Object.fromEntries(arguments[0].map(n => [n, style.getPropertyValue('--' + n).trim()]))", names)
        for name, colour in style.items():
            if name not in ("ground", "raised"):
                least = 3.0 if name[0] == "c" else 4.5
                assert min(contrast(colour, style[ground]) for ground in ("ground", "raised")) >= least, (scheme, name)


def test_tables_are_sorted_by_a_click(browser, page):
    emulate(browser, "light")
    browser.get(page.as_uri())
    script = ("return [...document.querySelectorAll('#estimates-2 tbody tr')]"
              ".map(r => r.cells[arguments[0]].textContent)")
    head = browser.find_elements("css selector", "#estimates-2 th button")
    head[0].click()
    names = browser.execute_script(script, 0)
    assert names == sorted(names) and len(names) > 10
    head[0].click()
    assert browser.execute_script(script, 0) == names[::-1]
    head[1].click()
    numbers = [float(cell.split()[0]) for cell in browser.execute_script(script, 1) if cell != "-"]
    assert numbers == sorted(numbers)
    assert browser.find_elements("css selector", "#estimates-2 th")[1].get_attribute("aria-sort") == "ascending"


def test_layers_of_the_map_are_switched_off(browser, page):
    browser.get(page.as_uri())
    layer = browser.find_element("css selector", "[data-layer=served]")
    assert layer.is_displayed()
    browser.find_element("css selector", "input[data-shows=served]").click()
    assert not layer.is_displayed()


@pytest.mark.parametrize("width", [400, 800, 1600])
def test_nothing_stands_out_of_the_page(browser, page, width):
    emulate(browser, "light", width)
    browser.get(page.as_uri())
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width


def test_hostile_names_are_not_run(browser, page):
    browser.get(page.as_uri())
    assert browser.execute_script("return document.querySelectorAll('script').length") == 1
    assert "<script>alert(1)" in browser.find_element("tag name", "h1").text


def contrast(one, other):
    """Contrast of two colours, as WCAG 2 defines it."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour):
    """Relative luminance of #rrggbb."""
    parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
