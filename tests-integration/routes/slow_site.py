# pyright: basic, reportAttributeAccessIssue=false
"""An app whose one table is slow to read, beside a route that does nothing."""

import os
from pathlib import Path

from emmett import App, sdict
from emmett.orm import Database, Field, Model
from emmett.sessions import SessionManager

from emmett_autoroutes import discover_and_register_auto_routes

COUNTING = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 2000000)"
VIEW = f"CREATE VIEW IF NOT EXISTS slow_things AS {COUNTING} SELECT max(x) AS id, 'slow' AS name FROM c"

folder = Path(os.environ["BLOG_DATABASE"]).parent
app = App("slow_site", root_path=str(folder))
app.config.db = sdict(uri=f"sqlite://{folder}/slow.sqlite", auto_connect=False)
db = Database(app, folder=str(folder))


class SlowThing(Model):
    tablename = "slow_things"
    name = Field.string()
    auto_routes = {"enabled_actions": ["list"]}


db.define_models(SlowThing)
with db.connection():
    db.executesql(VIEW)
    db.commit()


@app.route("/bare", name="bare")
async def bare() -> str:
    return "bare"


@app.route("/articles", name="ready")
async def ready() -> str:
    return "the harness asks for this page until it is there"


app.pipeline = [SessionManager.cookies("key"), db.pipe]
discover_and_register_auto_routes(app, db)
