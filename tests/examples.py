"""How many examples a property is tried with: all in ``make full``, the same few of them else."""

from __future__ import annotations

from hypothesis import settings

SHORT, THOROUGH = "short", "thorough"
"""Names of the profiles: "--hypothesis-profile thorough" chooses the second."""

_SHARES = {SHORT: 12, THOROUGH: 100}
"""Of a hundred examples."""

# How fast a machine is decides nothing. The short profile tries the same examples on every run, so
# that a change is judged by its own faults; the thorough one looks for new ones each time.
settings.register_profile(
    SHORT, deadline=None, max_examples=_SHARES[SHORT], derandomize=True, database=None
)
settings.register_profile(
    THOROUGH, deadline=None, max_examples=_SHARES[THOROUGH], derandomize=False
)


def examples(thorough: int) -> int:
    """The number under the profile that was chosen, where the thorough one tries so many."""
    return max(1, thorough * settings().max_examples // 100)
