"""What no change waits for: ``.ci/run`` leaves it out, and ``.ci/nightly`` runs it.

A change has twelve minutes on two cores. All tests of one process run for it, those of several
nodes, of both stores and of the brokers, sending and documents in the browser, and a look at every
page. Left to the night are the commands that work on whole installations, other ways to start the
same server, and most of how a page is read and operated. A single test that takes long in a module
which is not named here is marked with ``nightly``.
"""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent

NIGHTLY = frozenset(
    HERE / name
    for name in """
    administration
    api/test_schemathesis.py
    backup
    check
    cluster/test_how_to.py
    cluster/test_kills.py
    cluster/test_nginx.py
    cluster/test_one_postgres.py
    cluster/test_sharing_a_folder.py
    copying
    telemetry
    test_descriptors.py
    test_http2.py

    browser/test_administration.py
    browser/test_below_a_path.py
    browser/test_branches.py
    browser/test_code.py
    browser/test_connection.py
    browser/test_copy.py
    browser/test_doctor.py
    browser/test_document_actions.py
    browser/test_first_minutes.py
    browser/test_folding.py
    browser/test_forced_colours.py
    browser/test_frame.py
    browser/test_keyboard.py
    browser/test_languages.py
    browser/test_list.py
    browser/test_long_answers.py
    browser/test_long_chats.py
    browser/test_menus.py
    browser/test_model_picker.py
    browser/test_page.py
    browser/test_palette.py
    browser/test_passkeys.py
    browser/test_plain.py
    browser/test_print.py
    browser/test_queue.py
    browser/test_reading.py
    browser/test_screen_reader.py
    browser/test_settings.py
    browser/test_sharing.py
    browser/test_sign_in_elsewhere.py
    browser/test_usage_limits.py
    """.split()  # noqa: SIM905
)


def is_nightly(path: Path) -> bool:
    """Whether a module, or a folder, is named here or is in a folder that is."""
    return not NIGHTLY.isdisjoint((path, *path.parents))
