"""One self-contained page about runs: what was simulated, what came out, and how to make it again."""

from isacsys.report.page import render, write_report

__all__ = ["render", "write_report"]
