"""The pages of a resource: list, detail, create, update and delete, all of them usable without JavaScript."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Protocol, cast

from . import _changes, _exchange, _forms
from ._changes import InvalidRecordError, RefusedChangeError
from ._exchange import HTML, BodyError, Form, Reply
from ._host import Host, asset_url
from ._listing import ListPage
from ._options import Action
from ._permissions import DeniedError
from ._problems import EXPECTED
from ._resource import Loaded, MissingError, Resource
from ._rest import Surroundings
from ._threads import Result, off_loop
from ._transactions import BusyError, ConstraintError, DatabaseError, RefusedValueError
from ._views import DetailView, PageLinks

SEE_OTHER = 303
EXPIRED = "This form has expired; look it over and submit it again."


class PageSurroundings(Surroundings, Protocol):
    """What the pages need of the site besides what REST needs."""

    host: Host


class PagesFace:
    """The pages of one resource."""

    def __init__(self, resource: Resource, surroundings: PageSurroundings) -> None:
        self.resource = resource
        self._around = surroundings
        self._links = PageLinks(resource, surroundings.public_url)
        self._templates: dict[str, str] = {}

    async def list(self) -> object:
        """Answer a request for the list."""
        return await self._answer("list", None, lambda: self._run(self._show_list))

    async def detail(self, record_id: str) -> object:
        """Answer a request for one record."""
        return await self._answer("detail", record_id, lambda: self._run(lambda: self._show_detail(record_id)))

    async def create(self) -> object:
        """Show or take the form for a new record."""
        if _exchange.method() != "POST":
            return await self._answer("create", None, lambda: self._run(self._show_create))
        return await self._answer("create", None, self._submit_create)

    async def update(self, record_id: str) -> object:
        """Show or take the form for a record."""
        if _exchange.method() != "POST":
            return await self._answer("update", record_id, lambda: self._run(lambda: self._show_update(record_id)))
        return await self._answer("update", record_id, lambda: self._submit_update(record_id))

    async def delete(self, record_id: str) -> object:
        """Ask whether to delete a record, or do it."""
        if _exchange.method() != "POST":
            return await self._answer("delete", record_id, lambda: self._run(lambda: self._show_delete(record_id)))
        return await self._answer("delete", record_id, lambda: self._submit_delete(record_id))

    async def _run(self, work: Callable[[], Result]) -> Result:
        """Do a request's database work off the event loop; whatever it raises undoes what it wrote."""

        def guarded() -> Result:
            with self.resource.store.transaction.guarded():
                return work()

        return await off_loop(guarded)

    async def _answer(self, action: Action, record_id: str | None, work: Callable[[], Awaitable[Reply]]) -> object:
        try:
            if action in self.resource.options.custom_handlers:
                return await self._custom(action, record_id)
            reply = await work()
        except EXPECTED as error:
            reply = await self._run(lambda error=error: self._describe(error))
        return _exchange.send(reply)

    async def _custom(self, action: Action, record_id: str | None) -> object:
        """Let the app's own function answer, behind the permission and the row filter of the action."""
        handler = self.resource.options.custom_handlers[action]
        if record_id is None:
            await self._run(lambda: self.resource.guard.check(action))
            result = await handler()
        else:
            loaded = await self._run(lambda: self.resource.load(record_id, action))
            result = await handler(self.resource.store.record(loaded.values))
        if isinstance(result, str):
            return _exchange.send(Reply(result, content_type=HTML))
        if isinstance(result, dict):
            page = "form" if action in {"create", "update"} else action
            return _exchange.send(self._page(page, cast("dict[str, object]", result)))
        return result

    # showing

    def _show_list(self) -> Reply:
        access = self.resource.guard.check("list")
        page = ListPage(self.resource, self._links, access, _exchange.query())
        return self._page("list", {"page": page.read()})

    def _show_detail(self, record_id: str) -> Reply:
        loaded = self.resource.load(record_id, "detail")
        view = DetailView(self.resource, self._links, loaded)
        return self._page("detail", {"record": view}, title=view.title)

    def _show_create(self) -> Reply:
        self.resource.guard.check("create")
        return self._form("create", _forms.default_texts(self.resource))

    def _show_update(self, record_id: str) -> Reply:
        loaded = self.resource.load(record_id, "update")
        return self._form("update", _forms.stored_texts(self.resource, loaded.values), loaded=loaded)

    def _show_delete(self, record_id: str) -> Reply:
        loaded = self.resource.load(record_id, "delete")
        query = self.resource.store.with_key(loaded.key)
        found = self.resource.dependants(query, self._around)
        name = self.resource.label.make(loaded.values)
        context = {"name": name, "dependants": found, "back": self._links.detail(loaded.key)}
        return self._page("delete", context, title=f"Delete {name}?")

    # taking

    async def _submit_create(self) -> Reply:
        form = await _exchange.read_form(self._around.max_body)
        return await self._run(lambda: self._store_new(form))

    def _store_new(self, form: Form) -> Reply:
        access = self.resource.guard.check("create")
        submission = _forms.read_submission(self.resource, "create", form)
        if not _exchange.has_csrf_token(form):
            return self._form("create", submission.texts, {"": EXPIRED}, status=403)
        try:
            created = _changes.create(self.resource, submission.values, access, submission.errors)
        except (InvalidRecordError, RefusedChangeError, ConstraintError, RefusedValueError) as error:
            return self._form("create", submission.texts, _errors(error), status=_status(error))
        _exchange.flash(f"{self.resource.title} “{self.resource.label.make(created.values)}” was created.")
        return self._redirect(created.key)

    async def _submit_update(self, record_id: str) -> Reply:
        form = await _exchange.read_form(self._around.max_body)
        return await self._run(lambda: self._store_change(record_id, form))

    def _store_change(self, record_id: str, form: Form) -> Reply:
        with self.resource.store.transaction.guarded():
            loaded = self.resource.load(record_id, "update", for_update=True)
            submission = _forms.read_submission(self.resource, "update", form)
            texts = {**_forms.stored_texts(self.resource, loaded.values), **submission.texts}
            if not _exchange.has_csrf_token(form):
                return self._form("update", texts, {"": EXPIRED}, loaded=loaded, status=403)
            if form.fields.get("_version") != loaded.version:
                return self._form("update", texts, {}, loaded=loaded, status=409, theirs=loaded.values)
            values = _without_blanked_nulls(submission.values, loaded.values)
            try:
                stored = _changes.update(self.resource, loaded, values, submission.errors)
            except (InvalidRecordError, RefusedChangeError, ConstraintError, RefusedValueError) as error:
                return self._form("update", texts, _errors(error), loaded=loaded, status=_status(error))
        _exchange.flash(f"{self.resource.title} “{self.resource.label.make(stored.values)}” was saved.")
        return self._redirect(stored.key)

    async def _submit_delete(self, record_id: str) -> Reply:
        form = await _exchange.read_form(self._around.max_body)
        return await self._run(lambda: self._remove(record_id, form))

    def _remove(self, record_id: str, form: Form) -> Reply:
        with self.resource.store.transaction.guarded():
            loaded = self.resource.load(record_id, "delete", for_update=True)
            if not _exchange.has_csrf_token(form):
                raise BodyError(403, EXPIRED)
            name = self.resource.label.make(loaded.values)
            _changes.delete(self.resource, loaded)
        _exchange.flash(f"{self.resource.title} “{name}” was deleted.")
        return Reply("", SEE_OTHER, headers={"location": self._links.home()})

    # pages

    def _form(
        self,
        action: Action,
        texts: Mapping[str, str],
        errors: Mapping[str, str] | None = None,
        *,
        loaded: Loaded | None = None,
        status: int = 200,
        theirs: Mapping[str, object] | None = None,
    ) -> Reply:
        """Show the form with what was typed and what is wrong with it; nothing that was written stays."""
        if status != HTTPStatus.OK:
            self.resource.store.transaction.rollback()
        fields = _forms.field_views(self.resource, action, texts, errors or {}, theirs=theirs)
        shown = {field.name for field in fields}
        general = [f"{n}: {e}" if n else e for n, e in (errors or {}).items() if n not in shown]
        name = "" if loaded is None else self.resource.label.make(loaded.values)
        context = {
            "fields": fields,
            "general_errors": general,
            "version": "" if loaded is None else loaded.version,
            "is_conflict": theirs is not None,
            "back": self._links.home() if loaded is None else self._links.detail(loaded.key),
            "multipart": any(field.widget == "file" for field in fields),
        }
        title = f"New {self.resource.title}" if loaded is None else f"Edit {name}"
        return self._page("form", context, title=title, status=status)

    def _page(self, page: str, context: Mapping[str, object], *, title: str | None = None, status: int = 200) -> Reply:
        shared = {
            "title": title or self.resource.plural,
            "resource": self.resource,
            "links": self._links,
            "stylesheet": asset_url("autoroutes.css"),
            "csrf_token": _exchange.csrf_token() if page in {"form", "delete"} and _exchange.has_session() else "",
            "flash": _exchange.take_flash() if page != "error" else "",
        }
        body = self._around.host.render(self._template(page), {**shared, **context})
        return Reply(body, status, HTML, {"cache-control": "no-store"})

    def _template(self, page: str) -> str:
        """The app may name a template, or have one of its own for this model; for all models see `_host`."""
        if page not in self._templates:
            own = f"autoroutes/{self.resource.facts.tablename}/{page}.html"
            configured = self.resource.options.ui.templates.get(page)
            found = own if self._around.host.template_exists(own) else f"autoroutes:{page}.html"
            self._templates[page] = configured or found
        return self._templates[page]

    def _redirect(self, key: object) -> Reply:
        return Reply("", SEE_OTHER, HTML, {"location": self._links.detail(key) or self._links.home()})

    def _describe(self, error: Exception) -> Reply:
        if isinstance(error, DeniedError) and not self._around.is_logged_in():
            login = self._around.host.login_url(self._around.public_url(_exchange.path()))
            if login is not None:
                return Reply("", SEE_OTHER, HTML, {"location": login})
        status, message = _status(error), _message(error)
        headers = {"heading": HTTPStatus(status).phrase, "message": message}
        return self._page("error", headers, title=HTTPStatus(status).phrase, status=status)


def _status(error: Exception) -> int:
    if isinstance(error, BodyError):
        return error.status
    for kind, status in _STATUSES:
        if isinstance(error, kind):
            return status
    return 400


_STATUSES: Sequence[tuple[type[Exception], int]] = (
    (DeniedError, 403),
    (MissingError, 404),
    (InvalidRecordError, 422),
    (RefusedChangeError, 422),
    (RefusedValueError, 422),
    (ConstraintError, 409),
    (BusyError, 503),
    (DatabaseError, 500),
)


def _message(error: Exception) -> str:
    if isinstance(error, DeniedError):
        return "You may not do this."
    if isinstance(error, MissingError):
        return "There is no such record; it may have been deleted."
    return str(error)


def _errors(error: Exception) -> dict[str, str]:
    return error.errors if isinstance(error, InvalidRecordError) else {"": str(error)}


def _without_blanked_nulls(values: Mapping[str, object], stored: Mapping[str, object]) -> dict[str, object]:
    """A form cannot tell null from a blank text or list: what was null and is blank still, stays null."""
    return {n: v for n, v in values.items() if not (v in ("", []) and n in stored and stored[n] is None)}
