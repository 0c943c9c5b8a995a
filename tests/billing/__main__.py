"""``python -m tests.billing``: a thousand lives, the messages of each in an order of its own, and a thousand chains of changes of
plan, spread over processes; says how far it is and how many differ. The exit code is 0 when none does."""

import argparse
import os
import subprocess
import sys
import threading
from typing import IO

WORDS = {"lives": "lives whose end differs", "chains": "chains charged other than quoted"}


class Progress:
    """How many of each are done in all processes, and how many of them differ."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.done: dict[tuple[str, int], tuple[int, int]] = {}

    def read(self, number: int, lines: IO[str]) -> None:
        """Follow what a process writes; what is no progress is passed on."""
        for line in lines:
            words = line.lstrip(".").split()
            if len(words) == 4 and words[0] in WORDS:
                self.note(number, words[0], *map(int, words[1:]))
            elif words:
                print(line, end="", flush=True)

    def note(self, number: int, what: str, done: int, count: int, different: int) -> None:
        """Tell how far all are together."""
        with self.lock:
            self.done[what, number] = (done, different)
            all_done, all_different = (
                sum(one[at] for key, one in self.done.items() if key[0] == what) for at in (0, 1)
            )
            print(f"{all_done:5} of {count}: {all_different} {WORDS[what]}", flush=True)


def main() -> int:
    """Run all shares; the worst exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.billing")
    parser.add_argument("--lives", type=int, default=1000, help="how many orders of the messages of a life")
    parser.add_argument("--chains", type=int, default=1000, help="how many chains of changes of plan")
    parser.add_argument("--processes", type=int, default=2, help="how many processes share them")
    asked, progress = parser.parse_args(), Progress()
    running = [_start(number, asked) for number in range(asked.processes)]
    threads = [threading.Thread(target=progress.read, args=(number, one.stdout)) for number, one in enumerate(running)]
    for thread in threads:
        thread.start()
    codes = [process.wait() for process in running]
    for thread in threads:
        thread.join()
    return max(codes)


def _start(number: int, asked: argparse.Namespace) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0", "tests/billing/full.py"]
    share = f"{number}/{asked.processes}/{asked.lives}/{asked.chains}"
    environment = {**os.environ, "BILLING_SHARE": share}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


if __name__ == "__main__":
    sys.exit(main())
