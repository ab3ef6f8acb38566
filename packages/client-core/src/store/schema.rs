//! Tables, and how an older file becomes a newer one.

/// The version this release writes.
pub(super) const VERSION: i64 = 1;

/// Scripts by the version they lead to; each runs once, in its own transaction.
pub(super) const MIGRATIONS: &[(i64, &str)] = &[(
    1,
    "
    CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

    -- accepted from the application, not yet delivered
    CREATE TABLE outgoing (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id BLOB NOT NULL UNIQUE,
        accepted INTEGER NOT NULL,
        destination BLOB NOT NULL,
        kind INTEGER NOT NULL,
        body BLOB NOT NULL,
        delivered BLOB NOT NULL,
        visible INTEGER NOT NULL
    );

    -- fragments of messages that are not yet whole
    CREATE TABLE fragments (
        id BLOB NOT NULL,
        position INTEGER NOT NULL,
        count INTEGER NOT NULL,
        kind INTEGER NOT NULL,
        data BLOB NOT NULL,
        PRIMARY KEY (id, position)
    ) WITHOUT ROWID;

    -- received messages, until the application confirmed them
    CREATE TABLE inbox (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id BLOB NOT NULL UNIQUE,
        received INTEGER NOT NULL,
        body BLOB NOT NULL,
        tag BLOB,
        peer BLOB
    );

    -- ids of received messages: another copy is confirmed and dropped
    CREATE TABLE completed (id BLOB PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID;

    -- reply blocks this client made
    CREATE TABLE own_surbs (
        identifier BLOB PRIMARY KEY,
        tag BLOB NOT NULL,
        expires INTEGER NOT NULL,
        secret BLOB NOT NULL
    ) WITHOUT ROWID;

    -- who was given reply blocks, under which tag, how many, and how many replies came
    CREATE TABLE peers (
        tag BLOB PRIMARY KEY,
        address BLOB NOT NULL UNIQUE,
        granted INTEGER NOT NULL,
        replies INTEGER NOT NULL,
        used INTEGER NOT NULL
    ) WITHOUT ROWID;

    -- reply blocks this client was given
    CREATE TABLE peer_surbs (
        number INTEGER PRIMARY KEY,
        tag BLOB NOT NULL,
        expires INTEGER NOT NULL,
        surb BLOB NOT NULL
    );
    ",
)];
