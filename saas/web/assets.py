"""Static files: one address prefix holds the hash of all files, so that browsers keep them for a year and never too long."""

import hashlib
from pathlib import Path
from typing import Any

from whitenoise import WhiteNoise

STATIC = Path(__file__).resolve().parents[1] / "static"
YEAR = 365 * 24 * 3600


class Assets:
    """The files below ``saas/static``, at ``/static/<hash>/…``."""

    def __init__(self, root: Path = STATIC) -> None:
        self.root = root
        self.known = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
        self.prefix = f"/static/{_digest(root)}/"

    def url(self, path: str) -> str:
        """The address of a file; raises FileNotFoundError for one that is not there, so that a slip shows at once."""
        if path not in self.known:
            raise FileNotFoundError(path)
        return self.prefix + path

    def serve(self, wsgi_app: Any, *, changing: bool = False) -> Any:
        """Answer requests for the files before the application sees them; ``changing`` looks at the disk at each request."""
        return WhiteNoise(
            wsgi_app,
            root=self.root,
            prefix=self.prefix,
            max_age=0 if changing else YEAR,
            autorefresh=changing,
            allow_all_origins=False,
            immutable_file_test=lambda _path, _url: not changing,
            add_headers_function=_harden,
        )


def _harden(headers: Any, _path: str, _url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"


def _digest(root: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(root)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
