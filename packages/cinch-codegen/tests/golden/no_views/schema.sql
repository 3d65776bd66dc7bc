CREATE TABLE users (
    id TEXT PRIMARY KEY NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT,
    name TEXT NOT NULL,
    email TEXT NOT NULL UNIQUE,
    age INTEGER,
    active BOOLEAN NOT NULL DEFAULT 1,
    role TEXT NOT NULL DEFAULT 'member' CHECK (role IN ('admin', 'member', 'guest')),
    balance NUMERIC,
    settings TEXT,
    born TEXT,
    avatar BLOB
);
CREATE TABLE products (
    id TEXT PRIMARY KEY NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT,
    sku TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    price TEXT NOT NULL,
    weight REAL
);
CREATE TABLE orders (
    id TEXT PRIMARY KEY NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT,
    user_id TEXT NOT NULL REFERENCES users (id),
    reference TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'new',
    shipped_at TEXT
);
CREATE TABLE order_items (
    id TEXT PRIMARY KEY NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT,
    order_id TEXT NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    product_id TEXT REFERENCES products (id),
    quantity INTEGER NOT NULL DEFAULT 1,
    UNIQUE (order_id, product_id)
);
CREATE VIEW adults AS SELECT id, name, age FROM users WHERE age >= 18;
CREATE VIEW order_totals AS
SELECT o.id AS order_id, count(*), sum(i.quantity) AS pieces FROM orders o JOIN order_items i ON i.order_id = o.id GROUP BY o.id;
