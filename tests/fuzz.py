"""Cases that nobody means, made from a seed: scenarios, settings, axes, CSV files, arrays, logs, parts, manifests.

A case is judged by what must hold for any input whatever: an answer, or one line that says what is wrong; never a
traceback, a RuntimeWarning, a NaN, or a wait. Work is bounded: what would be a large network is only checked.
"""

import contextlib
import io
import json
import random
import resource
import shutil
import signal
import sys
import time
import warnings
from collections import Counter
from pathlib import Path

import numpy as np

import isacsys
from isacsys import analysis, cli
from isacsys.campaign.output import parts_directory, write_manifest
from isacsys.config.scenario import Scenario
from isacsys.config.scenario_values import SECTIONS
from isacsys.config.toml_text import toml_value
from isacsys.core.errors import IsacError
from isacsys.recording import MemoryRecorder, write_part
from isacsys.simulation import memory_limits
from tests.recording.rows import fill

LONGEST, LARGEST = 20, 2e9  # seconds, bytes
MOST_BYTES = 3e6  # of what a drop takes at least, so that a case is a small one
SMALL = {"network.area": 4.0, "network.users_per_cell": 4.0, "network.targets_per_cell": 3.0,
         "allocation.users_per_bs": 2, "allocation.targets_per_bs": 1, "antennas.transmit": 8, "antennas.receive": 4,
         "network.near_stations": 6}
CLUSTERS = {"allocation.communication_cluster": 2, "allocation.sensing_cluster": 2}
TRACKED = {"tracking.enabled": True, "sensing.coherent_time": 0.005, "mobility.target_speed": 10.0}
WORLDS = [
    {}, CLUSTERS, {"propagation.model": "uma", "radio.bandwidth": 2e7},
    {"propagation.model": "umi", "network.layout": "hexagonal", "network.sectors": 3, "antennas.pattern": "tr38901",
     "propagation.rician_factor_db": "tr38901", **CLUSTERS},
    {"precoding.policy": "regularized", "propagation.noise_power": 0.1, **CLUSTERS},
    {"precoding.policy": "slnr", "csi.feedback_bits": 4}, {"precoding.sensing_power": 0.3, "combining.policy": "mvdr"},
    {**TRACKED, "sensing.fluctuation": "swerling1", "sensing.cfar_cells": 8}, {**TRACKED, **CLUSTERS},
    {"cooperation.communication": "joint", **CLUSTERS}, {"cooperation.communication": "joint_coherent", **CLUSTERS},
    {"cooperation.sensing": "multistatic", "sensing.coherent_time": 0.005, **CLUSTERS},
    {"traffic.model": "poisson", "traffic.file_size": 1e5, "mobility.user_speed": 3.0, "backhaul.latency": 0.01,
     **CLUSTERS},
    {"targets.lifetime": 0.1, "targets.revisit_period": 0.02, "mobility.target_speed": 30.0},
    {"propagation.model": "uma_av", "sensing.target_type": "uav_small", "sensing.clutter": True,
     "network.layout": "hexagonal", "network.boundary": "open", "network.target_height": 50.0},
    {"propagation.model": "inh", "network.bs_density": 100.0, "network.area": 0.04}]
NUMBERS = [0, 1, -1, 2, 3, 7, 0.5, 1e-3, 1e-9, 1e-15, 1e-30, 1e-300, 5e-324, 1e3, 1e6, 1e9, 1e15, 1e30, 1e300, 1e308,
           2**31, 2**53, 2**63, -(2**63), 10**30, 10**400, -0.0, 0.1, 0.99, 1.0000001, 20, 100, 200, 500]
WORDS = ["nan", "inf", "-inf", "true", "false", '""', '"x"', "[]", "[1, 2]", "{}", "{a = 1}", "9" * 5000, "[" * 2000,
         '"\\u0000"', '"a:B"', '"os:system"', '"builtins:exit"', '"../../etc"', "1979-05-27", "0x10", "1_000", '"é"',
         '"none"', '"automatic"', '"infinite"', '"json:JSONDecoder"', '"' + "y" * 3000 + '"', "''", "1e", "=", ""]
PIECES = [b"\0", b"\xff", b"\n", b"[", b"]", b"=", b'"', b"9" * 30, b"-", b"nan", b"1e999", b",", b"{", b"#", b" ",
          b"\xef\xbb\xbf", b"\r", b";", b"inf", b"[network]\n", b"area = 1\n", b"x.y.z = 1\n"]
FUNCTIONS = {
    "communication_rate": ("K", "L", "D", "alpha"), "communication_coverage": ("threshold", "K", "L", "D", "alpha"),
    "sensing_rate": ("K", "Q", "alpha", "beta", "c", "bs_density"), "optimal_load": ("L", "alpha"),
    "sensing_rate_approximate": ("K", "Q", "alpha", "beta", "c", "bs_density"),
    "sensing_coverage": ("threshold", "K", "Q", "c"), "echo_gain": ("M_r", "xi", "kappa", "delta_T"),
    "communication_rate_approximate": ("M_t", "K", "L", "J", "Q", "alpha"), "effective_gain": ("L", "alpha")}


class Wait(Exception):
    """A case took too long."""


class Fuzzer:
    """Makes cases and judges them; what does not hold is in ``faults``."""

    def __init__(self, folder, seed):
        self.folder, self.rng = Path(folder), random.Random(seed)
        self.tally, self.faults, self.slowest = Counter(), [], (0.0, "")
        self._whole = self._log("whole.h5")
        self._of_log = isacsys.open_run(self.folder / "whole.h5").to_dict()
        self._of_part = isacsys.open_run(self.unfinished("*.npz", bytes)).to_dict()

    def run(self, cases):
        """Judge so many cases, of all kinds in turn."""
        kinds = [self.toml, self.setting, self.setting, self.axis, self.csv, self.array, self.function, self.log,
                 self.part, self.manifest]
        for i in range(cases):
            self._judge(kinds[i % len(kinds)])

    def _judge(self, kind):
        begun = time.monotonic()
        before = signal.signal(signal.SIGALRM, self._late)
        signal.alarm(LONGEST)
        said = ""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)
                warnings.simplefilter("error", RuntimeWarning)
                what, answer = kind()
                said = what[:600]
                outcome = answer()
        except IsacError as error:
            outcome = "refused" if len(str(error).splitlines()) == 1 else f"several lines: {error}"
        except BaseException as error:
            outcome = f"{type(error).__name__}: {error}"
        finally:
            signal.alarm(0)
            signal.signal(signal.SIGALRM, before)
        self.slowest = max(self.slowest, (time.monotonic() - begun, said))
        good = outcome in ("answered", "refused", "only checked")
        self.tally[kind.__name__, outcome if good else "FAULT"] += 1
        if not good:
            self.faults.append(f"{kind.__name__}: {said!r}: {outcome[:400]}")

    @staticmethod
    def _late(*_):
        raise Wait

    def command(self, words):
        """Run a command in this process, and say what came of it."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                code = cli.main(words)
            except SystemExit as error:
                code = error.code
        lines = err.getvalue().splitlines()
        wrong = [line for line in lines if not line.startswith("isacsys")]
        if code == 0 and not wrong:
            if "--json" in words:
                self.said = json.loads(out.getvalue(), parse_constant=lambda name: self._no(f"{name} in JSON"))
            return "answered"
        said = [line for line in lines if not line.startswith("isacsys: warning: ")]
        if code == 2 and not wrong and len(said) == 1 and not out.getvalue():
            return "refused"
        return f"exit {code}: {lines}"

    @staticmethod
    def _no(what):
        raise ValueError(what)

    def bounded(self, scenario):
        """Whether a drop of two frames of it is little work."""
        return (sum(memory_limits.least_memory(scenario).values()) < MOST_BYTES and scenario.lead_frames < 20
                and scenario.simulation.frames < 5 and scenario.antennas.transmit < 200
                and scenario.network.sectors * scenario.antennas.vertical_elements < 100
                and scenario.antennas.receive < 200 and scenario.simulation.drops < 3)

    def scenario(self, changes=()):
        """One of the worlds, small."""
        return Scenario().replace({**SMALL, **self.rng.choice(WORLDS), "simulation.drops": 1, "simulation.frames": 2,
                                   **dict(changes)})

    def value(self, key):
        """A value as a user types it: hostile, or at the edge of what is allowed."""
        section, name = key.split(".")[:2]
        rule = SECTIONS[section].rules()[name]
        edges = [x for x in (rule.minimum, rule.above, rule.maximum) if x is not None]
        choice = self.rng.random()
        if choice < 0.25 and edges:
            edge = self.rng.choice(edges)
            number = self.rng.choice([edge, edge * (1 + 1e-15), edge / 2, edge * 1.5, -edge, edge + 1, edge - 1])
            return repr(int(number)) if rule.kind == "integer" else repr(float(number))
        if choice < 0.4 and rule.choices:
            return toml_value(self.rng.choice(rule.choices))
        if choice < 0.65:
            number = self.rng.choice(NUMBERS)
            return repr(number) if not isinstance(number, int) or abs(number) < 1e300 else "1" + "0" * 400
        if choice < 0.9:
            number = 10 ** self.rng.uniform(-4, 4)
            return repr(round(number)) if rule.kind == "integer" else repr(number)
        return self.rng.choice(WORDS)

    def key(self):
        """Any setting but how much is simulated."""
        section = self.rng.choice(list(SECTIONS))
        return f"{section}.{self.rng.choice(list(SECTIONS[section].rules()))}"

    def mutated(self, content, most=3, text=False):
        """Bytes with a few places changed, left out, doubled or put in."""
        content = bytearray(content)
        for _ in range(self.rng.randint(1, most)):
            place = self.rng.randrange(len(content) + 1)
            what = self.rng.randrange(5)
            digits = [i for i, byte in enumerate(content[:2000]) if 48 <= byte < 58]
            if digits and text and self.rng.random() < 0.7:
                content[self.rng.choice(digits)] = self.rng.choice(b"0123456789")
            elif what == 0 and place < len(content):
                content[place] ^= 1 << self.rng.randrange(8)
            elif what == 1:
                del content[place:place + self.rng.choice([1, 2, 9, 50])]
            elif what == 2:
                content[place:place] = content[place:place + self.rng.choice([1, 5, 40])]
            elif what == 3:
                content[place:place] = self.rng.choice(PIECES)
            elif place < len(content):
                content[place] = self.rng.randrange(256)
        return bytes(content)

    def toml(self):
        """A file of settings that differ from the defaults, mutated."""
        changed = self.scenario().changed()
        lines = []
        for section in dict.fromkeys(key.split(".")[0] for key in changed):
            lines.append(f"[{section}]")
            lines += [f"{key.split('.', 1)[1]} = {toml_value(value)}" for key, value in changed.items()
                      if key.startswith(f"{section}.")]
        content = self.mutated("\n".join(lines).encode(), text=True)
        path = self.folder / "s.toml"
        path.write_bytes(content)
        return repr(content), lambda: self._perform(path, Scenario.load(path), [])

    def setting(self):
        """One to three settings of a world."""
        scenario = self.scenario()
        keys = [self.key() for _ in range(self.rng.choice([1, 1, 2, 3]))]
        words = [f"{key}={self.value(key)}" for key in keys]
        path = self.folder / "s.toml"
        path.write_text(scenario.to_toml())
        said = ", ".join([*words, *(f"{k}={v}" for k, v in scenario.changed().items())])
        flags = [word for text in words for word in ("--set", text)]

        def answer():
            try:
                changed = scenario.replace(dict(isacsys.config.toml_text.parse_assignment(word) for word in words))
            except IsacError:
                return self.command(["run", str(path), *flags, "--executor", "serial"])
            return self._perform(path, changed, flags)
        return said, answer

    def _perform(self, path, scenario, flags):
        if not self.bounded(scenario):
            return "only checked"
        command = ["analyze"] if self.rng.random() < 0.2 and not scenario.built else ["run", "--executor", "serial"]
        return self.command([command[0], str(path), *flags, *command[1:], "--json"])

    def axis(self):
        """An axis that is none, or a short one."""
        key = self.rng.choice([self.key(), "allocation.users_per_bs", "no.such", "network"])
        known = key.count(".") == 1 and key.split(".")[0] in SECTIONS and key != "no.such"
        values = [self.value(key if known else "network.area") for _ in range(self.rng.randint(1, 3))]
        text = self.rng.choice([f"{key}={':'.join(values)}", f"{key}={','.join(values)}", key, f"{key}=",
                                f"{key}=1:2:{values[0]}", f"={values[0]}"])
        path = self.folder / "s.toml"
        path.write_text(self.scenario().to_toml())

        def answer():
            from isacsys.cli.options import parse_axes

            found = parse_axes([text], "--over")
            for name, given in found.items():
                scenarios = [Scenario.load(path).replace({name: value}) for value in given[:50]]
                if len(given) > 4 or not all(map(self.bounded, scenarios)):
                    return "only checked"
            return self.command(["sweep", str(path), "--over", text, "--executor", "serial", "--json"])
        return text, answer

    def csv(self):
        """Positions, tracks or arrivals, mutated."""
        kind = self.rng.randrange(3)
        name, content, changes = [
            ("network.positions", "kind,x,y\n" + "".join(f"{who},{i % 3}.5,{i // 3}.25\n" for who in (
                "station", "user", "target") for i in range(6)), {"network.layout": "file"}),
            ("mobility.positions", "time,kind,id,x,y\n" + "".join(f"{t},{who},{i},{i}.5,{t}\n" for who in (
                "user", "target") for i in range(2) for t in (0, 1)), {"mobility.model": "file"}),
            ("traffic.arrivals", "time,user,bits\n" + "".join(f"0.00{i},{i % 2},1e{i}\n" for i in range(6)),
             {"traffic.model": "file"})][kind]
        content = self.mutated(content.encode(), text=True)
        path = self.folder / "x.csv"
        path.write_bytes(content)

        def answer():
            scenario = Scenario().replace({**SMALL, **changes, name: str(path), "simulation.drops": 1})
            (self.folder / "s.toml").write_text(scenario.to_toml())
            return self.command(["run", str(self.folder / "s.toml"), "--executor", "serial", "--json"])
        return repr(content), answer

    def anything(self):
        """An array of some shape and kind."""
        shape = self.rng.choice([(), (0,), (1,), (3,), (5, 2), (5, 3), (2, 5), (0, 2), (1, 2), (2, 2, 2)])
        values = np.array([self.rng.choice([*(n for n in NUMBERS if abs(n) < 1e300), np.nan, np.inf, -np.inf])
                           if self.rng.random() < 0.2 else self.rng.uniform(0, 3) for _ in range(int(np.prod(shape)))],
                          float).reshape(shape)
        return self.rng.choice([
            lambda: values, lambda: values.tolist(), lambda: values + 0j, lambda: np.ma.masked_array(values, True),
            lambda: np.ma.masked_less(values, 1), lambda: values.astype(object), lambda: values.astype(str),
            lambda: values.astype("f4"), lambda: np.asfortranarray(values), lambda: values[::-1] if shape else values,
            lambda: None, lambda: "abc", dict, lambda: [[1], [2, 3]], lambda: 10**400, lambda: values > 1])()

    def array(self):
        """Positions from Python."""
        arrays = [self.anything() if self.rng.random() < 0.4 else np.random.default_rng(1).random((5, 2))
                  for _ in range(3)]

        def answer():
            scenario = Scenario().replace({**SMALL, "network.layout": "file"})
            run = isacsys.run(scenario, positions=isacsys.Positions(*arrays), drops=1, executor="serial")
            json.dumps(run.to_dict(), allow_nan=False)
            return "answered"
        return repr(arrays), answer

    def function(self):
        """Formulas of the analysis, one argument or two of them hostile."""
        name, names = self.rng.choice(list(FUNCTIONS.items()))
        usual = {"K": 4, "L": 2, "Q": 2, "J": 1, "D": 5, "M_t": 20, "M_r": 10, "alpha": 4.0, "beta": 2.0, "c": 1.0,
                 "bs_density": 1.0, "threshold": 1.0, "xi": 0.1, "kappa": 1.0, "delta_T": 1.0}
        arguments = {n: usual[n] for n in names}
        for n in self.rng.sample(names, self.rng.choice([1, 1, 2]) if len(names) > 1 else 1):
            arguments[n] = self.rng.choice([self.anything, lambda: self.rng.choice([
                n for n in NUMBERS if not 100 < abs(n) < 1e17])])()

        def answer():
            found = np.asarray(getattr(analysis, name)(**arguments))
            assert np.isfinite(found).all(), found
            return "answered"
        return f"{name}({arguments})", answer

    def _log(self, name):
        path = self.folder / name
        isacsys.run(self.scenario({"recording.level": "links"}), drops=2, executor="serial", output=path, force=True)
        return path.read_bytes()

    def log(self):
        """A log, mutated anywhere: shown, verified, continued."""
        path = self.folder / "log.h5"
        shutil.rmtree(parts_directory(path), ignore_errors=True)
        path.write_bytes(self.mutated(self._whole))
        words = self.rng.choice([["show", str(path), "--json"], ["show", str(path), "--verify"],
                                 ["compare", str(path), str(self.folder / "whole.h5"), "--json"]])
        return " ".join(words[:1]), lambda: self._same(words, self._of_log)

    def _same(self, words, expected):
        """Whether a command that shows says the truth, or as much of it as there is."""
        answer = self.command(words)
        if answer == "answered" and words[0] == "show" and "--json" in words and self.said["drops"]:
            assert self.said["metrics"] == expected["metrics"], self.said
        return answer

    def unfinished(self, name, content):
        """A run that was cut short, whose part or manifest holds something else."""
        path = self.folder / "run.h5"
        directory = parts_directory(path)
        shutil.rmtree(directory, ignore_errors=True)
        path.unlink(missing_ok=True)
        directory.mkdir()
        recorder = MemoryRecorder("links")
        fill(recorder, "links", (1, 1))
        write_part(directory, 0, 2, "0" * 32, recorder)
        write_manifest(directory, {"scenario": Scenario().replace({**SMALL, "recording.level": "links"}).to_toml(),
                                   "seed": 1, "first_drop": 0, "drops": 4})
        place = next(directory.glob(name))
        place.write_bytes(content(place.read_bytes()))
        return path

    def part(self):
        """A part, mutated."""
        path = self.unfinished("*.npz", self.mutated)
        words = ["show", str(path), *self.rng.choice([["--json"], ["--verify"]])]
        return "part", lambda: self._same(words, self._of_part)

    def manifest(self):
        """A manifest, mutated."""
        path = self.unfinished("campaign.json", self.mutated)
        words = self.rng.choice([["show", str(path), "--json"], ["show", str(path), "--verify"]])
        return repr((parts_directory(path) / "campaign.json").read_bytes())[:200], lambda: self.command(words)


def peak_memory():
    """Bytes that this process has taken at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1024 if sys.platform != "darwin" else 1)
