"""A thousand kills and two hundred signals at random moments: nothing is lost, nothing is left, and no number changes.

Processes are forked from this one, which has imported everything already, so that a kill takes a fraction of a second.
"""

import gc
import os
import random
import signal
import sys
import time
from collections import Counter
from functools import partial

import psutil
import pytest

import isacsys
from isacsys import cli
from isacsys.campaign.output import parts_directory
from isacsys.cli import simulation_commands

SCENARIO = isacsys.Scenario().replace({
    "network.area": 4.0, "network.users_per_cell": 10.0, "network.targets_per_cell": 10.0,
    "allocation.users_per_bs": 3, "allocation.communication_cluster": 2, "allocation.targets_per_bs": 2,
    "allocation.sensing_cluster": 2, "simulation.frames": 2, "recording.level": "links"})
FEW, MANY = 20, 80  # drops
THEIRS = {"notes.txt": "mine", "run.h5.tmp": "mine", "run2.h5.17.tmp": "mine", "run.h5.part": "mine"}
LONGEST = 60.0  # seconds that a run may take that is not killed


@pytest.fixture(scope="module")
def whole(tmp_path_factory, request):
    """The scenario's file, the bytes of an undisturbed run, and how long it takes."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "s.toml").write_text(SCENARIO.replace({"simulation.drops": request.param}).to_toml())
    begun = time.monotonic()
    isacsys.run(folder / "s.toml", output=folder / "run.h5", executor="serial")
    return folder / "s.toml", (folder / "run.h5").read_bytes(), time.monotonic() - begun


class Started:
    """A run in a process group of its own."""

    def __init__(self, scenario, path, executor):
        self.path, self.said, self.ready = path, path.with_name("said"), path.with_name("ready")
        self.ready.unlink(missing_ok=True)
        self.pid = os.fork()
        if not self.pid:
            self._run(["isacsys", "run", scenario, "-o", path, "--resume", "--executor", executor, "--workers", "2"])
        self.begun = time.monotonic()

    def _run(self, words):
        gc.disable()  # what it shares with this process stays shared
        os.setsid()
        sys.stderr = open(self.said, "w")  # noqa: SIM115 - for as long as this process lives
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
        sys.argv = list(map(str, words))
        perform, code = simulation_commands.run, 99
        simulation_commands.run = lambda options: (self.ready.touch(), perform(options))[1]
        try:
            code = cli.main()
        except BaseException as error:
            print(f"Traceback: {type(error).__name__}: {error}", file=sys.stderr)
        finally:
            sys.stderr.flush()
            os._exit(code)

    def wait(self, until=lambda: False, seconds=LONGEST):
        """Wait until something is so, or this has ended; return whether it goes on."""
        end = time.monotonic() + seconds
        while not until():
            found, status = os.waitpid(self.pid, os.WNOHANG)
            if found:
                self.code = os.waitstatus_to_exitcode(status)
                return False
            if time.monotonic() > end:
                return True
            time.sleep(0.0005)
        return True

    def end(self):
        """Wait for the end; return the exit code, negative where a signal ended it."""
        if not hasattr(self, "code") and self.wait():
            self.signal(signal.SIGKILL)
            os.waitpid(self.pid, 0)
            pytest.fail("a run that does not end")
        return self.code

    @property
    def gathering(self):
        """Whether the log is being written."""
        return self.path.with_name(f"run.h5.{self.pid}.tmp").exists()

    def signal(self, number, everybody=True):
        """Send a signal to the process or its group, as soon as it has one."""
        while os.getpgid(self.pid) != self.pid:
            time.sleep(0.0005)
        (os.killpg if everybody else os.kill)(self.pid, number)


def kill_group(run, rng, seconds):
    if not run.wait(seconds=rng.uniform(0, 1.1 * seconds)):
        return False
    run.signal(signal.SIGKILL)
    return True


def kill_while_gathering(run, rng, seconds):
    if not run.wait(lambda: run.gathering) or not run.wait(seconds=rng.uniform(0, 0.02)):
        return False
    run.signal(signal.SIGKILL)
    return True


def kill_worker(run, rng, seconds):
    """Only once they work: one that dies while it starts is looked at elsewhere."""
    if not run.wait(lambda: any(parts_directory(run.path).glob("*.npz"))):
        return False
    run.wait(seconds=rng.uniform(0, 0.1))
    workers = [child for child in psutil.Process(run.pid).children() if "spawn_main" in " ".join(_words(child))]
    if not workers:
        return False
    rng.choice(workers).kill()
    return True


def _words(process):
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def clean(folder):
    for file in folder.iterdir():
        file.unlink()
    for name, text in THEIRS.items():
        (folder / name).write_text(text)


def is_whole(folder, content):
    """Only the log is there, and what is others', untouched."""
    assert (folder / "run.h5").read_bytes() == content
    assert {p.name for p in folder.iterdir()} == {"run.h5", "said", "ready", *THEIRS}
    assert all((folder / name).read_text() == text for name, text in THEIRS.items())


def campaign(folder, whole, executor, disturb, rng, most):
    """Disturb a run at most so often, and resume it until it is finished; return whether each told, and exit codes."""
    scenario, content, seconds = whole
    clean(folder)
    codes = []
    for attempt in range(200):
        run = Started(scenario, folder / "run.h5", executor)
        disturbed = attempt < most and disturb(run, rng, seconds)
        code, said = run.end(), run.said.read_text()
        codes.append((disturbed and (code != 0 or "a worker died" in said), code))
        assert "Traceback" not in said and code != 2, said
        if codes[-1][1] == 0:
            is_whole(folder, content)
            return codes
    raise AssertionError("it never ends")


def many(folder, whole, executor, disturb, count, seed):
    rng, seen = random.Random(seed), Counter()
    while sum(n for (disturbed, _), n in seen.items() if disturbed) < count:
        seen.update(campaign(folder, whole, executor, disturb, rng, min(count, 100)))
    name = getattr(disturb, "__name__", None) or f"{disturb.keywords}"
    print(f"\n{name}, {executor}: ", *(f"{'disturbed' if told else 'undisturbed'} and {code}: {n}"
                                       for (told, code), n in sorted(seen.items())))
    return seen


def slowly(*values):
    return pytest.param(*values, MANY, marks=pytest.mark.slow)


@pytest.mark.parametrize(("executor", "disturb", "count", "whole"), [
    ("serial", kill_group, 3, FEW), ("serial", kill_while_gathering, 2, FEW), slowly("serial", kill_group, 400),
    slowly("serial", kill_while_gathering, 250), slowly("process", kill_group, 200),
    slowly("process", kill_worker, 150)], indirect=["whole"])
def test_kills(tmp_path, whole, executor, disturb, count):
    seen = many(tmp_path, whole, executor, disturb, count, seed=count)
    assert {code for _, code in seen} <= {0, -signal.SIGKILL}
    assert all(code == 0 or disturbed for disturbed, code in seen)


def send(run, rng, seconds, *, number, everybody, times):
    """Not before it listens: what comes while Python starts is looked at elsewhere."""
    run.wait(run.ready.exists)
    if not run.wait(seconds=rng.uniform(0, 1.1 * seconds)):
        return False
    for _ in range(times):
        run.signal(number, everybody)
        time.sleep(0.002)
    return True


SIGNALS = {
    "Ctrl-C": partial(send, number=signal.SIGINT, everybody=True, times=1),
    "SIGINT": partial(send, number=signal.SIGINT, everybody=False, times=1),
    "SIGTERM": partial(send, number=signal.SIGTERM, everybody=False, times=1),
    "Ctrl-C twice": partial(send, number=signal.SIGINT, everybody=True, times=2),
}


@pytest.mark.parametrize(("name", "executor", "count", "whole"), [
    *((name, "serial", 1, FEW) for name in ("Ctrl-C twice",)),
    *(slowly(name, *more) for name in SIGNALS for more in (("serial", 30), ("process", 20)))], indirect=["whole"])
def test_signals(tmp_path, whole, executor, name, count):
    seen = many(tmp_path, whole, executor, SIGNALS[name], count, seed=count)
    assert {code for _, code in seen} <= {0, 3}
    assert all(code == 0 or disturbed for disturbed, code in seen)
