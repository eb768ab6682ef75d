// ledger_schema.hpp: the tables of ledger.sqlite, for its writer and its reader.
#pragma once

namespace lenswright {

inline constexpr int kLedgerSchema = 1;

inline constexpr const char* kLedgerTables = R"sql(
CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE receipts (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,     -- file name in receipts/archive
  bytes BLOB NOT NULL,           -- digest of the whole file
  stage TEXT NOT NULL, code_version TEXT NOT NULL, compiler TEXT NOT NULL, host TEXT NOT NULL,
  numerics INTEGER NOT NULL, pid INTEGER NOT NULL, ranks INTEGER NOT NULL, threads INTEGER NOT NULL,
  started TEXT NOT NULL, finished TEXT NOT NULL,
  notes TEXT NOT NULL,           -- JSON: job, array element, peak memory, libraries, ...
  seal BLOB NOT NULL);
CREATE TABLE input_sets (id INTEGER PRIMARY KEY, seal BLOB NOT NULL UNIQUE);
CREATE TABLE inputs (
  input_set INTEGER NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, digest BLOB NOT NULL,
  PRIMARY KEY (input_set, position)) WITHOUT ROWID;
CREATE TABLE products (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,     -- names, not positions: those shift when a campaign grows
  configuration BLOB NOT NULL,
  receipt INTEGER NOT NULL REFERENCES receipts(id),
  input_set INTEGER NOT NULL REFERENCES input_sets(id),
  seal BLOB NOT NULL);
CREATE TABLE files (
  product INTEGER NOT NULL, position INTEGER NOT NULL,
  below TEXT NOT NULL,           -- what follows the product's own path: "", "/kappa40.dat"
  size INTEGER NOT NULL, digest BLOB NOT NULL,
  PRIMARY KEY (product, position)) WITHOUT ROWID;
CREATE TABLE events (seal BLOB PRIMARY KEY, line TEXT NOT NULL) WITHOUT ROWID;
CREATE VIEW jobs AS
  SELECT json_extract(notes, '$.slurm_job') AS job, json_extract(notes, '$.slurm_array_task') AS element, stage, host,
         started, finished, ranks, threads, notes, name AS receipt
  FROM receipts WHERE json_extract(notes, '$.slurm_job') IS NOT NULL;
)sql";

}  // namespace lenswright
