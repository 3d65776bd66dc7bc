def test_smoke(models):
    u = models.Users.create(name="Ann", age=20, settings={"a": 1}, class_="x")
    print(u)
    assert models.Users.find_by_id(u.id) == u
    assert models.Users.select(age__gte=18, order_by="-created_at", limit=10) == [u]
    o = models.Orders(user_id=u.id, total=5)
    o.save()
    print(o)
    print(models.Users.select(include=["orders.lines", "manager", "profile"])[0].orders)
    print(models.AdultsView.select())
    models.OrderLines.bulk_create([{"order_id": o.id, "line": i} for i in range(5)])
    print(list(models.OrderLines.iterate(batch_size=2)))
    u.settings["b"] = 2
    u.age = 21
    u.save()
    print(u)
    assert u.refresh().settings == {"a": 1, "b": 2}
    print(models.Users.update_where({"age": 3}, age=21), models.Users.count(age=3))
    import pickle

    assert pickle.loads(pickle.dumps(u)) == u
    import inspect

    print(len(str(inspect.signature(models.Users.select))), str(inspect.signature(models.Users.create)))
    print(str(inspect.signature(u.update)))
