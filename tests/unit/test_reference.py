"""The reference that editors read is made from the models."""

import pytest

from engine.loading import SCHEMAS, schema_text
from engine.settings import PROJECT

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("what", SCHEMAS)
def test_the_schemas_are_up_to_date(what: str) -> None:
    """`make reference` writes them; a change of a model without it is found here."""
    written = (PROJECT / "docs" / "reference" / f"{what}.schema.json").read_text("utf-8")
    assert written == schema_text(what)
