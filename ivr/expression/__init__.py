"""The one expression language of call flows: conditions, values to set, amounts.

``parse`` a text, ``check`` it against the names of a flow, ``compile`` it to a function of a
reader of names; ``impossible`` finds conditions that can never be true, ``unparse`` gives the
canonical text. Nothing here does I/O, and nothing that is compiled ever raises.

===========  ==========================================================================
type         what it does
===========  ==========================================================================
text         compared with ``==``, ``!=``, ``in`` and the tests of texts; joined with +
digits       a text of 0 to 9; it keeps its leading zeros and is never a number
number       exact decimals, 34 digits
money        as number; an amount of another known currency cannot be mixed in
date, time   ordered; days are counted with ``days_since`` and ``days_until``
bool         a condition
===========  ==========================================================================

**What is not set.** A name without a value, a division by zero and a function without an answer
are unset. Arithmetic and functions of an unset value are unset. Every comparison and test of an
unset value is false, even with another unset one; ``!=``, ``not in`` and all others with ``not``
are the opposite of those, so true. An unset condition counts as false.

**Bounds.** ``matches`` is about the whole text, and false of one longer than 128 signs; its
patterns are a subset of Python's that cannot take long (``patterns``). A text of more than 4096
signs made by ``+`` is unset.

The operators and functions, each with an example, are the data of ``reference``.
"""

from ivr.errors import ExpressionError
from ivr.expression.checking import Checked, ExpressionFinding, check
from ivr.expression.compiling import compile  # noqa: A004 - used as expression.compile
from ivr.expression.functions import FUNCTIONS, Function
from ivr.expression.parser import RESERVED, parse
from ivr.expression.possible import Impossible, impossible
from ivr.expression.reference import LITERALS, OPERATORS, SAMPLE, Operator, Sample
from ivr.expression.types import Kind, NameType, Read, ValueType
from ivr.expression.unparsing import unparse
from ivr.variables import Value

__all__ = [
    "FUNCTIONS",
    "LITERALS",
    "OPERATORS",
    "RESERVED",
    "SAMPLE",
    "Checked",
    "ExpressionError",
    "ExpressionFinding",
    "Function",
    "Impossible",
    "Kind",
    "NameType",
    "Operator",
    "Read",
    "Sample",
    "Value",
    "ValueType",
    "check",
    "compile",
    "impossible",
    "parse",
    "unparse",
]
