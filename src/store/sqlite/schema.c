#include "store/sqlite/schema.h"

#include <stdio.h>

/* Names in the singular; times in unix seconds unless they end in _ms; 0 or NULL for "none". The text of ids and the
 * meaning of states are store.h's. */
static const char version_1[] =
    "CREATE TABLE meta ("
    "  name TEXT PRIMARY KEY,"
    "  value BLOB NOT NULL"
    ") STRICT, WITHOUT ROWID;"

    /* What each change touched. Positions are dense, in the order of commits. */
    "CREATE TABLE feed ("
    "  position INTEGER PRIMARY KEY,"
    "  entity INTEGER NOT NULL,"
    "  id INTEGER NOT NULL,"
    "  other_id INTEGER NOT NULL"
    ") STRICT;"

    "CREATE TABLE account ("
    "  id INTEGER PRIMARY KEY,"
    "  profile TEXT NOT NULL,"
    "  slug TEXT NOT NULL,"
    "  name TEXT NOT NULL,"
    "  status INTEGER NOT NULL CHECK (status BETWEEN 0 AND 2),"
    "  created_at INTEGER NOT NULL,"
    "  current_key INTEGER NOT NULL"
    ") STRICT;"
    "CREATE UNIQUE INDEX account_by_slug ON account (slug, profile) WHERE status <> 2;"
    "CREATE INDEX account_by_profile ON account (profile, id) WHERE status <> 2;"

    "CREATE TABLE user ("
    "  id INTEGER PRIMARY KEY,"
    "  password_hash TEXT NOT NULL,"
    "  disabled INTEGER NOT NULL CHECK (disabled IN (0, 1)),"
    "  created_at INTEGER NOT NULL"
    ") STRICT;"
    /* Personal data stands apart, so that it can be erased and all that refers to the person stays. */
    "CREATE TABLE user_profile ("
    "  user_id INTEGER PRIMARY KEY REFERENCES user (id),"
    "  email TEXT NOT NULL,"
    "  email_key TEXT UNIQUE," /* in lower case; NULL: none */
    "  name TEXT NOT NULL"
    ") STRICT;"

    "CREATE TABLE member ("
    "  account_id INTEGER NOT NULL REFERENCES account (id),"
    "  user_id INTEGER NOT NULL REFERENCES user (id),"
    "  role INTEGER NOT NULL,"
    "  created_at INTEGER NOT NULL,"
    "  PRIMARY KEY (account_id, user_id)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX member_by_user ON member (user_id, account_id);"

    "CREATE TABLE agent ("
    "  id INTEGER PRIMARY KEY,"
    "  account_id INTEGER NOT NULL REFERENCES account (id),"
    "  slug TEXT NOT NULL,"
    "  name TEXT NOT NULL,"
    "  disabled INTEGER NOT NULL CHECK (disabled IN (0, 1)),"
    "  created_at INTEGER NOT NULL"
    ") STRICT;"
    "CREATE UNIQUE INDEX agent_by_slug ON agent (account_id, slug);"
    "CREATE INDEX agent_by_account ON agent (account_id, id);"

    "CREATE TABLE api_key ("
    "  id INTEGER PRIMARY KEY,"
    "  account_id INTEGER NOT NULL REFERENCES account (id),"
    "  ordinal INTEGER NOT NULL UNIQUE,"
    "  digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),"
    "  kind TEXT NOT NULL,"
    "  name TEXT NOT NULL,"
    "  prefix TEXT NOT NULL,"
    "  scopes TEXT NOT NULL,"
    "  state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 3),"
    "  created_at INTEGER NOT NULL,"
    "  expires_at INTEGER NOT NULL,"
    "  user_id INTEGER REFERENCES user (id),"
    "  agent_id INTEGER REFERENCES agent (id),"
    "  ip_allow TEXT NOT NULL,"
    "  rate_limit INTEGER NOT NULL,"
    "  rate_window_ms INTEGER NOT NULL,"
    "  rate_burst INTEGER NOT NULL,"
    "  credits INTEGER NOT NULL,"
    "  credits_of INTEGER NOT NULL,"
    "  metadata TEXT NOT NULL,"
    "  last_used_at INTEGER NOT NULL,"
    "  use_count INTEGER NOT NULL,"
    "  denial_count INTEGER NOT NULL,"
    "  slot_uses INTEGER NOT NULL,"
    "  slot_denials INTEGER NOT NULL,"
    "  slot_drawn INTEGER NOT NULL,"
    "  revoked_at INTEGER NOT NULL,"
    "  revoke_reason TEXT NOT NULL,"
    "  rotated_to INTEGER NOT NULL,"
    "  rotated_from INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX api_key_by_account ON api_key (account_id, id);"
    "CREATE INDEX api_key_by_prefix ON api_key (account_id, prefix);"
    "CREATE INDEX api_key_by_user ON api_key (user_id, id) WHERE user_id IS NOT NULL;"
    /* Pages of the active and the expired, in the order of ids, whatever else the account has revoked. */
    "CREATE INDEX api_key_live ON api_key (account_id, id, expires_at) WHERE state = 1;"
    /* Pages of the disabled and the revoked. */
    "CREATE INDEX api_key_stopped ON api_key (account_id, state, id) WHERE state <> 1;"
    /* Counts those that a limit counts, by two ranges of expires_at: the expired ones are never visited. */
    "CREATE INDEX api_key_counted ON api_key (account_id, expires_at, kind) WHERE state = 1 AND rotated_to = 0;"

    "CREATE TABLE session ("
    "  id INTEGER PRIMARY KEY,"
    "  user_id INTEGER NOT NULL REFERENCES user (id),"
    "  account_id INTEGER REFERENCES account (id),"
    "  created_at INTEGER NOT NULL,"
    "  expires_at INTEGER NOT NULL,"
    "  revoked_at INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX session_by_user ON session (user_id);"
    "CREATE INDEX session_by_expiry ON session (expires_at);"

    "CREATE TABLE idempotency ("
    "  slot BLOB PRIMARY KEY,"
    "  request BLOB NOT NULL,"
    "  created_at INTEGER NOT NULL,"
    "  subject_id INTEGER NOT NULL,"
    "  status INTEGER NOT NULL,"
    "  sealed BLOB NOT NULL"
    ") STRICT;"
    "CREATE INDEX idempotency_by_age ON idempotency (created_at);"

    "CREATE TABLE audit ("
    "  sequence INTEGER PRIMARY KEY,"
    "  at_ms INTEGER NOT NULL,"
    "  action TEXT NOT NULL,"
    "  actor TEXT NOT NULL,"
    "  subject TEXT NOT NULL,"
    "  account_id INTEGER NOT NULL,"
    "  detail TEXT NOT NULL"
    ") STRICT;"
    /* An address is personal data: apart, as user_profile is. */
    "CREATE TABLE audit_source ("
    "  sequence INTEGER PRIMARY KEY REFERENCES audit (sequence),"
    "  address TEXT NOT NULL"
    ") STRICT;"

    "CREATE TABLE outbox ("
    "  id INTEGER PRIMARY KEY,"
    "  at_ms INTEGER NOT NULL,"
    "  account_id INTEGER NOT NULL,"
    "  type TEXT NOT NULL,"
    "  payload TEXT NOT NULL"
    ") STRICT;";

static const char version_2[] =
    "ALTER TABLE agent ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1));";

static const char version_3[] = "CREATE TABLE identity ("
                                "  issuer TEXT NOT NULL,"
                                "  subject TEXT NOT NULL,"
                                "  user_id INTEGER NOT NULL REFERENCES user (id),"
                                "  created_at INTEGER NOT NULL,"
                                "  PRIMARY KEY (issuer, subject)"
                                ") STRICT, WITHOUT ROWID;"
                                "CREATE INDEX identity_by_user ON identity (user_id);"

                                "CREATE TABLE device_grant ("
                                "  device_code BLOB PRIMARY KEY CHECK (length(device_code) = 32),"
                                "  user_code BLOB NOT NULL UNIQUE CHECK (length(user_code) = 32),"
                                "  profile TEXT NOT NULL,"
                                "  client TEXT NOT NULL,"
                                "  source TEXT NOT NULL,"
                                "  status INTEGER NOT NULL CHECK (status BETWEEN 0 AND 2),"
                                "  user_id INTEGER REFERENCES user (id),"
                                "  account_id INTEGER REFERENCES account (id),"
                                "  created_at INTEGER NOT NULL,"
                                "  expires_at INTEGER NOT NULL,"
                                "  polled_at_ms INTEGER NOT NULL,"
                                "  interval_sec INTEGER NOT NULL"
                                ") STRICT, WITHOUT ROWID;"
                                "CREATE INDEX device_grant_by_expiry ON device_grant (expires_at);";

static const char version_4[] =
    /* Which key an event is about, if any; of older ones it is not known. */
    "ALTER TABLE outbox ADD COLUMN key_id INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX outbox_by_account ON outbox (account_id, id, type);"
    "CREATE INDEX outbox_by_key ON outbox (key_id, id) WHERE key_id <> 0;"
    "CREATE INDEX api_key_by_agent ON api_key (agent_id, id) WHERE agent_id IS NOT NULL AND state <> 3;";

static const char version_5[] =
    "CREATE TABLE policy ("
    "  id INTEGER PRIMARY KEY,"
    "  account_id INTEGER NOT NULL REFERENCES account (id),"
    "  name TEXT NOT NULL,"
    "  is_default INTEGER NOT NULL CHECK (is_default IN (0, 1)),"
    "  version INTEGER NOT NULL,"
    "  revision INTEGER NOT NULL,"
    "  published_revision INTEGER NOT NULL,"
    "  created_at INTEGER NOT NULL,"
    "  updated_at INTEGER NOT NULL,"
    "  draft TEXT NOT NULL"
    ") STRICT;"
    "CREATE UNIQUE INDEX policy_by_name ON policy (account_id, name);"
    "CREATE INDEX policy_by_account ON policy (account_id, id);"
    "CREATE UNIQUE INDEX policy_default ON policy (account_id) WHERE is_default = 1;"

    "CREATE TABLE policy_version ("
    "  policy_id INTEGER NOT NULL REFERENCES policy (id),"
    "  version INTEGER NOT NULL CHECK (version > 0),"
    "  published_at INTEGER NOT NULL,"
    "  published_by TEXT NOT NULL,"
    "  note TEXT NOT NULL,"
    "  document TEXT NOT NULL,"
    "  PRIMARY KEY (policy_id, version)"
    ") STRICT;"

    /* Texts that a policy says to keep. Policies are deleted, what was kept by them lasts
     * as long as it was to: no reference. */
    "CREATE TABLE kept_content ("
    "  scan_id INTEGER PRIMARY KEY,"
    "  account_id INTEGER NOT NULL REFERENCES account (id),"
    "  policy_id INTEGER NOT NULL,"
    "  version INTEGER NOT NULL,"
    "  made_at INTEGER NOT NULL,"
    "  sealed BLOB NOT NULL"
    ") STRICT;"
    "CREATE INDEX kept_content_by_account ON kept_content (account_id);"
    "CREATE INDEX kept_content_by_age ON kept_content (made_at);"

    "CREATE TABLE message ("
    "  id INTEGER PRIMARY KEY,"
    "  account_id INTEGER NOT NULL REFERENCES account (id),"
    "  sender_id INTEGER NOT NULL REFERENCES agent (id),"
    "  recipient_id INTEGER REFERENCES agent (id),"
    "  channel INTEGER NOT NULL CHECK (channel BETWEEN 0 AND 2),"
    "  address TEXT NOT NULL,"
    "  client_id TEXT NOT NULL,"
    "  request BLOB NOT NULL CHECK (length(request) = 32),"
    "  subject TEXT NOT NULL,"
    "  body TEXT NOT NULL,"
    "  attachments TEXT NOT NULL,"
    "  bytes INTEGER NOT NULL,"
    "  scan_id INTEGER NOT NULL,"
    "  flagged INTEGER NOT NULL CHECK (flagged IN (0, 1)),"
    "  redacted INTEGER NOT NULL CHECK (redacted IN (0, 1)),"
    "  made_at_ms INTEGER NOT NULL,"
    "  sequence INTEGER NOT NULL,"
    "  state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 3),"
    "  attempts INTEGER NOT NULL,"
    "  next_at_ms INTEGER NOT NULL,"
    "  ended_at_ms INTEGER NOT NULL,"
    "  error TEXT NOT NULL"
    ") STRICT;"
    "CREATE UNIQUE INDEX message_by_client ON message (sender_id, client_id) WHERE client_id <> '';"
    "CREATE UNIQUE INDEX message_by_inbox ON message (recipient_id, sequence) WHERE recipient_id IS NOT NULL;"
    "CREATE INDEX message_waiting ON message (recipient_id, sequence) WHERE channel = 0 AND state = 1;"
    "CREATE INDEX message_by_account ON message (account_id, id);"
    "CREATE INDEX message_by_recipient ON message (recipient_id, id) WHERE recipient_id IS NOT NULL;"
    "CREATE INDEX message_by_sender ON message (sender_id, id);"
    /* The delivery thread's, alone: it holds what is on its way, and nothing of what has arrived. */
    "CREATE INDEX message_queued ON message (address, next_at_ms, id, account_id, channel) WHERE state = 0;"
    "CREATE INDEX message_next ON message (next_at_ms) WHERE state = 0;"
    "CREATE INDEX message_ended ON message (ended_at_ms) WHERE ended_at_ms <> 0;"
    /* Counts, so that keeping a limit costs no scan. */
    "CREATE TABLE inbox ("
    "  agent_id INTEGER PRIMARY KEY REFERENCES agent (id),"
    "  sequence INTEGER NOT NULL,"
    "  waiting INTEGER NOT NULL"
    ") STRICT;"
    "CREATE TABLE message_room ("
    "  account_id INTEGER PRIMARY KEY REFERENCES account (id),"
    "  messages INTEGER NOT NULL,"
    "  bytes INTEGER NOT NULL"
    ") STRICT;"
    "CREATE TABLE push_secret ("
    "  agent_id INTEGER PRIMARY KEY REFERENCES agent (id),"
    "  sealed BLOB NOT NULL,"
    "  previous BLOB NOT NULL,"
    "  made_at INTEGER NOT NULL,"
    "  previous_until INTEGER NOT NULL"
    ") STRICT;";

static const char version_6[] =
    /* What was written before events had Standard Webhooks' names for time and data. */
    "UPDATE outbox SET payload = json_set(json_remove(payload, '$.created_at', '$.detail'),"
    "  '$.timestamp', json_extract(payload, '$.created_at'), '$.data', json_extract(payload, '$.detail'))"
    "  WHERE json_valid(payload) AND json_type(payload, '$.detail') = 'object';"

    "CREATE TABLE webhook ("
    "  id INTEGER PRIMARY KEY,"
    "  account_id INTEGER NOT NULL REFERENCES account (id),"
    "  url TEXT NOT NULL,"
    "  events TEXT NOT NULL,"
    "  description TEXT NOT NULL,"
    "  state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 3),"
    "  reason TEXT NOT NULL,"
    "  since INTEGER NOT NULL,"
    "  created_at INTEGER NOT NULL,"
    "  updated_at INTEGER NOT NULL,"
    "  sealed BLOB NOT NULL,"
    "  previous BLOB NOT NULL,"
    "  secret_made_at INTEGER NOT NULL,"
    "  previous_until INTEGER NOT NULL,"
    "  failing_since_ms INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX webhook_by_account ON webhook (account_id, id) WHERE state <> 3;"
    "CREATE INDEX webhook_enabled ON webhook (account_id, id) WHERE state = 0;"

    /* One event on its way to one endpoint, and what became of it. */
    "CREATE TABLE webhook_delivery ("
    "  id INTEGER PRIMARY KEY,"
    "  webhook_id INTEGER NOT NULL,"
    "  event_id INTEGER NOT NULL,"
    "  type TEXT NOT NULL,"
    "  at_ms INTEGER NOT NULL,"
    "  state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 2),"
    "  attempts INTEGER NOT NULL,"
    "  next_at_ms INTEGER NOT NULL,"
    "  ended_at_ms INTEGER NOT NULL,"
    "  status INTEGER NOT NULL,"
    "  latency_ms INTEGER NOT NULL,"
    "  error TEXT NOT NULL,"
    "  response BLOB NOT NULL,"
    "  log TEXT NOT NULL"
    ") STRICT;"
    "CREATE INDEX webhook_delivery_by_webhook ON webhook_delivery (webhook_id, id);"
    "CREATE INDEX webhook_delivery_failed ON webhook_delivery (webhook_id, at_ms) WHERE state = 2;"
    /* The sender's, alone: it holds what is on its way. */
    "CREATE INDEX webhook_delivery_queued ON webhook_delivery (webhook_id, next_at_ms, id) WHERE state = 0;"

    /* When a key is next to be spoken of; what was said of which end. next_at 0: there is nothing more to say. */
    "CREATE TABLE reminder ("
    "  key_id INTEGER PRIMARY KEY REFERENCES api_key (id),"
    "  next_at INTEGER NOT NULL,"
    "  expires_at INTEGER NOT NULL,"
    "  expiry_told INTEGER NOT NULL,"
    "  rotate_at INTEGER NOT NULL,"
    "  rotation_told INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX reminder_next ON reminder (next_at) WHERE next_at <> 0;"
    /* Mails on their way: as many rows as recipients, gone once sent or given up. */
    "CREATE TABLE reminder_mail ("
    "  id INTEGER PRIMARY KEY,"
    "  user_id INTEGER NOT NULL REFERENCES user (id),"
    "  key_id INTEGER NOT NULL REFERENCES api_key (id),"
    "  purpose INTEGER NOT NULL CHECK (purpose BETWEEN 0 AND 2),"
    "  days INTEGER NOT NULL,"
    "  at INTEGER NOT NULL,"
    "  attempts INTEGER NOT NULL,"
    "  next_at_ms INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX reminder_mail_next ON reminder_mail (next_at_ms, user_id);"
    "CREATE INDEX reminder_mail_by_user ON reminder_mail (user_id, id);"
    /* When something was last told of a subject that is told of once in a while only. */
    "CREATE TABLE told ("
    "  subject_id INTEGER NOT NULL,"
    "  what TEXT NOT NULL,"
    "  at INTEGER NOT NULL,"
    "  PRIMARY KEY (subject_id, what)"
    ") STRICT, WITHOUT ROWID;"
    /* Use and refusals, hour by hour (unix seconds / 3600); outcome 0: granted. */
    "CREATE TABLE usage_hour ("
    "  account_id INTEGER NOT NULL,"
    "  hour INTEGER NOT NULL,"
    "  key_id INTEGER NOT NULL,"
    "  outcome INTEGER NOT NULL,"
    "  count INTEGER NOT NULL,"
    "  credits INTEGER NOT NULL"
    ") STRICT;"
    "CREATE UNIQUE INDEX usage_hour_by_account ON usage_hour (account_id, hour, key_id, outcome);"
    "CREATE INDEX usage_hour_by_key ON usage_hour (account_id, key_id, hour) WHERE outcome <> 0;"
    "CREATE INDEX usage_hour_by_age ON usage_hour (hour);"
    /* The activity's counters of refusals as of their last flush. */
    "CREATE TABLE usage_seen ("
    "  ordinal INTEGER PRIMARY KEY,"
    "  counts BLOB NOT NULL"
    ") STRICT;"
    /* Balances that are filled up again each day or month. */
    "CREATE TABLE credit_refill ("
    "  key_id INTEGER PRIMARY KEY REFERENCES api_key (id),"
    "  credits INTEGER NOT NULL CHECK (credits > 0),"
    "  monthly INTEGER NOT NULL CHECK (monthly IN (0, 1)),"
    "  next_at INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX credit_refill_next ON credit_refill (next_at);"
    "CREATE INDEX told_by_age ON told (at);"

    /* The audit log as a tree: store/audit.h. Which key "root" was; what stands for an address; and its salt, which
     * goes with it. Of older records neither is known. */
    "ALTER TABLE audit ADD COLUMN actor_key INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE audit ADD COLUMN source_hash BLOB;"
    /* Without a reference: looking for its record is what an address would cost most. */
    "CREATE TABLE audit_address ("
    "  sequence INTEGER PRIMARY KEY,"
    "  address TEXT NOT NULL,"
    "  salt BLOB NOT NULL"
    ") STRICT;"
    "INSERT INTO audit_address SELECT sequence, address, x'' FROM audit_source;"
    "DROP TABLE audit_source;"
    "CREATE INDEX audit_by_account ON audit (account_id);"
    "CREATE INDEX audit_by_subject ON audit (subject);"
    /* Of people alone: what they did is erased in part. Root and programs do nearly all, so no index narrows that. */
    "CREATE INDEX audit_by_person ON audit (actor) WHERE actor >= 'usr_' AND actor < 'usr`';"
    /* Level and number in one: level times 2^48, and the number. */
    "CREATE TABLE audit_tile ("
    "  id INTEGER PRIMARY KEY,"
    "  hashes BLOB NOT NULL"
    ") STRICT;"
    "CREATE TABLE audit_span ("
    "  number INTEGER PRIMARY KEY,"
    "  first_ms INTEGER NOT NULL,"
    "  last_ms INTEGER NOT NULL"
    ") STRICT;"
    "CREATE TABLE audit_checkpoint ("
    "  size INTEGER PRIMARY KEY,"
    "  at_ms INTEGER NOT NULL,"
    "  note TEXT NOT NULL"
    ") STRICT;";

static const char version_7[] =
    /* Mails are of more than keys: what they are about is no reference any more. */
    "ALTER TABLE reminder_mail RENAME TO reminder_mail_of_key;"
    "CREATE TABLE reminder_mail ("
    "  id INTEGER PRIMARY KEY,"
    "  user_id INTEGER NOT NULL REFERENCES user (id),"
    "  subject_id INTEGER NOT NULL,"
    "  purpose INTEGER NOT NULL CHECK (purpose BETWEEN 0 AND 3),"
    "  days INTEGER NOT NULL,"
    "  at INTEGER NOT NULL,"
    "  attempts INTEGER NOT NULL,"
    "  next_at_ms INTEGER NOT NULL"
    ") STRICT;"
    "INSERT INTO reminder_mail SELECT * FROM reminder_mail_of_key;"
    "DROP TABLE reminder_mail_of_key;"
    "CREATE INDEX reminder_mail_next ON reminder_mail (next_at_ms, user_id);"
    "CREATE INDEX reminder_mail_by_user ON reminder_mail (user_id, id);"
    /* Groups of routes, with the counter that the activity files have for each; 0: none any more. */
    "CREATE TABLE route_group ("
    "  id INTEGER PRIMARY KEY,"
    "  profile TEXT NOT NULL,"
    "  name TEXT NOT NULL,"
    "  number INTEGER NOT NULL,"
    "  UNIQUE (profile, name)"
    ") STRICT;"
    "CREATE INDEX route_group_by_number ON route_group (profile, number) WHERE number <> 0;"
    /* Of grants; 0: counted without. */
    "ALTER TABLE usage_hour ADD COLUMN route_group INTEGER NOT NULL DEFAULT 0;"
    "DROP INDEX usage_hour_by_account;"
    "CREATE UNIQUE INDEX usage_hour_by_account ON usage_hour (account_id, hour, key_id, outcome, route_group);"
    /* The activity's counters of grants by group as of their last flush. */
    "CREATE TABLE usage_groups_seen ("
    "  ordinal INTEGER PRIMARY KEY,"
    "  counts BLOB NOT NULL"
    ") STRICT;"

    /* Of what was made before nobody knows whether an issuer bound it to its account. */
    "ALTER TABLE session ADD COLUMN bound INTEGER NOT NULL DEFAULT 1;"

    /* Browsers that act as a root key does. */
    "CREATE TABLE operator_session ("
    "  id INTEGER PRIMARY KEY,"
    "  key_id INTEGER NOT NULL REFERENCES api_key (id),"
    "  created_at INTEGER NOT NULL,"
    "  expires_at INTEGER NOT NULL,"
    "  revoked_at INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX operator_session_by_key ON operator_session (key_id);"
    "CREATE INDEX operator_session_by_expiry ON operator_session (expires_at);"
    /* Networks that keys were used from. */
    "CREATE TABLE key_origin ("
    "  key_id INTEGER NOT NULL,"
    "  network BLOB NOT NULL,"
    "  first_at INTEGER NOT NULL,"
    "  last_at INTEGER NOT NULL,"
    "  PRIMARY KEY (key_id, network)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX key_origin_by_age ON key_origin (last_at);";

const char *const sqlite_migrations[] = {version_1, version_2, version_3, version_4, version_5, version_6, version_7};
const size_t sqlite_migration_count = sizeof sqlite_migrations / sizeof *sqlite_migrations;

enum { APPLICATION_ID, USER_VERSION, TABLE_COUNT };

static enum store_err read_number(struct sqlite_conn *c, int which, int64_t *out)
{
    static const char *const texts[] = {
        [APPLICATION_ID] = "PRAGMA application_id",
        [USER_VERSION] = "PRAGMA user_version",
        [TABLE_COUNT] = "SELECT count(*) FROM sqlite_schema",
    };
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(c->db, texts[which], -1, &stmt, NULL);
    if (rc == SQLITE_OK) {
        rc = sqlite3_step(stmt);
    }
    if (rc == SQLITE_ROW) {
        *out = sqlite3_column_int64(stmt, 0);
    }
    enum store_err err = rc == SQLITE_ROW ? STORE_OK : sqlite_fail(c, rc);
    sqlite3_finalize(stmt);
    return err;
}

enum store_err sqlite_schema_check(struct sqlite_conn *c, size_t count)
{
    int64_t application = 0, version = 0, tables = 0;
    enum store_err err = read_number(c, TABLE_COUNT, &tables);
    if (err == STORE_OK) {
        err = read_number(c, APPLICATION_ID, &application);
    }
    if (err == STORE_OK) {
        err = read_number(c, USER_VERSION, &version);
    }
    if (err != STORE_OK) {
        return err;
    }
    if (application != SQLITE_APPLICATION_ID && (application != 0 || tables > 0)) {
        sqlite_explain(c, "a database of another program: name another file");
        return STORE_UNAVAILABLE;
    }
    if (version < 0 || version > (int64_t)count) {
        sqlite_explain(c,
                       "its schema has version %lld, newer than this program's %zu: install the newer program, or "
                       "restore a backup from before the upgrade",
                       (long long)version, count);
        return STORE_UNAVAILABLE;
    }
    return STORE_OK;
}

static enum store_err run_script(struct sqlite_conn *c, const char *script, size_t version)
{
    char marks[96];
    snprintf(marks, sizeof marks, "PRAGMA application_id = %d; PRAGMA user_version = %zu; COMMIT",
             SQLITE_APPLICATION_ID, version);
    int rc = sqlite3_exec(c->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    if (rc == SQLITE_OK) {
        rc = sqlite3_exec(c->db, script, NULL, NULL, NULL);
    }
    if (rc == SQLITE_OK) {
        rc = sqlite3_exec(c->db, marks, NULL, NULL, NULL);
    }
    if (rc == SQLITE_OK) {
        return STORE_OK;
    }
    enum store_err err = sqlite_fail(c, rc);
    if (!sqlite3_get_autocommit(c->db)) {
        sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
    }
    return err;
}

enum store_err sqlite_schema_migrate(struct sqlite_conn *c, const char *const *scripts, size_t count)
{
    int64_t version = 0;
    enum store_err err = read_number(c, USER_VERSION, &version);
    for (size_t i = (size_t)version; err == STORE_OK && i < count; i++) {
        err = run_script(c, scripts[i], i + 1);
    }
    return err;
}
