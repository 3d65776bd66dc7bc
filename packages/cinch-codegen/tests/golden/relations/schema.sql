CREATE TABLE airports (country TEXT NOT NULL, code TEXT NOT NULL, city TEXT, PRIMARY KEY (country, code));
CREATE TABLE flights (
    id TEXT PRIMARY KEY NOT NULL,
    from_country TEXT NOT NULL,
    from_code TEXT NOT NULL,
    to_country TEXT,
    to_code TEXT,
    FOREIGN KEY (from_country, from_code) REFERENCES airports (country, code),
    FOREIGN KEY (to_country, to_code) REFERENCES airports
);
CREATE TABLE people (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    manager_id TEXT REFERENCES people (id),
    mentor_id TEXT REFERENCES people (id)
);
CREATE TABLE passports (
    person_id TEXT PRIMARY KEY NOT NULL REFERENCES people (id),
    number TEXT NOT NULL
);
CREATE TABLE categories (
    id INTEGER PRIMARY KEY,
    parent_id INTEGER REFERENCES categories (id),
    parent TEXT,
    "update" TEXT
);
CREATE TABLE "save" (id TEXT PRIMARY KEY NOT NULL, person_id TEXT NOT NULL REFERENCES people (id));
CREATE TABLE people_order (
    id TEXT PRIMARY KEY NOT NULL,
    buyer_id TEXT NOT NULL REFERENCES people (id),
    seller_id TEXT REFERENCES people (id),
    people TEXT REFERENCES people (id)
);
CREATE TABLE orphans (id TEXT PRIMARY KEY NOT NULL, gone_id TEXT REFERENCES gone (id));
