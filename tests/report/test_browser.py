"""The report in a real browser, without a network: no error, nothing fetched, and what can be clicked works."""

import base64
import json
import shutil
import tempfile
import time

import numpy as np
import pytest

import isacsys
from isacsys.report import write_report
from isacsys.report.player import write_player
from tests.report.test_player import MOVING
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
    browser.execute_script("for (const folded of document.querySelectorAll('details')) folded.open = true")
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
    browser.execute_script("for (const folded of document.querySelectorAll('details')) folded.open = true")
    script = ("return [...document.querySelectorAll('[id^=estimates-] tbody tr')]"
              ".map(r => r.cells[arguments[0]].textContent)")
    head = browser.find_elements("css selector", "[id^=estimates-] th button")
    head[0].click()
    names = browser.execute_script(script, 0)
    assert names == sorted(names) and len(names) > 10
    head[0].click()
    assert browser.execute_script(script, 0) == names[::-1]
    head[1].click()
    numbers = [float(cell.split()[0]) for cell in browser.execute_script(script, 1) if cell != "-"]
    assert numbers == sorted(numbers)
    assert browser.find_elements("css selector", "[id^=estimates-] th")[1].get_attribute("aria-sort") == "ascending"


def test_layers_of_the_map_are_switched_off(browser, page):
    browser.get(page.as_uri())
    browser.execute_script("for (const folded of document.querySelectorAll('details')) folded.open = true")
    layer = browser.find_element("css selector", ".map [data-layer=served]")
    assert layer.is_displayed()
    browser.find_element("css selector", "input[data-shows=served]").click()
    assert not layer.is_displayed()


@pytest.mark.parametrize("width", [400, 1000, 1600])
@pytest.mark.parametrize("which", ["page", "played"])
def test_nothing_stands_out_of_the_page(browser, width, which, request):
    emulate(browser, "light", width)
    browser.get((request.getfixturevalue("page") if which == "page" else request.getfixturevalue("played")[1]).as_uri())
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width


def test_letters_can_be_read_on_a_telephone(browser, page):
    """At least 10 pixels, in pictures too, and none over another one of the same picture's axis."""
    emulate(browser, "light", 400)
    browser.get(page.as_uri())
    heights, over = browser.execute_script("""
      const pictures = [...document.querySelectorAll("figure > svg.chart:not(.map)")].filter(p => p.clientWidth);
      const boxes = pictures.map(p => [...p.querySelectorAll("text")].map(t => t.getBoundingClientRect()));
      const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
      const size = (t) => parseFloat(getComputedStyle(t).fontSize) * Math.hypot(t.getScreenCTM().a, t.getScreenCTM().b);
      return [pictures.map(p => [...p.querySelectorAll("text")].map(size)).flat(),
              boxes.map(all => all.filter((a, i) => all.some((b, j) => j > i && meet(a, b))).length)];""")
    assert len(heights) > 30 and min(heights) >= 10 and sum(over) == 0


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """A recorded drop of users, targets and tracks, and the page that plays it back."""
    folder = tmp_path_factory.mktemp("played")
    run = isacsys.run(MOVING, executor="serial", output=folder / "run.h5")
    return run, write_player(run, folder / "played.html", 1)


DRAWN = """
  const stage = document.querySelector("svg.stage"), back = stage.getScreenCTM().inverse();
  return [...stage.querySelectorAll(arguments[0])].filter(n => n.style.display !== "none").map(n => {
    const box = n.getBoundingClientRect();
    const middle = new DOMPoint(box.left + box.width / 2, box.top + box.height / 2).matrixTransform(back);
    return [Number(n.dataset[arguments[1]]), middle.x, middle.y, box.left + box.width / 2, box.top + box.height / 2];
  });"""
DRAG = ("const line = document.querySelector('.timeline'); line.value = arguments[0];"
        "line.dispatchEvent(new Event('input'));")


@pytest.mark.parametrize("kind", ["user", "target", "track"])
def test_dragging_the_time_line_moves_everybody_to_the_logged_places(browser, played, kind):
    """What stands on the screen, in cm, beside what xarray reads."""
    xarray = pytest.importorskip("xarray")
    run, page = played
    emulate(browser, "light", 1000)
    browser.get(page.as_uri())
    data = json.loads(browser.find_element("class name", "recorded").get_attribute("textContent"))
    top = data["box"][3] + 0.05 * max(data["box"][2] - data["box"][0], data["box"][3] - data["box"][1])
    seen = []
    with xarray.open_dataset(run.path, engine="h5netcdf", group=f"paths/{kind}s") as log:
        log = log.load()
    for frame in (0, 3, 7, 2):
        browser.execute_script(DRAG, frame)
        drawn = np.array(sorted(browser.execute_script(DRAWN, f".{kind}", "target" if kind == "track" else kind)))
        rows = log.isel({log["frame"].dims[0]: (log["drop"].values == 1) & (log["frame"].values == frame)})
        order = np.argsort(rows["target" if kind == "track" else kind].values)
        places = 1e5 * np.stack([rows["x"].values, rows["y"].values], axis=-1)[order]
        assert len(drawn) == len(places) and (drawn[:, 0] == np.sort(rows["target" if kind == "track" else kind])).all()
        if len(drawn):
            found = np.stack([drawn[:, 1], top - drawn[:, 2]], axis=-1)
            assert np.abs(found - places).max() < 250  # cm: a hundredth of a pixel and the rounding of boxes
            seen.append((frame, drawn[:, 3:]))
    assert len(seen) >= 2
    together = {len(drawn) for _, drawn in seen}
    if kind == "user":
        assert len(together) == 1 and np.abs(seen[0][1] - seen[2][1]).max() > 1  # pixels: they have moved


def test_dragging_by_hand_plays_pauses_and_changes_speed(browser, played):
    actions = pytest.importorskip("selenium.webdriver").ActionChains
    emulate(browser, "light", 1000)
    browser.get(played[1].as_uri())
    line, play, clock = (browser.find_element("class name", name) for name in ("timeline", "play", "clock"))
    actions(browser).drag_and_drop_by_offset(line, line.size["width"] // 3, 0).perform()  # it grips the middle
    frame = int(line.get_property("value"))
    assert frame >= 4 and clock.text.startswith(f"frame {frame + 1} of 8")
    speeds = browser.find_elements("css selector", ".speed option")
    speeds[0].click()
    browser.execute_script(DRAG, 0)
    play.click()
    time.sleep(0.7)
    play.click()
    slow = int(line.get_property("value"))
    time.sleep(0.3)
    assert play.text == "play" and int(line.get_property("value")) == slow > 0
    assert browser.get_log("browser") == []


def test_layers_and_zoom_of_the_played_drop(browser, played):
    emulate(browser, "dark", 1000)
    browser.get(played[1].as_uri())
    shown = "return document.querySelector(\"g[data-layer=nulls]\").style.display"
    assert browser.execute_script(shown) == "none"
    browser.find_element("css selector", "input[data-layer=nulls]").click()
    assert browser.execute_script(shown) == ""
    assert "M" in browser.find_element("css selector", "path.nulls").get_attribute("d")
    width = "return document.querySelector('svg.stage').viewBox.baseVal.width"
    whole = browser.execute_script(width)
    browser.find_element("css selector", "[data-zoom='1.5']").click()
    assert browser.execute_script(width) == pytest.approx(whole / 1.5)
    browser.find_element("css selector", "[aria-label=everything]").click()
    assert browser.execute_script(width) == pytest.approx(whole)
    assert browser.get_log("browser") == []


def test_it_prints_without_what_is_pressed(browser, played):
    browser.get(played[1].as_uri())
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert not browser.find_element("id", "scheme").is_displayed()
    assert browser.find_element("css selector", "svg.stage").is_displayed()
    paper = base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", {})["data"])
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert paper.startswith(b"%PDF") and len(paper) > 5_000


def test_hostile_names_are_not_run(browser, page):
    browser.get(page.as_uri())
    assert browser.execute_script("return document.querySelectorAll('script:not([type])').length") == 1
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
