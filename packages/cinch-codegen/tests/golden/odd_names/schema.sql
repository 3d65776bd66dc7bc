CREATE TABLE words (
    id INTEGER PRIMARY KEY,
    "class" TEXT, "from" TEXT, "limit" INTEGER, "offset" INTEGER, "order_by" TEXT, "include" TEXT, "any_of" TEXT, "on" TEXT,
    "batch_size" INTEGER, "self" TEXT, "cls" TEXT, "save" TEXT, "update" TEXT, "delete" TEXT, "refresh" TEXT, "select" TEXT,
    "count" INTEGER, "model_config" TEXT, "model_dump" TEXT, "model_name" TEXT, "json" TEXT, "schema" TEXT, "copy" TEXT,
    "dict" TEXT, "None" TEXT, "match" TEXT
);
CREATE TABLE types (
    id INTEGER PRIMARY KEY,
    "str" TEXT, "int" INTEGER, "float" REAL, "bool" BOOLEAN, "bytes" BLOB, "list" TEXT, "tuple" TEXT, "property" TEXT,
    "type" TEXT, "object" TEXT, "date" TEXT, "datetime" TEXT, "time" TEXT, "Decimal" TEXT, "UUID" TEXT, "Json" TEXT,
    "Field" TEXT, "Model" TEXT, "Table" TEXT, "Relation" TEXT, "Literal" TEXT, "ClassVar" TEXT, "Collection" TEXT,
    "NotRequired" TEXT, "Types" TEXT, "new_id" TEXT, "from_database" TEXT, "TYPE_CHECKING" TEXT,
    "keys" TEXT, "items" TEXT, "values" TEXT, "get" TEXT, "pop" TEXT, "clear" TEXT,
    parent_id INTEGER REFERENCES types (id)
);
CREATE TABLE shapes (
    "a b" TEXT, "a_b" TEXT, "a-b" TEXT, "2fa" TEXT, "_private" TEXT, "private" TEXT, "__dunder__" TEXT, "age" INTEGER,
    "age__gte" INTEGER, "имя" TEXT, "名前" TEXT, "naïve" TEXT, "ﬁne" TEXT, "quo""te" TEXT, "back\slash" TEXT, "new
line" TEXT, "count(*)" INTEGER, "😀" TEXT, "+" TEXT, "" TEXT, "trailing_" TEXT, "CamelCase" TEXT, "UPPER" TEXT, "{{ x }}" TEXT,
    id TEXT PRIMARY KEY NOT NULL
);
CREATE TABLE "order items" (
    "order id" TEXT NOT NULL, "line" INTEGER NOT NULL, "qty" INTEGER NOT NULL DEFAULT 1,
    "doubled" INTEGER GENERATED ALWAYS AS (qty * 2) VIRTUAL, "tripled" INTEGER AS (qty * 3) STORED,
    PRIMARY KEY ("order id", "line")
) WITHOUT ROWID;
CREATE TABLE untyped (a, b, c DEFAULT 7, d NOT NULL);
CREATE TABLE declared (
    id INTEGER PRIMARY KEY, a DATE, b DATETIME, c JSON, d NUMERIC(10,2), e TINYINT(1), f VARCHAR(20), g DOUBLE PRECISION, h UUID,
    i BIGINT, j CLOB, k BOOL
);
CREATE VIRTUAL TABLE documents USING fts5(title, body, "rank of it");
CREATE TABLE codes (code TEXT PRIMARY KEY, label TEXT);
CREATE TABLE user1 (id TEXT PRIMARY KEY NOT NULL);
CREATE TABLE user_1 (id TEXT PRIMARY KEY NOT NULL);
CREATE TABLE user_handle (id TEXT PRIMARY KEY NOT NULL);
CREATE TABLE "user" (id TEXT PRIMARY KEY NOT NULL);
CREATE TABLE BaseModel (id TEXT PRIMARY KEY NOT NULL);
CREATE TABLE List (id TEXT PRIMARY KEY NOT NULL);
CREATE TABLE "select" (id TEXT PRIMARY KEY NOT NULL);
CREATE TABLE "class" (id TEXT PRIMARY KEY NOT NULL);
CREATE TABLE "None" (id TEXT PRIMARY KEY NOT NULL);
CREATE TABLE cinch_models (id TEXT PRIMARY KEY NOT NULL);
CREATE TABLE create_models (id TEXT PRIMARY KEY NOT NULL);
CREATE TABLE "import_module" (id TEXT PRIMARY KEY NOT NULL);
CREATE TABLE "Model" (id TEXT PRIMARY KEY NOT NULL, note TEXT);
CREATE TABLE field (id TEXT PRIMARY KEY NOT NULL, field TEXT);
CREATE TABLE con (id TEXT PRIMARY KEY NOT NULL);
CREATE TABLE "2fa" (id TEXT PRIMARY KEY NOT NULL);
CREATE TABLE "таблица" (id TEXT PRIMARY KEY NOT NULL, "значение" TEXT);
CREATE TABLE "表" (id TEXT PRIMARY KEY NOT NULL, "列" TEXT);
CREATE TABLE "!?" (id TEXT PRIMARY KEY NOT NULL);
CREATE TABLE "_hidden" (id TEXT PRIMARY KEY NOT NULL);
CREATE TABLE a_view (id TEXT PRIMARY KEY NOT NULL);
CREATE VIEW a AS SELECT id, count(*), id AS "id again" FROM a_view;
CREATE VIEW "adults_view" AS SELECT 1 AS one, 'x' AS "two words", NULL;
CREATE VIEW broken AS SELECT * FROM nowhere;
