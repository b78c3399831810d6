"""Two checkouts on one machine, scenario by scenario: every column of every table, bit for bit."""

import argparse
import os
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path

from tools import reference_scenarios as scenarios

HERE = Path(__file__).parents[1]
WORKER = """
import pickle, runpy, sys
from pathlib import Path
import isacsys
scenarios, files, checkout, *names = sys.argv[1:]
assert Path(checkout) in Path(isacsys.__file__).resolve().parents, isacsys.__file__
scenarios = runpy.run_path(scenarios)
for name in names:
    pickle.dump(scenarios["tables"](name, files), sys.stdout.buffer)
"""


def tables(checkout, names, files, **variables):
    """Tables of every named case, as the package in ``checkout`` makes them, in a process of its own.

    The process has the environment ``variables`` as well.
    """
    path = Path(checkout).resolve()
    environment = {**os.environ, "PYTHONPATH": str(path), **variables}
    worker = subprocess.Popen([sys.executable, "-c", WORKER, scenarios.__file__, files, str(path), *names],
                              stdout=subprocess.PIPE, env=environment, cwd=path)
    for name in names:
        try:
            yield pickle.load(worker.stdout)  # what our own process has just written
        except EOFError:
            sys.exit(f"the package in {path} failed at case {name}")
    worker.wait()


def differences(here, there):
    """Name every column that is not the same, byte for byte; then what only one of the two has."""
    shared = [(table, column) for table in here for column in here[table] if column in there.get(table, ())]
    changed = [f"{table}.{column}" for table, column in shared
               if here[table][column].tobytes() != there[table][column].tobytes()
               or here[table][column].dtype != there[table][column].dtype]
    every = {(table, column) for tables in (here, there) for table in tables for column in tables[table]}
    return changed, {f"{table}.{column}" for table, column in every - set(shared)}


def main(arguments=None):
    """Compare; exit 0 where every shared column is the same."""
    parser = argparse.ArgumentParser(prog="tools/same", description=__doc__, epilog="example:\n  git worktree add "
                                     "/tmp/base e063939 && tools/same /tmp/base",
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkout", help="the other one")
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(scenarios.CASES)} (default: all)")
    options = parser.parse_args(arguments)
    names, wrong, single = options.cases or list(scenarios.CASES), 0, set()
    with tempfile.TemporaryDirectory() as files:
        scenarios.write_files(files)
        pairs = zip(*(tables(path, names, files) for path in (HERE, options.checkout)), strict=True)
        for name, (here, there) in zip(names, pairs, strict=True):
            changed, alone = differences(here, there)
            wrong, single = wrong + bool(changed), single.union(alone)
            print(f"{name}: {'CHANGED ' + ', '.join(changed) if changed else 'the same'}", flush=True)
    print(f"only in one of the two: {', '.join(sorted(single)) or 'nothing'}")
    print(f"{len(names) - wrong} of {len(names)} scenarios are the same, bit for bit")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
