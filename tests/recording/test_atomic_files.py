"""Files that are whole or absent, whatever their file system lacks: locks, syncs of directories, permissions."""

import errno
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import isacsys
from isacsys.campaign.output import parts_directory, read_manifest, write_manifest
from isacsys.cli import main
from isacsys.core.columns import count
from isacsys.core.errors import ConfigError, DropError
from isacsys.recording import atomic_files
from isacsys.recording.atomic_files import DirectoryLock, whole_file, write_all
from tests.campaign import fakes
from tests.campaign.fakes import SCENARIO

UNSUPPORTED = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)


def run(path, **options):
    return isacsys.run(SCENARIO, drops=10, output=path, **{"executor": "serial", "simulate": fakes.simulate, **options})


def refuse(number, *, only=lambda *_: True, instead=None):
    """Return a function that fails with an error number where `only` holds of its arguments."""
    def call(*arguments, **options):
        if only(*arguments):
            raise OSError(number, os.strerror(number))
        return instead(*arguments, **options)
    return call


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def some(often, *rarely):
    """Return numbers, those after the first ones with --slow: what is asked of them is that they are no others'."""
    return pytest.mark.parametrize("number", [*often, *(pytest.param(n, marks=pytest.mark.slow) for n in rarely)])


@some((errno.ENOLCK, errno.ENOSYS, errno.EPERM), errno.EINVAL, errno.ENOTSUP, errno.EIO, errno.EBADF)
def test_a_file_system_without_locks(tmp_path, monkeypatch, number):
    """Each has an error of its own; only that somebody else holds the lock is one for us."""
    monkeypatch.setattr("fcntl.flock", refuse(number))
    assert run(tmp_path / "run.h5").complete
    assert run(tmp_path / "run.h5", resume=True).complete


@pytest.mark.parametrize("number", [errno.EWOULDBLOCK, errno.EACCES])
def test_a_lock_that_others_hold(tmp_path, monkeypatch, number):
    monkeypatch.setattr("fcntl.flock", refuse(number))
    with pytest.raises(BlockingIOError):
        DirectoryLock(tmp_path)


NO_LOCK = "#include <errno.h>\nint flock(int fd, int op) { errno = 37; return -1; }\n"
PROGRAM = """
import isacsys
from tests.campaign.fakes import SCENARIO, simulate
for drops, resume in ((3, False), (5, True)):
    isacsys.run(SCENARIO, drops=drops, output="run.h5", executor="serial", simulate=simulate, resume=resume)
print(isacsys.open_run("run.h5").drops)
"""


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs a C compiler")
def test_hdf5_locks_nothing_either(tmp_path):
    """Its own calls of flock are not Python's."""
    (tmp_path / "no_lock.c").write_text(NO_LOCK)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", "no_lock.so", "no_lock.c"], cwd=tmp_path, check=True)
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=tmp_path, capture_output=True, text=True, check=False,
                          env={**os.environ, "LD_PRELOAD": str(tmp_path / "no_lock.so"),
                               "PYTHONPATH": str(Path(__file__).parents[2])})
    assert (done.stdout, done.stderr) == ("5\n", "")


@some((errno.EINVAL, errno.ENOSYS), errno.ENOTSUP)
def test_a_file_system_that_syncs_nothing(tmp_path, monkeypatch, number):
    monkeypatch.setattr(os, "fsync", refuse(number))
    assert run(tmp_path / "run.h5").complete


@some((errno.EINVAL, errno.EBADF, errno.EACCES), errno.ENOSYS, errno.ENOTSUP, errno.EISDIR, errno.EPERM)
def test_a_file_system_that_syncs_no_directory(tmp_path, monkeypatch, number):
    sync = os.fsync
    monkeypatch.setattr(os, "fsync", refuse(number, only=lambda fd: stat.S_ISDIR(os.fstat(fd).st_mode), instead=sync))
    assert run(tmp_path / "run.h5").complete


def test_a_directory_that_may_be_written_and_not_read(tmp_path, monkeypatch):
    original = os.open
    monkeypatch.setattr(os, "open", refuse(errno.EACCES, only=lambda path, *_: Path(path).is_dir(), instead=original))
    with whole_file(tmp_path / "x") as file:
        write_all(file, b"x")
    assert (tmp_path / "x").read_bytes() == b"x"


def test_a_sync_that_fails_for_another_reason_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", refuse(errno.EIO))
    with pytest.raises(OSError, match="Input/output"), whole_file(tmp_path / "x") as file:
        write_all(file, b"x")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("answer", [refuse(errno.EINVAL), lambda *_: -1, lambda *_: 0])
def test_a_file_system_that_does_not_say_how_long_names_may_be(tmp_path, monkeypatch, answer):
    monkeypatch.setattr(os, "pathconf", answer)
    assert run(tmp_path / "run.h5").complete
    with pytest.raises(ConfigError, match="bytes"):
        run(tmp_path / f"{'x' * 250}.h5")


def test_numbers_of_files_that_change_are_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(os.path, "samestat", lambda *_: False)
    DirectoryLock(tmp_path).release()


def test_permissions_stay_and_where_there_are_none_nothing_fails(tmp_path, monkeypatch):
    path = tmp_path / "run.h5"
    path.touch()
    path.chmod(0o664)
    run(path, force=True)
    assert mode(path) == 0o664
    isacsys.run(SCENARIO, drops=12, output=path, executor="serial", simulate=fakes.simulate, resume=True)
    assert mode(path) == 0o664
    for name in ("chmod", "chown"):
        monkeypatch.setattr(os, name, refuse(errno.EPERM))
    run(path, force=True)
    assert isacsys.open_run(path).drops == 10


def test_permissions_outlive_a_run_that_is_cut_short(tmp_path):
    path = tmp_path / "run.h5"
    path.touch()
    path.chmod(0o640)
    with pytest.raises(DropError):
        run(path, force=True, simulate=fakes.fail_at_seven)
    run(path, resume=True)
    assert mode(path) == 0o640


def test_new_files_have_the_permissions_of_new_files(tmp_path):
    before = os.umask(0o027)
    try:
        run(tmp_path / "run.h5")
    finally:
        os.umask(before)
    assert mode(tmp_path / "run.h5") == 0o640


@pytest.mark.parametrize(("there", "relative"), [
    pytest.param(there, relative, marks=[pytest.mark.slow] * (there != relative))
    for there in (True, False) for relative in (True, False)])
def test_a_log_lands_behind_a_symbolic_link_and_so_do_its_parts(tmp_path, there, relative):
    home, scratch = tmp_path / "home", tmp_path / "scratch"
    home.mkdir()
    scratch.mkdir()
    link, target = home / "run.h5", scratch / "big.h5"
    link.symlink_to("../scratch/big.h5" if relative else target)
    if there:
        target.touch()
    with pytest.raises(DropError):
        run(link, force=True, simulate=fakes.fail_at_seven)
    assert sorted(p.name for p in home.iterdir()) == ["run.h5"]
    assert sorted(p.name for p in scratch.iterdir()) == ["big.h5.parts"]
    assert parts_directory(link) == parts_directory(target) and isacsys.open_run(link).drops == 7
    run(link, resume=True)
    run(link, force=True)
    assert link.is_symlink() and not target.is_symlink() and isacsys.open_run(target).complete
    assert sorted(p.name for p in (*home.iterdir(), *scratch.iterdir())) == ["big.h5", "run.h5"]


@pytest.mark.parametrize("links", [{"run.h5": "run.h5"}, {"run.h5": "missing/run.h5"}, {"run.h5": "."}])
def test_a_link_that_leads_nowhere_is_refused(tmp_path, links):
    for name, target in links.items():
        (tmp_path / name).symlink_to(target)
    with pytest.raises(ConfigError, match="output"):
        run(tmp_path / "run.h5", simulate=None)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["run.h5"]


def test_pages_tables_and_scenarios_land_behind_links_too(tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    for name in ("page.html", "new.toml", "sweep"):
        (tmp_path / name).symlink_to(scratch / name)
    run(tmp_path / "run.h5")
    assert main(["report", str(tmp_path / "run.h5"), "-o", str(tmp_path / "page.html")]) == 0
    assert main(["new", str(tmp_path / "new.toml")]) == 0
    isacsys.sweep(SCENARIO, {"simulation.seed": [1, 2]}, drops=2, output=tmp_path / "sweep", executor="serial",
                  simulate=fakes.simulate)
    assert {p.name for p in scratch.iterdir()} == {"page.html", "new.toml", "sweep"}
    assert (scratch / "sweep" / "sweep.csv").exists()


def test_a_disk_that_takes_less_at_a_time_gets_all_of_it(tmp_path):
    class Slow:
        taken = b""

        def write(self, data):
            self.taken += bytes(data[:3])
            return min(3, len(data))

    slow = Slow()
    write_all(slow, b"0123456789")
    assert slow.taken == b"0123456789"


def test_what_nfs_keeps_of_a_removed_file_is_no_stranger(tmp_path):
    directory = parts_directory(tmp_path / "run.h5")
    directory.mkdir()
    (directory / ".nfs000000000012ab34").touch()
    assert run(tmp_path / "run.h5").complete


def test_a_system_without_locks_at_all(tmp_path, monkeypatch):
    monkeypatch.setattr(atomic_files, "fcntl", None)
    assert run(tmp_path / "run.h5").complete and run(tmp_path / "run.h5", force=True).complete


class Many(isacsys.Metric):
    """As many columns as it is told, with long names."""

    estimates = (isacsys.Estimator("many", {f"{'x' * 60}0": 1, "communication_links": -1}, "1", "so many"),)

    def __init__(self, columns):
        self.columns = tuple(count(f"{'x' * 60}{i}", "one of many") for i in range(columns))

    def sums(self, record):
        return {column.name: 1 for column in self.columns}


def test_what_is_written_can_be_read_again(tmp_path, monkeypatch):
    """Columns whose names take more than NumPy reads unasked (10 kB), and settings beyond what a manifest once held."""
    path = tmp_path / "run.h5"
    small = {"network.area": 2.0, "network.users_per_cell": 3.0, "allocation.users_per_bs": 1}
    options = {"output": path, "executor": "serial", "measure": [Many(150)]}
    isacsys.run(isacsys.Scenario().replace(small), drops=2, **options)
    assert isacsys.run(isacsys.Scenario().replace(small), drops=3, resume=True, **options)["many"].mean > 0
    with pytest.raises(ConfigError, match="measure = '.* columns': at most"):
        isacsys.run(SCENARIO, measure=[Many(5000)])
    directory = parts_directory(path)
    directory.mkdir()
    write_manifest(directory, {"scenario": "x" * 2**23, "drops": 1})
    assert len(read_manifest(directory)["scenario"]) == 2**23
    monkeypatch.setattr("isacsys.campaign.output.LARGEST_MANIFEST", 2**20)
    with pytest.raises(ConfigError, match="scenario = '.* MB of settings': at most"):
        write_manifest(directory, {"scenario": "x" * 2**20, "drops": 1})


def test_settings_that_are_too_many_remove_nothing(tmp_path, monkeypatch):
    run(tmp_path / "run.h5")
    before = (tmp_path / "run.h5").read_bytes()
    monkeypatch.setattr("isacsys.campaign.output.LARGEST_MANIFEST", 100)
    with pytest.raises(ConfigError, match="settings"):
        run(tmp_path / "run.h5", force=True)
    assert (tmp_path / "run.h5").read_bytes() == before
