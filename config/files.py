"""A document's text from its file; what cannot be read is a problem of the file as a whole."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from config.problem import DocumentError, Place

MAX_BYTES = 8 * 1024 * 1024

_OS_ERRORS = {
    errno.ENOENT: "no such file",
    errno.ENOTDIR: "no such file",
    errno.EACCES: "no permission to read it",
    errno.EPERM: "no permission to read it",
    errno.ENAMETOOLONG: "the name is too long",
    errno.ELOOP: "its symbolic links lead in a circle",
}


Unsaved = Mapping[str, str]
"""Texts by the real path of the file that they are to be saved in: what an editor shows."""
NOTHING_UNSAVED: Unsaved = MappingProxyType({})


def read_text(path: Path, unsaved: Unsaved = NOTHING_UNSAVED) -> str:
    """The file's text without a byte order mark, or the unsaved one; raises DocumentError."""
    if unsaved and (text := unsaved.get(os.path.realpath(path))) is not None:
        return text
    try:
        if path.exists() and not path.is_file():
            what = "is a directory" if path.is_dir() else "is no ordinary file"
            raise _unreadable(path, f"{what}, a YAML file is needed")
        data = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, _OS_ERRORS.get(error.errno or 0, "cannot be read")) from None
    return text_of(data, path)


def text_of(data: bytes, path: Path) -> str:
    """Like `read_text`, for what is or may become the content of the file ``path``."""
    if len(data) > MAX_BYTES:
        raise _unreadable(path, f"is larger than {MAX_BYTES // 1024 // 1024} MiB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_utf8(path, data, error.start) from None


def _unreadable(path: Path, message: str) -> DocumentError:
    return DocumentError([Place(str(path), 0, 0).problem((), message)])


def _not_utf8(path: Path, data: bytes, at: int) -> DocumentError:
    begin = data.rfind(b"\n", 0, at) + 1
    line, col = data.count(b"\n", 0, at) + 1, len(data[begin:at].decode("utf-8", "replace")) + 1
    message = f"byte 0x{data[at]:02X} is not UTF-8, save the file as UTF-8"
    return DocumentError([Place(str(path), line, col).problem((), message)])
