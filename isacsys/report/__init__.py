"""One self-contained page about runs: settings, results, and how to make it again."""

from isacsys.report.page import render, write_report

__all__ = ["render", "write_report"]
