"""Which passwords are refused."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_chat.accounts.passwords.common import is_common
from quart_chat.accounts.passwords.hashing import Hasher
from quart_chat.accounts.passwords.service import MAX_BYTES, MIN_LENGTH, check_password, normal_form
from quart_chat.errors import WeakPassword

COMMON = [
    *("pa55w0rd2019", "Pr1nc3ss2024!", "12monkeys12monkeys", "p@$$word!2026"),
    *("password1234", "Password123!", "P@ssw0rd2026", "passwordpassword", "PASSWORD 2026!"),
    *("123456789012", "1234567890123456", "0987654321098", "111111111111", "121212121212"),
    *(
        "qwertyuiop123",
        "QWERTYUIOP[]",
        "qwertzuiopasd",
        "1q2w3e4r5t6y",
        "1qaz2wsx3edc",
        "zaq12wsxcde3",
    ),
    *(
        "iloveyou1234",
        "ILoveYou2026!",
        "letmein12345",
        "welcome2026!",
        "Willkommen2026",
        "Sommer2026!!",
    ),
    *(
        "abcdefghijkl",
        "zyxwvutsrqpo",
        "abcabcabcabc",
        "aaaaaaaaaaaaa",
        "abababababab",
        "hallohallohallo",
    ),
    *("manchesterunited", "liverpool1892", "michaeljordan23", "superman12345", "dragonball123"),
    *("correcthorsebatterystaple", "correct horse battery staple", "trustno1trustno1"),
    *(
        "administrator1",
        "changeme1234",
        "quart-chat-2026",
        "passwort12345",
        "!!!!!!!!!!!!",
        "147258369147",
    ),
    *("ｐａｓｓｗｏｒｄ１２３４", "Ada Lovelace 1815", "lovelaceada!!!!", "adalovelace1234"),
    *("20262026202620", "asdfghjkl;'1", "qazwsxedcrfv", "football2026!", "januar2026januar"),
]


@pytest.mark.parametrize("password", COMMON)
def test_a_password_that_is_guessed_first_is_refused(password: str) -> None:
    assert is_common(password, "Ada Lovelace", "quart-chat")
    with pytest.raises(WeakPassword):
        check_password(password, "Ada Lovelace")


@pytest.mark.parametrize(
    "password",
    [
        "tulip copper ladder",
        "seven quiet harbours",
        "vier grüne Laternen",
        "gK3!vq9_zLw2",
        "xkqjwvbnrtpl",
        "赤い自転車で海まで走る夏の朝",
        "the heron waits below the weir",
        "8f14e45fceea167a",
        "Mein Hund frisst gerne Gurken",
    ],
)
def test_a_password_of_one_s_own_is_taken(password: str) -> None:
    check_password(password, "Ada Lovelace")


@pytest.mark.parametrize(
    "password",
    ["", "short", "elevenchars", "ﬁﬁﬁﬁ", "x" * (MAX_BYTES + 1), "é" * 600, "e\u0301" * 6],
)
def test_a_password_has_a_length(password: str) -> None:
    with pytest.raises(WeakPassword):
        check_password(password, "Ada")


def test_random_passwords_are_taken() -> None:
    drawn = random.Random(7)
    letters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    for _ in range(300):
        check_password("".join(drawn.choice(letters) for _ in range(16)), "Ada")
        check_password(drawn.randbytes(12).hex(), "Ada")


@pytest.mark.parametrize("password", ["0651245a616165a35f8f1e08", "7a4980709614432714028259"])
def test_random_figures_with_a_few_letters_are_taken(password: str) -> None:
    check_password(password, "Ada")


@pytest.mark.parametrize("password", ["password123456789012345", "letmein000000000000000"])
def test_a_word_with_figures_in_a_row_is_refused(password: str) -> None:
    with pytest.raises(WeakPassword):
        check_password(password, "Ada")


@given(st.text(max_size=200), st.text(max_size=80))
def test_any_text_is_either_taken_or_refused(password: str, name: str) -> None:
    with suppress(WeakPassword):
        check_password(password, name)
        assert len(password) >= MIN_LENGTH / 4


def test_what_is_too_long_is_not_put_in_order() -> None:
    """That takes time by the square of its accents, on the event loop."""
    assert len(normal_form("a" + "\u0301" * 200_000 + "\u0316" * 200_000)) <= MAX_BYTES + 1


async def test_a_hash_takes_as_much_memory_as_production_gives_it() -> None:
    """Of 64 MiB, in two passes: apps of other tests have hashes that cost little."""
    hasher = Hasher()
    hashed = await hasher.hash("a walnut under the bridge")
    assert hashed.startswith("$argon2id$v=19$m=65536,t=2,p=1$")
    hasher.close()
