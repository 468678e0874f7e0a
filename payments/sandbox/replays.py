"""Idempotency: the reply to a key is kept, with a digest of what it was the reply to."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from payments.sandbox.refusal import Refusal

LIFETIME_MS = 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class Kept:
    """A reply."""

    at_ms: int
    digest: bytes
    status: int
    body: dict[str, Any]


class Replays:
    """The keys of one account. Parameters are kept as a keyed digest: there are cards in them."""

    def __init__(self) -> None:
        self._kept: dict[str, Kept] = {}
        self._salt = secrets.token_bytes(32)

    def seen(
        self, key: str, path: str, fields: Mapping[str, str], now_ms: int
    ) -> Kept | Refusal | None:
        """What was replied; a refusal where the same key comes with something else."""
        kept = self._kept.get(key)
        if kept is None or now_ms - kept.at_ms >= LIFETIME_MS:
            return None
        if not hmac.compare_digest(kept.digest, self._digest(path, fields)):
            message = "Keys for idempotent requests can only be used with the same parameters"
            return Refusal(400, "idempotency_error", None, message)
        return kept

    def keep(
        self,
        key: str,
        path: str,
        fields: Mapping[str, str],
        now_ms: int,
        status: int,
        body: dict[str, Any],
    ) -> None:
        """From now on this is the reply."""
        digest = self._digest(path, fields)
        self._kept[key] = Kept(now_ms, digest, status, deepcopy(body))

    def spoil(self, key: str, body: dict[str, Any]) -> None:
        """From now on it is an error of the server."""
        if key in self._kept:
            self._kept[key] = replace(self._kept[key], status=500, body=body)

    def _digest(self, path: str, fields: Mapping[str, str]) -> bytes:
        text = json.dumps([path, sorted(fields.items())]).encode()
        return hmac.new(self._salt, text, hashlib.sha256).digest()
