/* store/sqlite/schema.h - the tables, as a numbered list of scripts. */
#ifndef STORE_SQLITE_SCHEMA_H
#define STORE_SQLITE_SCHEMA_H

#include "store/sqlite/sqlite.h"

/* "CARD": marks a database as ours (PRAGMA application_id). */
#define SQLITE_APPLICATION_ID 0x43415244

/* Script i takes the schema from version i to i + 1 (PRAGMA user_version). A released script never changes. */
extern const char *const sqlite_migrations[];
extern const size_t sqlite_migration_count;

/* STORE_UNAVAILABLE, with base.error, for a database that is another program's or newer than `count`. Changes nothing.
 */
enum store_err sqlite_schema_check(struct sqlite_conn *c, size_t count);
/* Runs what is missing, each script in a transaction of its own. */
enum store_err sqlite_schema_migrate(struct sqlite_conn *c, const char *const *scripts, size_t count);

#endif
