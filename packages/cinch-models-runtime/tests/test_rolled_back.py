"""Objects whose write was rolled back know that it was: what is tried again is written again."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from shop_by_hand import CinchModels, Users

from cinch_client import RecordNotFoundError


class ChangedMindError(Exception):
    """Ends a transaction so that nothing of it is kept."""


def twice(models: CinchModels, write: Callable[[], object]) -> None:
    """Write in a transaction that is rolled back, and again in one that is not."""
    with suppress(ChangedMindError), models.transaction():
        write()
        raise ChangedMindError
    with models.transaction():
        write()


def test_a_new_object_is_stored_by_the_second_try(models: CinchModels):
    ann = models.Users(name="Ann")
    twice(models, ann.save)
    assert models.Users.get(ann.id).name == "Ann"


def test_an_assigned_value_is_stored_by_the_second_try(models: CinchModels):
    ann = models.Users.create(name="Ann", age=30)
    ann.age = 31
    twice(models, ann.save)
    assert (ann.age, models.Users.get(ann.id).age) == (31, 31)


def test_an_updated_value_is_the_stored_one_after_the_rollback(models: CinchModels):
    ann = models.Users.create(name="Ann", age=30)
    with suppress(ChangedMindError), models.transaction():
        ann.update(age=31)
        raise ChangedMindError
    assert ann.age == 30
    assert ann == models.Users.get(ann.id)


def test_what_was_assigned_after_the_write_stays_and_is_saved(models: CinchModels):
    ann = models.Users.create(name="Ann", age=30)
    with suppress(ChangedMindError), models.transaction():
        ann.update(age=31)
        ann.name = "Anna"
        raise ChangedMindError
    ann.save()
    stored = models.Users.get(ann.id)
    assert (stored.name, stored.age) == ("Anna", 30)


def create(models: CinchModels) -> Users:
    return models.Users.create(name="Ann")


def bulk_create(models: CinchModels) -> Users:
    return models.Users.bulk_create([{"name": "Ann"}])[0]


def upsert(models: CinchModels) -> Users:
    return models.Users.upsert(on="id", id="a", name="Ann")


@pytest.mark.parametrize("make", [create, bulk_create, upsert])
def test_a_created_object_is_unsaved_again(models: CinchModels, make: Callable[[CinchModels], Users]):
    made: list[Users] = []
    with suppress(ChangedMindError), models.transaction():
        made.append(make(models))
        raise ChangedMindError
    assert models.Users.count() == 0
    made[0].save()
    assert models.Users.get(made[0].id).name == "Ann"


def test_a_deletion_that_was_rolled_back_leaves_an_object_that_saves(models: CinchModels):
    ann = models.Users.create(name="Ann", age=30)
    with suppress(ChangedMindError), models.transaction():
        ann.delete()
        raise ChangedMindError
    ann.update(age=31)
    assert models.Users.get(ann.id).age == 31


def test_only_what_the_savepoint_undid_is_undone(models: CinchModels):
    ann = models.Users.create(name="Ann", age=30)
    with models.transaction():
        ann.update(age=31)
        with suppress(ChangedMindError), models.transaction():
            ann.update(age=32)
            raise ChangedMindError
        assert ann.age == 31
    assert (ann.age, models.Users.get(ann.id).age) == (31, 31)


def test_what_was_kept_is_not_undone_by_a_later_rollback(models: CinchModels):
    ann = models.Users.create(name="Ann", age=30)
    with models.transaction():
        ann.update(age=31)
    with suppress(ChangedMindError), models.transaction():
        models.Users.create(name="Bo")
        raise ChangedMindError
    assert (ann.age, models.Users.get(ann.id).age) == (31, 31)


def test_saving_a_deleted_object_is_refused(models: CinchModels):
    ann = models.Users.create(name="Ann")
    ann.delete()
    with pytest.raises(RecordNotFoundError):
        ann.save()
