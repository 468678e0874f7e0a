"""The environment's say in a site's addresses and ports: ``TRUNKLINE_SIP_PORT=5070``."""

from collections.abc import Mapping

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from config.document import DocumentError, Problem
from config.model_walk import allowed_at
from config.sentences import sentence
from config.telephony import Network

PREFIX = "TRUNKLINE_"


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
        raise DocumentError(_problem(error) for error in failure.errors()) from None


def _problem(error: ErrorDetails) -> Problem:
    name = str(error["loc"][0])
    allowed = allowed_at(Network, [(name, False)])
    return Problem("environment", 0, 0, PREFIX + name.upper(), sentence(error, allowed, ()))
