"""What a forked child must do before it goes on: forget what only its parent may use."""

import os
import weakref
from typing import Protocol


class Forkable(Protocol):
    """Something that a child cannot share with its parent."""

    def after_fork(self) -> None:
        """Make it usable in the child."""
        ...


_alive: "weakref.WeakSet[Forkable]" = weakref.WeakSet()


def call_after_fork(forkable: Forkable) -> None:
    """Call the object's ``after_fork`` in every child that is forked while it exists."""
    _alive.add(forkable)


def _after_fork_in_child() -> None:
    for forkable in list(_alive):
        forkable.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
