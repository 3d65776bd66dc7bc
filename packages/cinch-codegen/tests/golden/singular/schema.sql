CREATE TABLE user (id TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL);
CREATE TABLE users (id TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL);
CREATE TABLE people (id TEXT PRIMARY KEY NOT NULL, "class" TEXT);
CREATE TABLE product_categories (id INTEGER PRIMARY KEY, title TEXT NOT NULL);
CREATE TABLE profiles (
    id TEXT PRIMARY KEY NOT NULL,
    owner TEXT NOT NULL UNIQUE REFERENCES people (id),
    category_id INTEGER REFERENCES product_categories (id)
);
CREATE TABLE tbl_legacy_stuff (id TEXT PRIMARY KEY NOT NULL, txt_1 TEXT);
CREATE VIEW recent_orders AS SELECT id, title FROM product_categories;
