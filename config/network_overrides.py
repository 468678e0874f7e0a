"""The environment's say in a site's addresses and ports: ``TRUNKLINE_SIP_PORT=5070``."""

from collections.abc import Iterator, Mapping

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from config.document import DocumentError, DocumentModel, Problem
from config.model_walk import allowed_at
from config.payments import Payments
from config.sentences import sentence
from config.telephony import Network

PREFIX = "TRUNKLINE_"
SANDBOX_PORT = "TRUNKLINE_SANDBOX_PORT"


def override(network: Network, environ: Mapping[str, str]) -> Network:
    """``network`` with each value that ``environ`` names; raises DocumentError on bad ones."""
    given = {
        name: environ[PREFIX + name.upper()]
        for name in Network.model_fields
        if environ.get(PREFIX + name.upper())
    }
    try:
        return Network.model_validate({**network.model_dump(), **given})
    except ValidationError as failure:
        raise DocumentError(_problems(failure, network, PREFIX)) from None


def override_sandbox(payments: Payments | None, environ: Mapping[str, str]) -> Payments | None:
    """Likewise the port of the sandbox, where payments go there."""
    if payments is None or payments.sandbox is None or not environ.get(SANDBOX_PORT):
        return payments
    sandbox = payments.sandbox
    try:
        moved = type(sandbox).model_validate({"port": environ[SANDBOX_PORT]})
    except ValidationError as failure:
        prefix = SANDBOX_PORT.removesuffix("PORT")
        raise DocumentError(_problems(failure, sandbox, prefix)) from None
    return payments.model_copy(update={"sandbox": moved})


def _problems(failure: ValidationError, part: DocumentModel, prefix: str) -> Iterator[Problem]:
    return (_problem(error, part, prefix) for error in failure.errors())


def _problem(error: ErrorDetails, part: DocumentModel, prefix: str) -> Problem:
    name = str(error["loc"][0])
    allowed = allowed_at(type(part), [(name, False)])
    return Problem("environment", 0, 0, prefix + name.upper(), sentence(error, allowed, ()))
