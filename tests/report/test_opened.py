"""The report opened once in a browser without a driver, in seconds; `test_browser.py` goes further, and is slow."""

import shutil
import subprocess

import pytest

import isacsys
from isacsys.report import write_report
from tests.report.test_report import SMALL

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def opened(page, profile):
    """The page as it stands after its script has run, and what the console said."""
    done = subprocess.run([CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--dump-dom",
                           "--disable-background-networking", "--disable-component-update", "--enable-logging=stderr",
                           f"--user-data-dir={profile}", page.as_uri()],
                          capture_output=True, text=True, timeout=60, check=True)
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: the report was not opened in a browser")
def test_a_browser_runs_the_page_says_nothing_and_would_say_what_is_wrong(tmp_path):
    page = write_report([isacsys.run(SMALL, drops=2, executor="serial")], tmp_path / "report.html")
    text = page.read_text()
    shown, said = opened(page, tmp_path / "profile")
    assert said == [] and shown.count("<figure") == text.count("<figure") >= 5 and shown.count("<svg") >= 5
    wrong = tmp_path / "wrong.html"
    wrong.write_text(text.replace("</body>", '<img src="http://localhost:1/x.png"></body>')
                     .replace('querySelectorAll("th")', 'querySelectorAll("th").nothing.at'))
    _, said = opened(wrong, tmp_path / "profile")
    assert any("Content Security Policy" in line for line in said)
    assert any("TypeError" in line for line in said)
