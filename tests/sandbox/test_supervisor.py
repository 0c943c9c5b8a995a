"""The supervisor: real programs, ended together."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from saas.sandbox.readiness import answers, port_is_taken

from .conftest import Run, Wait

SUPERVISE = """
import json, sys
from saas.sandbox.supervisor import Program, supervise
programs, url, patience = json.loads(sys.argv[1])
commands = [Program(name, command, {"GREETING": "hello " + name}, waits=name == "later") for name, command in programs]
sys.exit(supervise(commands, ready_url=url, banner=lambda: "all is up", patience=patience))
"""

PARENT = """
import os, pathlib, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
note = pathlib.Path(sys.argv[1])
note.with_suffix(".part").write_text(f"{os.getpid()} {child.pid}")
note.with_suffix(".part").rename(note)
child.wait()
"""

DEAF = """
import signal
signal.signal(signal.SIGTERM, lambda *_: print("no", flush=True))
print("ready", flush=True)
while True:
    signal.pause()
"""

WAIT_FOR = """
import os, pathlib, sys, threading
while not pathlib.Path(sys.argv[1]).exists():
    threading.Event().wait(0.02)
"""


def python(code: str, *arguments: object) -> list[str]:
    """The command that runs `code`."""
    return [sys.executable, "-c", code, *map(str, arguments)]


@pytest.fixture
def supervise(run_python: Run) -> "Supervise":
    """Starts a supervisor over named commands, in a process of its own."""
    return Supervise(run_python)


class Supervise:
    """Starts supervisors."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def __call__(self, url: str | None = None, *, patience: float = 20, **programs: list[str]) -> subprocess.Popen[str]:
        """A supervisor over `programs`."""
        return self.run(SUPERVISE, json.dumps([list(programs.items()), url, patience]))


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def first_line(process: subprocess.Popen[str], containing: str) -> str:
    """The first line of the output with `containing` in it."""
    assert process.stdout is not None
    return next(line for line in process.stdout if containing in line)


def is_alive(pid: int) -> bool:
    """Whether the process exists and is more than an entry waiting to be read by its parent."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_every_program_and_what_it_started(
    supervise: Supervise, tmp_path: Path, wait_until: Wait, number: signal.Signals
) -> None:
    files = [tmp_path / "one", tmp_path / "two"]
    process = supervise(one=python(PARENT, files[0]), two=python(PARENT, files[1]))
    wait_until(lambda: all(file.exists() for file in files))
    pids = [int(pid) for file in files for pid in file.read_text().split()]
    assert all(map(is_alive, pids))
    process.send_signal(number)
    assert process.wait(30) == 0
    wait_until(lambda: not any(map(is_alive, pids)))


def test_a_killed_supervisor_leaves_no_orphans(supervise: Supervise, tmp_path: Path, wait_until: Wait) -> None:
    process = supervise(one=python(PARENT, tmp_path / "one"))
    wait_until((tmp_path / "one").exists)
    pids = [int(pid) for pid in (tmp_path / "one").read_text().split()]
    process.kill()
    wait_until(lambda: not any(map(is_alive, pids)))


@pytest.mark.parametrize(("ending", "code"), [("sys.exit(3)", 3), ("sys.exit(0)", 0), ("os.kill(os.getpid(), 9)", 137)])
def test_when_one_ends_all_end_with_its_code(
    supervise: Supervise, tmp_path: Path, wait_until: Wait, ending: str, code: int
) -> None:
    process = supervise(one=python(PARENT, tmp_path / "one"), two=python(WAIT_FOR + ending, tmp_path / "one"))
    output, _ = process.communicate(timeout=30)
    assert process.returncode == code
    assert f"two ended with code {code}" in output
    pids = [int(pid) for pid in (tmp_path / "one").read_text().split()]
    wait_until(lambda: not any(map(is_alive, pids)))


def test_a_program_that_will_not_hear_is_killed(supervise: Supervise) -> None:
    process = supervise(patience=0.1, deaf=python(DEAF))
    first_line(process, "ready")
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "no" in output


def test_a_command_that_does_not_exist_ends_all_and_says_so(supervise: Supervise) -> None:
    process = supervise(web=["/no/such/program"], worker=python("import signal; signal.pause()"))
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "/no/such/program" in output


def test_every_line_stands_under_its_programs_name_without_colour(supervise: Supervise) -> None:
    talk = "import os, sys; print(os.environ['GREETING']); print('trouble', file=sys.stderr)"
    process = supervise(web=python(talk), worker=python("import signal; signal.pause()"))
    output, _ = process.communicate(timeout=30)
    assert "web    | hello web\n" in output
    assert "web    | trouble\n" in output
    assert "\x1b" not in output


def test_on_a_terminal_names_are_coloured_unless_no_color_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[36mweb |\x1b[0m hello" in terminal_output()

    monkeypatch.setenv("NO_COLOR", "1")
    assert "web | hello" in terminal_output()


def terminal_output() -> str:
    """What a supervisor writes to a terminal."""
    programs = json.dumps([[("web", python("print('hello')"))], None, 20])
    reader, terminal = os.openpty()
    subprocess.run(python(SUPERVISE, programs), stdin=subprocess.DEVNULL, stdout=terminal, check=True)
    os.close(terminal)
    with os.fdopen(reader, "rb") as file:
        return file.read1().decode()


def test_the_banner_comes_when_the_program_answers_and_not_before(supervise: Supervise, tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    assert not answers(url)
    assert not port_is_taken(port)
    web = [
        sys.executable,
        "-m",
        "http.server",
        str(port),
        "--bind",
        "127.0.0.1",
        "--directory",
        str(tmp_path),
    ]
    process = supervise(url, web=web)
    first_line(process, "all is up")
    assert answers(url)
    assert port_is_taken(port)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    assert not port_is_taken(port)


def test_what_waits_begins_when_the_others_are_ready(supervise: Supervise, tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    web = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", str(tmp_path)]
    asks = f"import sys; from urllib.request import urlopen; sys.exit(3 if urlopen({url!r}).status == 200 else 4)"
    output, _ = (process := supervise(url, later=python(asks), web=web)).communicate(timeout=30)
    assert (process.returncode, "all is up" in output) == (3, True)
    early = supervise(
        f"http://127.0.0.1:{free_port()}/", later=python("print('begun')"), web=python("raise SystemExit(5)")
    )
    output, _ = early.communicate(timeout=30)
    assert (early.returncode, "begun" in output) == (5, False)


def test_without_an_answer_there_is_no_banner(supervise: Supervise) -> None:
    process = supervise(f"http://127.0.0.1:{free_port()}/", web=python("print('failed'); raise SystemExit(4)"))
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 4
    assert "all is up" not in output


def test_the_supervisor_ends_when_nobody_reads_its_output(supervise: Supervise) -> None:
    chatter = "import itertools\nfor n in itertools.count(): print(n, flush=True)"
    process = supervise(one=python(chatter))
    first_line(process, "| 1")
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(30) == 0
