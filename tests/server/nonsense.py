"""What no honest client sends: values, bodies, texts. Shared by the tests that fuzz."""

import os
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

MANY = int(os.environ.get("VENTANILLA_FUZZ_EXAMPLES", "25"))
"""Examples per test: about two minutes in all. More, and other ones each time: VENTANILLA_FUZZ_EXAMPLES=2000."""
few = settings(
    max_examples=MANY, deadline=None, derandomize="VENTANILLA_FUZZ_EXAMPLES" not in os.environ, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)  # fmt: skip
SPECIAL = ["\ud800", "\x00", "²", "1e999", "' or 1=1 --", "{{7*7}}", "=1+1", "../../etc/passwd"]
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40) | st.sampled_from(SPECIAL),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
DEEP = "[" * 100_000
RAW = [
    "", "{", "null", DEEP, '{"type": "message", "text": "\\ud800"}', '{"type": NaN}', "\x00", "9" * 5000,
    '{"type": "message", "client_message_id": "\\ud800"}', '{"type":"message","text":"' + "x" * 60_000 + '"}',
]  # fmt: skip
"""Texts where JSON is due."""


def spoilt(good: dict[str, Any]) -> st.SearchStrategy[Any]:
    """A right body with some values replaced, some left out and some added."""
    kept = st.fixed_dictionaries({}, optional={key: st.just(value) | anything for key, value in good.items()})
    added = st.just({}) | st.dictionaries(st.text(max_size=8), anything, max_size=2)
    return st.builds(lambda body, more: {**body, **more}, kept, added)
