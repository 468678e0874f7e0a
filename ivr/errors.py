"""What can go wrong in the flow language's room.

IvrError
├── StateError                a saved call state this version cannot read
├── LanguageError             no built-in sentence in that language
├── ExpressionError           a condition or computed value that is no expression
├── JsonPathError             a text that names no place in a JSON document
├── UnfitError                a value that cannot be put where a request needs it
└── SpeechError               no audio could be made for a text
    ├── VoiceMissingError     no voice is configured for the language
    ├── VoiceUnavailableError what the voice needs is not on this machine
    ├── SpeechFailedError     the synthesiser could not be run, or refused
    ├── RecordingError        a recording is no WAV that can be read
    └── PromptFileError       a prompt's files could not be read or written
A flow that is wrong is ``config.document.DocumentError``, with every problem in it.
"""

from pathlib import Path


class IvrError(Exception):
    """Root of this room's errors."""

    code = "ivr"


class StateError(IvrError):
    """A saved state is not one that ``CallState.to_dict`` made."""

    code = "state"


class LanguageError(IvrError):
    """Trunkline has no built-in sentences in ``language``."""

    code = "language"

    def __init__(self, language: str) -> None:
        self.language = language
        super().__init__(f"no built-in sentences in language {language!r}")


class ExpressionError(IvrError):
    """A text is no expression: ``message``, at the 0-based offset ``col`` in it."""

    code = "expression"

    def __init__(self, message: str, col: int) -> None:
        self.message, self.col = message, col
        super().__init__(f"{col}: {message}")


class JsonPathError(IvrError):
    """A text is no path into a JSON document: ``message``, at the 0-based offset ``col`` in it."""

    code = "json_path"

    def __init__(self, message: str, col: int) -> None:
        self.message, self.col = message, col
        super().__init__(message)


class UnfitError(IvrError):
    """A call's value cannot be put where a request needs it; the text never holds the value."""

    code = "unfit"


class SpeechError(IvrError):
    """No audio could be made for a text."""

    code = "speech"


class VoiceMissingError(SpeechError):
    """No voice is configured for ``language``."""

    code = "voice_missing"

    def __init__(self, language: str) -> None:
        self.language = language
        super().__init__(f"no voice is configured for language {language!r}")


class VoiceUnavailableError(SpeechError):
    """``voice`` cannot speak on this machine: ``reason`` says what to install, and where."""

    code = "voice_unavailable"

    def __init__(self, voice: str, reason: str) -> None:
        self.voice, self.reason = voice, reason
        super().__init__(f"the voice {voice!r} cannot speak here: {reason}")


class SpeechFailedError(SpeechError):
    """The synthesiser ended with ``status`` (None: it did not start); ``stderr`` is its reason."""

    code = "speech_failed"

    def __init__(self, voice: str, status: int | None, stderr: str) -> None:
        self.voice, self.status, self.stderr = voice, status, stderr
        how = "could not be started" if status is None else f"ended with status {status}"
        super().__init__(f"speech synthesis with voice {voice!r} {how}: {stderr.strip()}")


class RecordingError(SpeechError):
    """The recording at ``path`` cannot be used: ``reason``."""

    code = "recording"

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"the recording {path} cannot be used: {reason}")


class PromptFileError(SpeechError):
    """The files of a prompt at ``path`` could not be read or written: ``reason``."""

    code = "prompt_file"

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"the prompt {path} could not be read or written: {reason}")
