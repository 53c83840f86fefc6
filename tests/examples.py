"""How many examples a property is tried with: all in ``make full``, a share of them else."""

from __future__ import annotations

from hypothesis import settings

SHORT, THOROUGH = "short", "thorough"
"""Names of the profiles: "--hypothesis-profile thorough" chooses the second."""

_SHARES = {SHORT: 12, THOROUGH: 100}
"""Of a hundred examples."""

# How fast a machine is decides nothing.
for _name, _share in _SHARES.items():
    settings.register_profile(_name, deadline=None, max_examples=_share)


def examples(thorough: int) -> int:
    """The number under the profile that was chosen, where the thorough one tries so many."""
    return max(1, thorough * settings().max_examples // 100)
