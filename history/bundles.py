"""Published flows: every version ever published, as text, and never changed afterwards.

Versions of a site count from 1 without gaps, and the newest one is in force. So the primary key
is the compare-and-set: of two who publish on top of version 7, one gets 8 and the other is told.
"""

import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import Row, Select, func, insert, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from history.connection import failure_of, open_engine
from history.errors import BundleDamaged, VersionTaken
from history.tables import flow_bundles

Files = Mapping[str, str]
"""The text of each file by its path, with slashes: of YAML files that within the dialplans, of
Python files that from `functions/` on."""


def content_hash(files: Files) -> str:
    """SHA-256, hexadecimal, of the files' names and texts, whatever their order."""
    return hashlib.sha256(_canonical(files)).hexdigest()


@dataclass(frozen=True, slots=True)
class BundleHead:
    """Who published what when. `restores`: the version whose content this one has again."""

    version: int
    at_ms: int
    author: str
    note: str
    restores: int | None
    sha256: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """One version of all flows of a site: flows, fragments, the tests beside them, and the
    functions in Python that they call."""

    head: BundleHead
    files: Files = field(repr=False)

    @property
    def version(self) -> int:
        """Counts from 1."""
        return self.head.version


def bundle(
    version: int,
    files: Files,
    at_ms: int,
    author: str,
    note: str,
    restores: int | None = None,
) -> Bundle:
    """A version to be added."""
    head = BundleHead(version, at_ms, author, note, restores, content_hash(files))
    return Bundle(head, dict(files))


class BundleStore:
    """The published versions of the sites in one database. Every method raises DatabaseAway when
    it cannot be used now."""

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    async def newest(self, site: str) -> int:
        """The version in force, 0 when nothing was published yet. Cheap enough for polling."""
        query = select(func.max(flow_bundles.c.version)).where(flow_bundles.c.site == site)
        return (await self._rows(query))[0][0] or 0

    async def get(self, site: str, version: int) -> Bundle | None:
        """One version, None if there is none. Raises BundleDamaged."""
        found = await self._bundles(_all_of(site).where(flow_bundles.c.version == version))
        return found[0] if found else None

    async def with_content(self, site: str, sha256: str) -> Bundle | None:
        """The newest version that has this content. Raises BundleDamaged."""
        query = _all_of(site).where(flow_bundles.c.sha256 == sha256)
        found = await self._bundles(query.order_by(flow_bundles.c.version.desc()).limit(1))
        return found[0] if found else None

    async def since(self, site: str, version: int) -> Sequence[Bundle]:
        """This version and every later one, the oldest first. Raises BundleDamaged."""
        query = _all_of(site).where(flow_bundles.c.version >= version)
        return await self._bundles(query.order_by(flow_bundles.c.version))

    async def heads(self, site: str, limit: int) -> Sequence[BundleHead]:
        """The newest versions without their files, the newest first."""
        columns = [flow_bundles.c[name] for name in BundleHead.__slots__]
        query = select(*columns).where(flow_bundles.c.site == site)
        rows = await self._rows(query.order_by(flow_bundles.c.version.desc()).limit(limit))
        return [_head(row) for row in rows]

    async def add(self, site: str, added: Bundle) -> None:
        """Put it in force. Raises VersionTaken when somebody else published this version."""
        head = {name: getattr(added.head, name) for name in BundleHead.__slots__}
        packed = zlib.compress(_canonical(added.files))
        try:
            async with self._engine.begin() as connection:
                await connection.execute(
                    insert(flow_bundles).values(site=site, **head, files=packed)
                )
        except IntegrityError:
            raise VersionTaken(added.version) from None
        except (SQLAlchemyError, OSError) as error:
            raise failure_of(error) from error

    async def _bundles(self, query: Select[Any]) -> Sequence[Bundle]:
        return [_unpacked(row) for row in await self._rows(query)]

    async def _rows(self, query: Select[Any]) -> Sequence[Row[Any]]:
        try:
            async with self._engine.connect() as connection:
                found: Sequence[Row[Any]] = (await connection.execute(query)).all()
                return found
        except (SQLAlchemyError, OSError) as error:
            raise failure_of(error) from error


def _all_of(site: str) -> Select[Any]:
    return select(flow_bundles).where(flow_bundles.c.site == site)


def _canonical(files: Files) -> bytes:
    return json.dumps(files, sort_keys=True, ensure_ascii=False).encode()


def _head(row: Row[Any]) -> BundleHead:
    return BundleHead(**{name: row._mapping[name] for name in BundleHead.__slots__})


def _unpacked(row: Row[Any]) -> Bundle:
    head = _head(row)
    try:
        packed = zlib.decompress(row.files)
    except zlib.error:
        raise BundleDamaged(head.version) from None
    if hashlib.sha256(packed).hexdigest() != head.sha256:
        raise BundleDamaged(head.version)
    files: dict[str, str] = json.loads(packed)
    # They become files again: whoever may write into the database may not write all over a disk.
    if any(PurePosixPath(name).is_absolute() or ".." in name.split("/") for name in files):
        raise BundleDamaged(head.version)
    return Bundle(head, files)
