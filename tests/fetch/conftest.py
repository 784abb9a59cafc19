from __future__ import annotations

import pytest

from tests.fetch.server import Server


@pytest.fixture
def server():
    made = Server()
    yield made
    made.close()
