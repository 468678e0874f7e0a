"""What can go wrong in history.

HistoryError
├── DatabaseAway     the database cannot be used now; nothing was written, trying again may work
├── RecordRefused    the database is well and will never take this record
├── UnsupportedUrl   the site names a database that Trunkline does not speak
├── VersionTaken     somebody else published this version of the flows first
└── BundleDamaged    a published version is not what was published
"""


class HistoryError(Exception):
    """The root; `code` is stable and may be shown, logged and searched for."""

    code = "history"


class DatabaseAway(HistoryError):
    """No connection, an endless lock, a full disk, a missing table: not the record's fault.

    `reason` names the driver's error class and never carries a value of a row.
    """

    code = "history_database_away"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RecordRefused(HistoryError):
    """A constraint or a value that cannot be stored. `reason` carries no value of the row."""

    code = "history_record_refused"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnsupportedUrl(HistoryError):
    """Only sqlite and postgresql URLs are understood; `scheme` is what was given instead."""

    code = "history_unsupported_url"

    def __init__(self, scheme: str) -> None:
        super().__init__(f"database URL scheme {scheme!r}: allowed are sqlite and postgresql")
        self.scheme = scheme


class VersionTaken(HistoryError):
    """Two published on top of the same version; this one came second, and stored nothing."""

    code = "history_version_taken"

    def __init__(self, version: int) -> None:
        super().__init__(f"version {version} of the flows was published by somebody else")
        self.version = version


class BundleDamaged(HistoryError):
    """What the database holds of a version does not have the checksum that it was stored with."""

    code = "history_bundle_damaged"

    def __init__(self, version: int) -> None:
        super().__init__(f"version {version} of the flows is damaged in the database")
        self.version = version
