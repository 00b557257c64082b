/**
 * The tables, as numbered steps: a database at step n is brought up by the steps behind it, in one transaction each.
 * A step that has been released is never changed. docs/layouts/embedded.md tells what the rows mean.
 */
export const schema: readonly string[] = [
  `CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
   CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT NOT NULL);
   CREATE TABLE series (id INTEGER PRIMARY KEY, "check" TEXT NOT NULL, zone TEXT NOT NULL, UNIQUE ("check", zone));
   CREATE TABLE metric (series INTEGER, name TEXT, type TEXT NOT NULL, unit TEXT NOT NULL, PRIMARY KEY (series, name)) WITHOUT ROWID;
   CREATE TABLE hot (batch INTEGER PRIMARY KEY, records BLOB NOT NULL);
   CREATE TABLE block (id INTEGER PRIMARY KEY, series INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL, count INTEGER NOT NULL, body BLOB NOT NULL);
   CREATE INDEX block_end ON block (series, "end", start);
   CREATE INDEX block_age ON block ("end");
   CREATE TABLE rollup (series INTEGER NOT NULL, level INTEGER NOT NULL, start INTEGER NOT NULL, body BLOB NOT NULL);
   CREATE UNIQUE INDEX rollup_window ON rollup (series, level, start);
   CREATE INDEX rollup_age ON rollup (level, start);

   CREATE TABLE configuration (tenant TEXT, entity TEXT, kind TEXT, id TEXT, version INTEGER NOT NULL, value TEXT,
     PRIMARY KEY (tenant, entity, kind, id)) WITHOUT ROWID;

   CREATE TABLE alarm (tenant TEXT, entity TEXT, alarm TEXT, version INTEGER NOT NULL, decision TEXT NOT NULL, row TEXT NOT NULL,
     PRIMARY KEY (tenant, entity, alarm)) WITHOUT ROWID;
   CREATE TABLE ledger (tenant TEXT NOT NULL, entity TEXT NOT NULL, alarm TEXT NOT NULL, version INTEGER NOT NULL, id TEXT NOT NULL,
     kind TEXT NOT NULL, at INTEGER NOT NULL, entry TEXT NOT NULL);
   CREATE UNIQUE INDEX ledger_version ON ledger (tenant, entity, alarm, version);
   CREATE INDEX ledger_change ON ledger (tenant, at, id) WHERE kind = 'state';
   CREATE INDEX ledger_id ON ledger (id) WHERE kind = 'state';

   CREATE TABLE intent (tenant TEXT, entity TEXT, alarm TEXT, version INTEGER, at INTEGER NOT NULL,
     PRIMARY KEY (tenant, entity, alarm, version)) WITHOUT ROWID;
   CREATE TABLE delivery (tenant TEXT NOT NULL, entity TEXT NOT NULL, alarm TEXT NOT NULL, version INTEGER NOT NULL,
     notification TEXT NOT NULL, step INTEGER NOT NULL, body TEXT NOT NULL, status TEXT NOT NULL, due_at INTEGER NOT NULL,
     owner TEXT, until INTEGER NOT NULL, attempts TEXT NOT NULL);
   CREATE UNIQUE INDEX delivery_key ON delivery (tenant, entity, alarm, version, notification, step);
   CREATE INDEX delivery_due ON delivery (due_at) WHERE status = 'waiting';`,
]
