"""Workers forked from a process that has their modules loaded, beside workers that were started anew."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster._core.launcher.base import LaunchRunContext
from dagster._serdes import ConfigurableClassData

from feature_platform.routing import warm_workers
from feature_platform.routing.local import LocalProcessLauncher
from feature_platform.routing.warm_workers import NotWarmError, WarmWorkers
from feature_platform.routing.worker_folder import WorkerFolder
from feature_platform_tests.routing.home import create_run, make_home, open_instance
from feature_platform_tests.routing.warm_house import PATIENCE, House, children, wait

SEEN = """
import gc, json, os, signal, sys, threading, time
from pathlib import Path
import loaded
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
main = sys.modules["__main__"]
print(json.dumps({
    "argv": sys.argv, "orig_argv": sys.orig_argv, "path": sys.path, "flags": str(sys.flags),
    "environment": dict(os.environ), "cwd": os.getcwd(), "umask": status["Umask"],
    "signals": [status[name] for name in ("SigBlk", "SigIgn", "SigCgt")],
    "interrupt": str(signal.getsignal(signal.SIGINT)), "terminate": str(signal.getsignal(signal.SIGTERM)),
    "descriptors": {fd: os.path.realpath(f"/proc/self/fd/{fd}") for fd in ("0", "1", "2")},
    "open": len(os.listdir("/proc/self/fd")),
    "buffered": [sys.stdout.line_buffering, sys.stderr.line_buffering, sys.stdout.encoding, sys.stderr.errors],
    "leads": [os.getsid(0) == os.getpid(), os.getpgid(0) == os.getpid()],
    "gc": [gc.isenabled(), gc.get_threshold()],
    "main": [main.__name__, main.__spec__.name, main.__file__],
    "threads": threading.active_count(), "stack": sys._getframe().f_back.f_code.co_name,
}))
"""
STATE = """
import json, random, uuid
import numpy
print(json.dumps([random.random(), numpy.random.random(), str(uuid.uuid4())]))
"""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    (tmp_path / "loaded.py").write_text("VALUE = 'as it was'\n")
    warm = WarmWorkers(tmp_path / "logs" / "warm.log", modules=["loaded"])
    yield House(tmp_path, warm)
    warm.close()


def test_a_warm_worker_sees_what_one_started_anew_sees(house: House) -> None:
    house.write("seen", SEEN)
    assert house.launch("a", "seen", cold=True) is None
    assert house.launch("b", "seen") is None
    cold, warm = (json.loads(house.said(name).replace(f"/runs/{name}/", "/runs/RUN/")) for name in ("a", "b"))
    for seen, name in ((cold, "a"), (warm, "b")):
        assert seen["environment"].pop("FEATURE_PLATFORM_WORKER") == name
    assert warm == cold
    assert warm["leads"] == [True, True]


def test_each_worker_has_random_numbers_of_its_own(house: House) -> None:
    house.write("loaded", "import random, uuid\nimport numpy\nnumpy.random.random()\nrandom.random()\n")
    house.write("state", STATE)
    assert [house.launch(name, "state") for name in "ab"] == [None, None]
    first, second = (json.loads(house.said(name)) for name in "ab")
    assert all(one != other for one, other in zip(first, second, strict=True))


def test_edited_code_is_what_the_next_worker_runs(house: House) -> None:
    house.write("tell", "import loaded; print(loaded.VALUE, 'loaded' in __import__('sys').modules)")
    assert house.launch("a", "tell") is None
    server = house.server()
    assert house.launch("b", "tell") is None
    assert house.server() == server
    house.write("loaded", "VALUE = 'as it is'\n")
    assert house.launch("c", "tell") is None
    assert house.server() != server
    assert [house.said(name).split(" True")[0] for name in "abc"] == ["as it was", "as it was", "as it is"]


def test_other_environment_variables_are_in_force_when_modules_load(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.write("loaded", "import os\nVALUE = os.environ.get('SEEN_AT_LOADING')\n")
    house.write("tell", "import loaded; print(loaded.VALUE)")
    assert house.launch("a", "tell") is None
    monkeypatch.setenv("SEEN_AT_LOADING", "new")
    assert house.launch("b", "tell") is None
    assert [house.said(name) for name in "ab"] == ["None\n", "new\n"]


def test_a_killed_server_is_replaced_and_its_workers_go_on(house: House, tmp_path: Path) -> None:
    house.write("quick", "print('done')")
    assert house.launch("a", "quick") is None
    killed = house.server()
    os.kill(killed, signal.SIGKILL)
    assert house.launch("b", "quick") is None
    assert house.server() != killed
    assert house.said("b") == "done\n"


def test_a_server_that_does_not_answer_is_replaced_and_starts_nothing_later(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.write("once", "import os; os.open(os.environ['PYTHONPATH'].split(':')[0] + '/once', os.O_CREAT | os.O_EXCL)")
    house.write("quick", "print('done')")
    assert house.launch("a", "quick") is None
    stopped = house.server()
    os.kill(stopped, signal.SIGSTOP)
    monkeypatch.setattr(warm_workers, "FORK_SECONDS", 0.5)
    monkeypatch.setattr(warm_workers, "END_SECONDS", 0.2)
    assert house.launch("b", "once") is None
    assert not Path(f"/proc/{stopped}").exists()
    assert house.said("b") == ""


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import threading; threading.Timer(9, print).start()", "OPENBLAS_NUM_THREADS=1 (python"),
        ("raise LookupError('no such thing')", "LookupError: no such thing"),
        ("import os; os._exit(5)", "it ended with 5"),
        ("import time; time.sleep(60)", "timed out"),
    ],
    ids=["a thread", "an error", "an end", "too slow"],
)
def test_what_cannot_be_loaded_before_a_fork_is_a_start_anew_with_the_reason(
    house: House, monkeypatch: pytest.MonkeyPatch, code: str, reason: str
) -> None:
    house.write("loaded", code)
    house.write("quick", "print('done')")
    monkeypatch.setattr(warm_workers, "START_SECONDS", 1.0 if "sleep(60)" in code else 30.0)
    monkeypatch.setattr(warm_workers, "END_SECONDS", 0.2)
    for name in "ab":
        began = time.monotonic()
        assert reason in str(house.launch(name, "quick"))
        assert house.said(name) == "done\n"
    assert time.monotonic() - began < PATIENCE / 2


def test_memory_that_a_worker_shares_with_others_is_not_its_own(house: House) -> None:
    house.write("loaded", "held = bytearray(300 << 20)\nheld[:: 1 << 12] = b'1' * len(range(0, len(held), 1 << 12))")
    house.write("small", "import loaded, time; time.sleep(0.5)")
    house.write("large", "import time; held = bytearray(b'1') * (250 << 20); time.sleep(9)")
    assert [house.launch(name, name, memory_mib=220) for name in ("small", "large")] == [None, None]
    assert house.said("small") == ""
    assert "above its limit of 220 MiB" in house.said("large")


LAUNCHING = """
import os, sys, threading, time
from pathlib import Path
from feature_platform.routing.warm_workers import WarmWorkers
from feature_platform_tests.routing.warm_house import House
folder = Path(sys.argv[1])
house = House(folder, WarmWorkers(folder / "warm.log", modules=["loaded"]))
thread = threading.Thread(target=house.launch, args=("first", "quick"))
thread.start()
thread.join()
(folder / "server").write_text(str(house.server()))
child = os.fork()
if child == 0:  # it keeps the socket open
    time.sleep(60)
(folder / "child").write_text(str(child))
house.launch("second", "slow")
"""


def test_the_server_ends_with_its_program_and_workers_do_not(house: House) -> None:
    house.write("quick", "print('done')")
    house.write("slow", "import time\nprint('begun', flush=True)\ntime.sleep(5)\nprint('done')")
    program = subprocess.Popen([sys.executable, "-c", LAUNCHING, str(house.folder)], env=house.environment)
    second = WorkerFolder(house.folder / "runs" / "second")
    wait(second.log_tail, "the second worker")
    assert house.said("first") == "done\n"
    server = int((house.folder / "server").read_text())
    worker = second.start()
    assert worker is not None
    assert Path(f"/proc/{worker.pid}/cmdline").read_text().split("\0")[1:5] == ["-m", "slow", "one", "second"]
    program.kill()
    program.wait()
    wait(lambda: not Path(f"/proc/{server}").exists(), "the server's end")
    assert second.alive()
    wait(lambda: not second.alive(), "the second worker's end")
    assert house.said("second") == "begun\ndone\n"
    os.kill(int((house.folder / "child").read_text()), signal.SIGKILL)


def test_a_route_can_start_each_worker_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (era_id,) = make_home(tmp_path / "home", [1])
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
    data = ConfigurableClassData("feature_platform.routing.local", "LocalProcessLauncher", "warm_workers: false")
    launcher = data.rehydrate(as_type=LocalProcessLauncher)
    with open_instance(tmp_path / "home") as instance:
        launcher.register_instance(instance)
        run = create_run(instance, {"dagster/partition": era_id})
        launcher.launch_run(LaunchRunContext(run, workspace=None))
        assert children("fork_server") == []
        (supervisor,) = children("supervisor")
        os.kill(supervisor, signal.SIGKILL)  # its worker dies with it
        launcher.join()


def test_another_python_is_not_forked(house: House) -> None:
    plan = house.plan("a", "quick")
    plan.command[0] = "/usr/bin/python3"
    with pytest.raises(NotWarmError, match="its Python is /usr/bin/python3"):
        house.warm.launch(plan, house.environment, variables={}, lock=0, log=0)
