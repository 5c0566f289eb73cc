"""The supervisor beside real processes: as a program, and with its worker as forks of a warm process."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from feature_platform.routing import supervisor
from feature_platform.routing.memory import memory_errors_end_the_worker
from feature_platform.routing.supervisor import Plan
from feature_platform.routing.warm_workers import WarmWorkers
from feature_platform.routing.worker_end import Cause, Ending, WorkerEnd, explain
from feature_platform.routing.worker_folder import WorkerFolder, remove_old
from feature_platform.routing.worker_process import DAGSTER_VARIABLE, WORKER_VARIABLE

PATIENCE = 20
Start = Callable[..., WorkerFolder]


def wait(done: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline, f"waited {PATIENCE} s for {what}"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Of workers that know a module `line`, which runs a line of Python."""
    folder = tmp_path_factory.mktemp("path")
    (folder / "line.py").write_text("import sys\nexec(compile(sys.argv[1], '<line>', 'exec'))\n")
    return {**os.environ, "PYTHONPATH": f"{folder}:{os.environ.get('PYTHONPATH', '')}"}


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarmWorkers]:
    warm = WarmWorkers(tmp_path_factory.mktemp("warm") / "log", modules=["subprocess"])
    yield warm
    warm.close()


@pytest.fixture(params=["program", "fork"])
def start(request: pytest.FixtureRequest, environment: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    """Start a supervisor over a line of Python, as the launcher does."""

    def started(
        name: str,
        code: str,
        *,
        devices: list[str] | None = None,
        grace: float = 10,
        device_wait: float = 10,
        memory: int | None = None,
    ) -> WorkerFolder:
        folder = WorkerFolder(tmp_path / name)
        plan = Plan(
            folder=str(folder.path),
            command=[sys.executable, "-m", "line", code],
            report=[sys.executable, "-c", f"open({str(folder.path / 'reported')!r}, 'w')"],
            devices=devices,
            device_folder=str(tmp_path / "devices"),
            device_wait_seconds=device_wait,
            grace_seconds=grace,
            memory_mib=memory,
        )
        with folder.claimed() as lock, folder.log.open("ab") as log:
            assert lock is not None
            pid = supervised(plan, lock.fileno(), log.fileno())
        (tmp_path / f"{name}.pid").write_text(str(pid))
        pids.append(pid)
        return folder

    def supervised(plan: Plan, lock: int, log: int) -> int:
        if request.param == "fork":
            warm: WarmWorkers = request.getfixturevalue("warm")
            return warm.launch(plan, environment, variables={}, lock=lock, log=log)
        process = subprocess.Popen(
            supervisor.command(plan),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            start_new_session=True,
            pass_fds=[lock],
        )
        processes.append(process)
        return process.pid

    pids: list[int] = []
    processes: list[subprocess.Popen[bytes]] = []
    yield started
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for process in processes:
        process.wait()


def ended(folder: WorkerFolder) -> WorkerEnd:
    wait(lambda: not folder.alive(), f"the end of {folder.path.name}: {folder.log_tail()}")
    return folder.end()


def reported(folder: WorkerFolder) -> bool:
    return (folder.path / "reported").exists()


def test_a_worker_that_finishes_is_recorded_and_not_reported(start: Start) -> None:
    folder = start("a", "print('done')")
    end = ended(folder)
    assert (end.cause, end.exit_code) == (Cause.FINISHED, 0)
    assert folder.log_tail() == "done\n"
    assert not reported(folder)


@pytest.mark.parametrize(
    ("code", "cause", "words"),
    [
        ("raise SystemExit(3)", Cause.FAILED, "exit code 3"),
        ("import os; os._exit(112)", Cause.OUT_OF_MEMORY, "ran out of memory"),
        ("import os; os._exit(113)", Cause.DATABASE_LOST, "its database went away"),
        ("import os; os.kill(os.getpid(), 9)", Cause.KILLED, "killed by SIGKILL"),
        ("import os; os.abort()", Cause.KILLED, "killed by SIGABRT"),
    ],
)
def test_a_bad_end_is_recorded_in_words_and_reported(start: Start, code: str, cause: Cause, words: str) -> None:
    folder = start("a", code)
    end = ended(folder)
    assert end.cause == cause
    assert words in end.text
    assert "MiB of memory" in end.text
    assert reported(folder)


@pytest.mark.parametrize(
    ("ending", "cause"),
    [
        (Ending(-9, None, oom_killed=True, seconds=1), Cause.OUT_OF_MEMORY),
        (Ending(-9, None, oom_killed=False, seconds=1), Cause.KILLED),
        (Ending(-9, Cause.TERMINATED, oom_killed=True, seconds=1), Cause.TERMINATED),
        (Ending(-9, Cause.PREEMPTED, oom_killed=False, seconds=1), Cause.PREEMPTED),
        (Ending(112, Cause.PREEMPTED, oom_killed=False, seconds=1), Cause.OUT_OF_MEMORY),
        (Ending(-9, None, oom_killed=False, seconds=1, held_mib=9, limit_mib=8), Cause.OUT_OF_MEMORY),
        (Ending(0, Cause.PREEMPTED, oom_killed=False, seconds=1), Cause.FINISHED),
    ],
)
def test_what_ended_a_worker_is_told_from_all_that_was_seen(ending: Ending, cause: Cause) -> None:
    assert explain(ending).cause == cause


CHILD = "p = subprocess.Popen([sys.executable, '-c', 'b = bytearray(150 << 20); input()'], stdin=subprocess.PIPE)"


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("import time; b = bytearray(300 << 20); time.sleep(60)", id="itself"),
        pytest.param(f"import subprocess, sys; b = bytearray(150 << 20); {CHILD}; p.wait()", id="with its child"),
    ],
)
def test_a_worker_with_more_memory_than_its_limit_is_killed_for_that(start: Start, code: str) -> None:
    end = ended(start("a", code, memory=250))
    assert end.cause == Cause.OUT_OF_MEMORY
    assert re.search(r"it held [\d,]+ MiB of memory, above its limit of 250 MiB", end.text)
    assert end.memory_mib is not None
    assert 250 < end.memory_mib < 400


def test_memory_that_is_only_mapped_shared_or_a_file_s_is_not_held(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "file"
    with file.open("wb") as opened:
        opened.truncate(300 << 20)
    code = f"""
import mmap, os, time
reserved = mmap.mmap(-1, 4 << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
with open({str(file)!r}, "rb") as file:
    mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
assert not any(mapped[::4096])
shared = bytearray(150 << 20)
if os.fork() == 0:
    time.sleep(0.6)
    os._exit(0)
os.wait()
"""
    assert ended(start("a", code, memory=250)).cause == Cause.FINISHED


def test_a_worker_that_the_machine_ends_is_preempted(start: Start, tmp_path: Path) -> None:
    sleep = "import time\ntry: print('ready', flush=True); time.sleep(60)"
    folder = start("a", f"{sleep}\nexcept KeyboardInterrupt: print('interrupted'); raise", grace=3600)
    wait(folder.log_tail, "the start")
    os.kill(int((tmp_path / "a.pid").read_text()), signal.SIGTERM)
    end = ended(folder)
    assert end.cause == Cause.PREEMPTED
    assert "interrupted" in folder.log_tail()
    assert reported(folder)
    killed = start("b", "import os, signal; os.kill(os.getpid(), signal.SIGTERM)")
    assert ended(killed).cause == Cause.PREEMPTED


def test_a_worker_asked_to_end_is_interrupted_and_gives_its_device_back(start: Start) -> None:
    sleep = "import time\ntry: print('ready', flush=True); time.sleep(60)"
    folder = start("a", f"{sleep}\nexcept KeyboardInterrupt: print('interrupted'); raise", devices=["0"])
    wait(folder.log_tail, "the start")
    folder.request_end()
    assert ended(folder).cause == Cause.TERMINATED
    assert "interrupted" in folder.log_tail()
    assert ended(start("b", "pass", devices=["0"], device_wait=0.3)).cause == Cause.FINISHED


def test_a_worker_that_resists_is_killed_after_its_grace_with_its_children(start: Start) -> None:
    ignore = "import signal, subprocess, sys, time; signal.signal(signal.SIGINT, signal.SIG_IGN)"
    child = "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); print(p.pid, flush=True)"
    folder = start("a", f"{ignore}; {child}; time.sleep(60)", grace=0.3)
    wait(folder.log_tail, "the child")
    folder.request_end()
    assert ended(folder).cause == Cause.TERMINATED
    wait(lambda: not lives(int(folder.log_tail())), "the child's end")


def test_an_end_asked_for_before_the_start_starts_nothing(start: Start, tmp_path: Path) -> None:
    start("first", "import time; time.sleep(60)", devices=["0"])
    second = start("second", f"open({str(tmp_path / 'ran')!r}, 'w')", devices=["0"])
    wait(lambda: (tmp_path / "first" / "started.json").exists() or (tmp_path / "second" / "started.json").exists(), "")
    waiting = second if second.start() is None else WorkerFolder(tmp_path / "first")
    waiting.request_end()
    assert ended(waiting).cause == Cause.TERMINATED
    assert waiting.start() is None


def test_a_worker_dies_with_its_supervisor_and_is_seen_dead(start: Start, tmp_path: Path) -> None:
    folder = start("a", "import time; time.sleep(60)", devices=["0"])
    wait(folder.start, "the start")
    worker = folder.start()
    assert worker is not None
    assert folder.alive()
    os.kill(int((tmp_path / "a.pid").read_text()), signal.SIGKILL)
    assert ended(folder).cause == Cause.VANISHED
    wait(lambda: not lives(worker.pid), "the worker's end")
    assert ended(start("b", "pass", devices=["0"])).cause == Cause.FINISHED


def test_workers_hold_different_devices_and_give_them_back_whatever_ends_them(start: Start) -> None:
    code = "import os, time; print(os.environ['CUDA_VISIBLE_DEVICES'], flush=True); time.sleep(60)"
    devices = ["0", "GPU-8a/1"]
    first, second = start("a", code, devices=devices), start("b", code, devices=devices)
    wait(lambda: first.log_tail() and second.log_tail(), "both to start")
    assert {first.log_tail().strip(), second.log_tail().strip()} == set(devices)
    third = start("c", code, devices=devices)
    time.sleep(0.5)
    assert third.start() is None
    worker = second.start()
    assert worker is not None
    os.kill(worker.pid, signal.SIGKILL)
    wait(third.log_tail, "the third to start")
    assert third.log_tail() == second.log_tail()


def test_no_free_device_in_time_is_said(start: Start) -> None:
    code = "import time; print('on', flush=True); time.sleep(60)"
    wait(start("a", code, devices=["0"]).log_tail, "the first")
    end = ended(start("b", code, devices=["0"], device_wait=0.3))
    assert end.cause == Cause.NO_DEVICE
    assert "none of the devices 0 became free" in end.text


@pytest.mark.parametrize(("devices", "seen"), [([], "''"), (["3"], "'3'")])
def test_an_empty_list_of_devices_hides_them_all(start: Start, devices: list[str], seen: str) -> None:
    folder = start("a", "import os; print(repr(os.environ.get('CUDA_VISIBLE_DEVICES')))", devices=devices)
    ended(folder)
    assert folder.log_tail().strip() == seen


def test_a_command_that_is_not_there_is_recorded(tmp_path: Path) -> None:
    plan = Plan(str(tmp_path), ["/nowhere/python"], ["true"], None, str(tmp_path), 1, 1)
    done = subprocess.run(supervisor.command(plan), check=True, capture_output=True)
    assert done.stderr == b""
    end = WorkerFolder(tmp_path).end()
    assert (end.cause, end.text) == (Cause.NOT_STARTED, "/nowhere/python cannot be started: No such file or directory")


def test_a_launch_is_claimed_once_and_a_failed_one_leaves_no_claim(tmp_path: Path) -> None:
    folder = WorkerFolder(tmp_path / "run")
    with pytest.raises(OSError, match="no processes"), folder.claimed():
        raise OSError("no processes")
    with folder.claimed() as first:
        assert first is not None
        assert folder.alive()
    with folder.claimed() as second:
        assert second is None
    assert not folder.alive()


def test_old_folders_are_removed_and_living_ones_stay(tmp_path: Path) -> None:
    old, young, living = (WorkerFolder(tmp_path / "runs" / name) for name in ("old", "young", "living"))
    for folder in (old, young):
        with folder.claimed():
            pass
    with living.claimed():
        for folder in (old, living):
            os.utime(folder.path, (0, 0))
        remove_old(tmp_path / "runs", keep=timedelta(days=1))
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["living", "young"]


def test_a_memory_error_is_raised_on_outside_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in (WORKER_VARIABLE, DAGSTER_VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(MemoryError), memory_errors_end_the_worker():
        raise MemoryError


def test_a_memory_error_ends_a_worker_in_a_container_of_dagster_s() -> None:
    code = (
        "from feature_platform.routing.memory import memory_errors_end_the_worker as end\nwith end(): raise MemoryError"
    )
    environment = {**os.environ, DAGSTER_VARIABLE: "job"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=False)
    assert done.returncode == 112
    assert b"MemoryError" in done.stderr


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
