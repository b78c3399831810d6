"""Pages of the manual as a reader pastes them: their blocks, and a small shell that runs them in this process."""

import contextlib
import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

from isacsys.cli import main

ROOT = Path(__file__).parents[1]
PAGES = sorted(page for page in (ROOT / "docs").rglob("*.md") if "_build" not in page.parts)
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
INDENTED = re.compile(r"^ {4}((?:isacsys|python|tools/\w+) [^\n]*)$", re.MULTILINE)
HEREDOC = re.compile(r"^cat > (\S+) <<'END'\n(.*?)^END$", re.DOTALL | re.MULTILINE)
# Commands that are not run here, by how they begin, and why.
NOT_RUN = {
    "git clone": "what is tested is this clone", "cd isacsys": "likewise", "pip install": "needs a package index",
    "tools/test": "runs this test", "tools/docs": "test_it_builds_without_a_warning", "tools/figures": "minutes; the "
    "programs of the figures run in tests/scenarios", "tools/package": "builds what it would run in",
    "python -m tools.animate": "makes the picture of the README", "python scenarios/": "tests and gallery run them",
}
EXIT = {"search": (0, 3), "validate": (0, 1)}  # others: 0


@dataclass(frozen=True)
class Block:
    """A fenced block: the word after the fence, and what is in it."""

    kind: str
    text: str


def blocks(page):
    """Every fenced block of a page, in order."""
    return [Block(kind.strip(), text) for kind, text in FENCE.findall(page.read_text(encoding="utf-8"))]


def shrink(text):
    """A scenario of a few frames and drops."""
    for key, most in ("drops", 2), ("frames", 4), ("warm_up", 1):
        text = re.sub(rf"^{key} = (\d+)", lambda found, key=key, most=most: f"{key} = {min(int(found[1]), most)}", text,
                      flags=re.MULTILINE)
    return text


def lay_out(folder):
    """Copy the scenarios to a folder, made small."""
    shutil.copytree(ROOT / "scenarios", folder / "scenarios", ignore=shutil.ignore_patterns("__pycache__"))
    for path in (folder / "scenarios").rglob("*.toml"):
        path.write_text(shrink(path.read_text(encoding="utf-8")), encoding="utf-8")


def lines(text):
    """The commands of a block, each as words without comments; a heredoc is the command ``cat > FILE TEXT``."""
    written = []
    text = HEREDOC.sub(lambda found: written.append(found[2]) or f"cat > {found[1]}", text)
    for line in text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words[:2] == ["cat", ">"]:
            yield [*words, written.pop(0)]
        elif words:
            yield from _split(words)


def _split(words):
    """Commands joined by && one by one."""
    while "&&" in words:
        at = words.index("&&")
        yield words[:at]
        words = words[at + 1:]
    yield words


def shell(words):
    """Run one command, small; fail where nobody would run it."""
    if reason(words):
        return
    if words[:2] == ["cat", ">"]:
        path, text = Path(words[2]), words[3]
        path.write_text(shrink(text) if path.suffix == ".toml" else text, encoding="utf-8")
        return
    to = None
    if ">" in words:
        words, to = words[:words.index(">")], words[-1]
    if words[0] in ("isacsys", "tools/isacsys"):
        code = _isacsys(smaller(words[1:]), to)
        assert code in EXIT.get(words[1], (0,)), (words, code)
    elif words[0] == "mkdir":
        Path(words[-1]).mkdir(parents=True, exist_ok=True)
    elif words[0] == "cp":
        (shutil.copytree if "-r" in words else shutil.copy)(words[-2], words[-1])
        for path in Path(words[-1]).rglob("*.toml"):
            path.write_text(shrink(path.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        raise AssertionError(f"nobody runs {' '.join(words)}")


def reason(words):
    """Why a command is not run; empty where it is."""
    return next((why for start, why in NOT_RUN.items() if " ".join(words).startswith(start)), "")


def _isacsys(words, to):
    if to is None:
        return main(words)
    with open(to, "w", encoding="utf-8") as file, contextlib.redirect_stdout(file):
        return main(words)


def smaller(words):
    """The same command with few drops, and two values an axis."""
    said = " ".join(shlex.quote(word) for word in words)
    resumed = 3 if "--resume" in words else 2
    said = re.sub(r"--drops \d+", f"--drops {resumed}", said)
    said = re.sub(r"--drops-at-most \d+", "--drops-at-most 100", said)
    said = re.sub(r"=(\d+):\d+(:\d+)?\b", lambda found: f"={found[1]},{int(found[1]) + 1}", said)
    if words[0] == "search" and "--drops-at-most" not in words:
        said += " --drops-at-most 100"
    if words[0] in ("run", "sweep", "search", "validate"):
        said += " --quiet"
    return shlex.split(said)
