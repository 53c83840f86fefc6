"""An installation: a store, and the folder with the files of its documents."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from quart_chat.config import Settings, load_settings, variable
from quart_chat.errors import ChatError, InstanceInUse
from quart_chat.events.brokers.address import without_password
from quart_chat.serving.instance import hold_instance
from quart_chat.storage import open_tables
from quart_chat.storage.tables import Tables


class CannotCopy(Exception):
    """Why nothing was copied, in a sentence."""


@dataclass(frozen=True, slots=True)
class Installation:
    """One side of a copy.

    Attributes:
        place: What names it to people.
        settings: Where its parts are.
    """

    place: str
    settings: Settings

    @classmethod
    def at(cls, place: str, folder: str) -> Installation:
        """The installation that an argument of the command names.

        Args:
            place: An instance folder, or the address of a database of PostgreSQL.
            folder: The instance folder of one whose database is not in a folder.

        Raises:
            ConfigError: The address can't be used.
        """
        if "://" not in place:
            return cls(place, load_settings({variable("instance"): place}, {}))
        config = {variable("database"): place, variable("instance"): folder}
        return cls(without_password(place), load_settings(config, {}))

    @classmethod
    def of(cls, settings: Settings) -> Installation:
        """The installation that a server with these settings would use."""
        database = settings.database.reveal()
        return cls(without_password(database) if database else settings.instance, settings)

    @property
    def documents(self) -> Path:
        return self.settings.documents_path

    @property
    def is_missing(self) -> bool:
        """Whether there is no file of a database where one should be."""
        return not self.settings.database and not self.settings.database_path.is_file()

    @contextmanager
    def open(self, *, write: bool = False, exclusive: bool = True) -> Generator[Tables]:
        """Open its store for the block; see :func:`quart_chat.storage.open_tables`.

        Raises:
            CannotCopy: A server uses it, or it can't be used.
        """
        try:
            with open_tables(self.settings.store, write=write, exclusive=exclusive) as tables:
                yield tables
        except InstanceInUse as error:
            raise CannotCopy(f"a server uses {self.place}. Stop it first.") from error
        except ChatError as error:
            raise CannotCopy(f"{self.place}: {error.message}") from error


@contextmanager
def hold_all(*installations: Installation) -> Generator[None]:
    """Keep servers away from the folders for the block; two may have one together.

    Raises:
        CannotCopy: A server uses one of them, or it can't be made.
    """
    with ExitStack() as stack:
        for folder in dict.fromkeys(each.settings.instance_path for each in installations):
            try:
                stack.enter_context(hold_instance(folder))
            except InstanceInUse as error:
                raise CannotCopy(f"a server uses {folder}. Stop it first.") from error
            except ChatError as error:
                raise CannotCopy(f"{folder}: {error.message}") from error
        yield
