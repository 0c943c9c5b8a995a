"""A bounded load on loopback: ``wrk`` when it is there, else a small client of our own."""

import re
import shutil
import socket
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from time import perf_counter

from saas.tenancy.provisioning import owner_connection

SECONDS = 6
CONNECTIONS = 8


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks: a host and a session cookie."""

    host: str
    cookie: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """Requests a second, median and 99th percentile in milliseconds, requests in all, those not answered with 200."""

    rps: float
    p50: float
    p99: float
    requests: int
    errors: int


def generator() -> str:
    """Which client makes the load."""
    return "wrk" if shutil.which("wrk") else "python client (apt install wrk for a lighter one)"


def load(port: int, visitors: list[Visitor], path: str = "/", seconds: int = SECONDS) -> Outcome:
    """Ask for a page as one visitor after another."""
    return _wrk(port, visitors, path, seconds) if shutil.which("wrk") else _sockets(port, visitors, path, seconds)


def _wrk(port: int, visitors: list[Visitor], path: str, seconds: int) -> Outcome:
    rows = ",".join(f'{{"{visitor.host}","{visitor.cookie}"}}' for visitor in visitors)
    script = (
        f"local v={{{rows}}} local n=0\n"
        "request=function() n=n%#v+1 local h={} h['Host']=v[n][1] h['Cookie']=v[n][2] return wrk.format('GET',nil,h) end\n"
        "done=function(s,l,r) io.write(string.format('RESULT %d %d %f %f %f\\n', s.requests,"
        " s.errors.status+s.errors.connect+s.errors.read+s.errors.timeout, s.duration, l:percentile(50), l:percentile(99))) end\n"
    )
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", file.name, f"http://127.0.0.1:{port}{path}"]
        answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"RESULT (\d+) (\d+) ([\d.]+) ([\d.]+) ([\d.]+)", answer)
    assert found, answer
    requests, errors, micros, p50, p99 = (float(part) for part in found.groups())
    return Outcome(requests / (micros / 1e6), p50 / 1000, p99 / 1000, int(requests), int(errors))


def _sockets(port: int, visitors: list[Visitor], path: str, seconds: int) -> Outcome:
    times: list[float] = []
    errors: list[int] = []
    lock, end = threading.Lock(), perf_counter() + seconds
    supply = cycle(visitors)

    def ask() -> None:
        connection = socket.create_connection(("127.0.0.1", port))
        stream = connection.makefile("rb")
        while perf_counter() < end:
            with lock:
                visitor = next(supply)
            began = perf_counter()
            connection.sendall(
                f"GET {path} HTTP/1.1\r\nHost: {visitor.host}\r\nCookie: {visitor.cookie}\r\n\r\n".encode()
            )
            status, length = stream.readline(), 0
            while (line := stream.readline()) not in (b"\r\n", b""):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            stream.read(length)
            with lock:
                times.append((perf_counter() - began) * 1000)
                if b" 200 " not in status:
                    errors.append(1)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times.sort()
    return Outcome(len(times) / seconds, times[len(times) // 2], times[int(len(times) * 0.99)], len(times), len(errors))


def cpu_seconds(pids: list[int]) -> float:
    """Processor time that processes have used so far, user and system; those gone count nothing."""
    total = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / 100


def children_of(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found += children_of(int(path.parent.name))
    return found


def postmaster() -> int:
    """The process id of the database server, found as the parent of a connection's process."""
    with owner_connection() as connection:
        return int(Path(f"/proc/{connection.info.backend_pid}/stat").read_text().rpartition(")")[2].split()[1])


def memory_mb(pid: int, kind: str = "Anonymous") -> float:
    """Private memory of a process in MB (``Anonymous``), or its share of everything (``Pss``)."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith(f"{kind}:"):
            return int(line.split()[1]) / 1024
    return 0.0
