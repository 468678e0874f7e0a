"""A menu's own words for places: where an option leads that names no step."""

REPEAT = "repeat"
"""This menu again, in full, without counting."""
BACK = "back"
"""The menu that the caller was in before; in the first one: that one again."""
TOP = "top"
"""The first menu of the flow."""

RESERVED = frozenset({REPEAT, BACK, TOP})
"""No step has such a name."""
