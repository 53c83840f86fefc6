from tests.copying.conftest import create, empty, source

__all__ = ["create", "empty", "source"]
