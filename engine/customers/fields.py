"""What a site keeps of its customers, in the terms of flows."""

from collections.abc import Mapping

from config.customers import CustomerField
from config.site import Site
from ivr.variables import Variable


def fields_of(site: Site) -> Mapping[str, Variable]:
    """The site's own fields of customers, as flows have them."""
    return {name: _variable(field) for name, field in site.customers.fields.items()}


def _variable(field: CustomerField) -> Variable:
    return Variable(type=field.type, currency=field.currency)
