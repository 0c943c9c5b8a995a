"""Writes one of two large files over the other until it is killed: ``writer.py PLACE TENANT``; a line for each time."""

import sys
from itertools import cycle
from pathlib import Path
from uuid import UUID

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from saas.core.buckets import Bucket
from saas.core.objectstorage import ObjectStorage
from saas.core.storage import FolderStorage

place, tenant = sys.argv[1:]
storage = ObjectStorage.of(Bucket.parse(place)) if place.startswith("s3:") else FolderStorage(Path(place))
for letter in cycle([b"a", b"b"]):
    storage.put(UUID(tenant), "report", letter * 8_000_000)
    print("written", flush=True)
