"""A signal ends a computation that would take minutes, whatever the kernels are doing."""

import os
import signal
import subprocess
import sys

PROGRAM = """
import signal, sys, threading, time
import numpy as np
from feature_platform.features import extract_batch

def leave(*_):
    raise SystemExit(7)

signal.signal(signal.SIGTERM, leave)
extract_batch(np.arange(20.0).reshape(1, 20), {"sample_entropy": None})
x = np.random.default_rng(1).normal(size=(3, 2_000_000))

def tell():
    # By then all threads are in the kernel.
    time.sleep(2)
    print("computing", flush=True)

threading.Thread(target=tell, daemon=True).start()
extract_batch(x, {"sample_entropy": None}, threads=2)
print("finished", flush=True)
"""


def test_sigterm_ends_kernels_in_the_middle_of_a_series() -> None:
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, env=os.environ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"computing\n"
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=60) == 7
            assert process.stdout.read() == b""
        finally:
            process.kill()
