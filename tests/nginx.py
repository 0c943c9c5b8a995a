"""nginx with our nginx.conf, on ports and folders of a test's own."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.front import Front, wait_for
from tests.processes import free_port

ROOT = Path(__file__).resolve().parents[1]
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
needs_nginx = [
    pytest.mark.program("nginx"),
    pytest.mark.skipif(NGINX is None, reason="nginx is not there: apt install nginx"),
]


def adapted(folder: Path, plain_port: int, tls_port: int, upstream: int, base_domain: str) -> str:
    """Our configuration with the ports and folders of this machine changed, and nothing else."""
    text = (ROOT / "nginx.conf").read_text()
    temporary = "".join(
        f"    {name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    for before, after in (
        (r"example\.com", base_domain),
        (r"http \{\n", f"http {{\n{temporary}"),
        (r" *listen \[::\][^\n]*\n", ""),
        (r"listen 80\b", f"listen 127.0.0.1:{plain_port}"),
        (r"listen 443\b", f"listen 127.0.0.1:{tls_port}"),
        (r"127\.0\.0\.1:8000", f"127.0.0.1:{upstream}"),
        (r"/var/log/nginx", str(folder)),
        (r"/var/cache/nginx", str(folder)),
    ):
        text, changes = re.subn(before, after, text)
        assert changes, f"nginx.conf holds no {before}"
    return text


def command(folder: Path, *options: str) -> list[str]:
    assert NGINX is not None
    directives = f"pid {folder}/nginx.pid; daemon off;"
    if os.getuid() == 0:
        directives += " user root;"
    return [
        NGINX,
        "-p",
        str(folder),
        "-c",
        str(folder / "nginx.conf"),
        "-e",
        str(folder / "error.log"),
        "-g",
        directives,
        *options,
    ]


@contextmanager
def running(folder: Path, upstream: int, *, base_domain: str = "example.com") -> Iterator[Front]:
    """nginx with our configuration before a web server on the port ``upstream``, for the block.

    The folder stands for /etc/nginx: it holds ``certs`` and, if custom domains are served, ``custom``.
    """
    plain, tls = free_port(), free_port()
    (folder / "mime.types").write_text("types { text/html html; text/css css; }")
    (folder / "nginx.conf").write_text(adapted(folder, plain, tls, upstream, base_domain))
    process = subprocess.Popen(command(folder), stderr=subprocess.DEVNULL)
    try:
        wait_for(plain, process, folder / "error.log")
        yield Front(folder, plain, tls)
    finally:
        process.terminate()
        process.wait(timeout=20)
