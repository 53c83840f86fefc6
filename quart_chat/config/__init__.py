"""The settings of an application: what there is, and how it is read."""

from quart_chat.config.loading import ConfigError, load_settings, variable
from quart_chat.config.settings import Settings
from quart_chat.config.values import Address, Secret

__all__ = ["Address", "ConfigError", "Secret", "Settings", "load_settings", "variable"]
