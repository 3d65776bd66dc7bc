# pyright: basic
"""The event loop never waits for the database."""

import time
from threading import Thread
from typing import Any

import pytest


@pytest.mark.parametrize("path", ["/slow_things", "/api/slow_things"])
def test_a_slow_query_does_not_delay_a_bare_route(slow: Any, path: str) -> None:
    answers: list[tuple[int, float]] = []

    def ask() -> None:
        started = time.monotonic()
        status = slow.visitor().get(path).status
        answers.append((status, time.monotonic() - started))

    thread = Thread(target=ask)
    thread.start()
    waits: list[float] = []
    while thread.is_alive():
        started = time.monotonic()
        assert slow.visitor().get("/bare").text == "bare"
        waits.append(time.monotonic() - started)
        time.sleep(0.01)
    ((status, slow_for),) = answers
    assert status == 200
    assert slow_for > 0.5
    assert len(waits) > 20
    assert max(waits) < slow_for / 3
