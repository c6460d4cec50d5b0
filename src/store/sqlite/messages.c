/* Messages, the counts that their limits need, and what signs those that are pushed. */
#include "store/sqlite/sqlite.h"

#define COLUMNS                                                                                                   \
    "id, account_id, sender_id, recipient_id, channel, address, client_id, request, subject, body, attachments, " \
    "bytes, scan_id, flagged, redacted, made_at_ms, sequence, state, attempts, next_at_ms, ended_at_ms, error"
#define SLUGS                                                \
    ", (SELECT slug FROM agent WHERE agent.id = sender_id)," \
    " (SELECT slug FROM agent WHERE agent.id = recipient_id)"
#define WHOLE COLUMNS SLUGS
/* The same without what is large. */
#define HEADS                                                                                          \
    "id, account_id, sender_id, recipient_id, channel, address, client_id, request, subject, '', '', " \
    "bytes, scan_id, flagged, redacted, made_at_ms, sequence, state, attempts, next_at_ms, ended_at_ms, error" SLUGS
/* ?1 account, ?2 agent, ?3 state or -1, ?4 before, ?5 limit. */
#define LIST_END "id < ?4 AND (?3 < 0 OR state = ?3) ORDER BY id DESC LIMIT ?5"

enum {
    INSERT,
    NEXT_PLACE,
    ROOM_ADD,
    ROOM_OF_ACCOUNT,
    ROOM_OF_INBOX,
    GET,
    BY_CLIENT,
    PLACE,
    INBOX,
    ACKNOWLEDGE,
    ACKNOWLEDGE_ALL,
    INBOX_TAKE,
    LIST_OF_ACCOUNT,
    LIST_OF_AGENT,
    DUE,
    NEXT_DUE,
    UPDATE,
    HOLD,
    PRUNE,
    DELETED_ACCOUNT,
    PRUNE_ACCOUNT,
    SECRET_PUT,
    SECRET_GET
};
static const char *const texts[] = {
    [INSERT] = "INSERT INTO message (" COLUMNS
               ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [NEXT_PLACE] = "INSERT INTO inbox (agent_id, sequence, waiting) VALUES (?, 1, 1)"
                   " ON CONFLICT (agent_id) DO UPDATE SET sequence = sequence + 1, waiting = waiting + 1"
                   " RETURNING sequence",
    [ROOM_ADD] = "INSERT INTO message_room (account_id, messages, bytes) VALUES (?1, ?2, ?3)"
                 " ON CONFLICT (account_id) DO UPDATE SET messages = messages + ?2, bytes = bytes + ?3",
    [ROOM_OF_ACCOUNT] = "SELECT messages, bytes FROM message_room WHERE account_id = ?",
    [ROOM_OF_INBOX] = "SELECT waiting FROM inbox WHERE agent_id = ?",
    [GET] = "SELECT " WHOLE " FROM message WHERE id = ?",
    [BY_CLIENT] = "SELECT " WHOLE " FROM message INDEXED BY message_by_client"
                  " WHERE sender_id = ? AND client_id = ? AND client_id <> ''",
    [PLACE] = "SELECT sequence FROM message INDEXED BY message_by_recipient"
              " WHERE recipient_id = ? AND id <= ? ORDER BY id DESC LIMIT 1",
    [INBOX] = "SELECT " WHOLE " FROM message INDEXED BY message_waiting"
              " WHERE recipient_id = ? AND sequence > ? AND channel = 0 AND state = 1 ORDER BY sequence LIMIT ?",
    [ACKNOWLEDGE] = "UPDATE message SET state = 2, ended_at_ms = ?3"
                    " WHERE id = ?2 AND recipient_id = ?1 AND channel = 0 AND state = 1",
    [ACKNOWLEDGE_ALL] = "UPDATE message INDEXED BY message_waiting SET state = 2, ended_at_ms = ?3"
                        " WHERE recipient_id = ?1 AND sequence <= ?2 AND channel = 0 AND state = 1",
    [INBOX_TAKE] = "UPDATE inbox SET waiting = waiting - ?2 WHERE agent_id = ?1",
    [LIST_OF_ACCOUNT] = "SELECT " HEADS " FROM message INDEXED BY message_by_account"
                        " WHERE account_id = ?1 AND ?2 = 0 AND " LIST_END,
    /* Each half by its index, and newest first: a message of an agent to itself stands in one of them. */
    [LIST_OF_AGENT] = "SELECT * FROM (SELECT " HEADS " FROM message INDEXED BY message_by_sender"
                      " WHERE sender_id = ?2 AND account_id = ?1 AND " LIST_END ")"
                      " UNION ALL SELECT * FROM (SELECT " HEADS " FROM message INDEXED BY message_by_recipient"
                      " WHERE recipient_id = ?2 AND sender_id <> ?2 AND account_id = ?1 AND " LIST_END ")"
                      " ORDER BY 1 DESC LIMIT ?5",
    [DUE] = "SELECT id, channel FROM (SELECT id, channel, next_at_ms,"
            " row_number() OVER (PARTITION BY address ORDER BY next_at_ms, id) AS place"
            " FROM message INDEXED BY message_queued WHERE state = 0 AND next_at_ms <= ?1)"
            " WHERE place <= ?2 ORDER BY next_at_ms, id LIMIT ?3",
    [NEXT_DUE] = "SELECT next_at_ms FROM message INDEXED BY message_next WHERE state = 0 ORDER BY next_at_ms LIMIT 1",
    [UPDATE] = "UPDATE message SET state = ?2, attempts = ?3, next_at_ms = ?4, ended_at_ms = ?5, error = ?6"
               " WHERE id = ?1",
    [HOLD] = "UPDATE message INDEXED BY message_queued SET next_at_ms = ?3"
             " WHERE state = 0 AND address = ?2 AND next_at_ms < ?3 AND account_id = ?1",
    [PRUNE] = "DELETE FROM message WHERE id IN (SELECT id FROM message INDEXED BY message_ended"
              " WHERE ended_at_ms <> 0 AND ended_at_ms < ? ORDER BY ended_at_ms LIMIT ?) RETURNING account_id, bytes",
    [DELETED_ACCOUNT] = "SELECT account_id FROM message_room JOIN account ON account.id = account_id"
                        " WHERE status = 2 AND messages > 0 LIMIT 1",
    [PRUNE_ACCOUNT] = "DELETE FROM message WHERE id IN (SELECT id FROM message INDEXED BY message_by_account"
                      " WHERE account_id = ? LIMIT ?) RETURNING account_id, bytes",
    [SECRET_PUT] = "INSERT INTO push_secret (agent_id, sealed, previous, made_at, previous_until)"
                   " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (agent_id) DO UPDATE"
                   " SET sealed = ?2, previous = ?3, made_at = ?4, previous_until = ?5",
    [SECRET_GET] = "SELECT sealed, previous, made_at, previous_until FROM push_secret WHERE agent_id = ?",
};
static const struct sqlite_statements sql = {SQLITE_MESSAGES, texts};

static int64_t size_of(const struct store_message *row)
{
    return (int64_t)(row->address.len + row->client_id.len + row->subject.len + row->body.len + row->attachments.len);
}

static void read_row(struct query *q, struct arena *a, struct store_message *out)
{
    *out = (struct store_message){.id = column_int(q)};
    out->account_id = column_int(q);
    out->sender_id = column_int(q);
    out->recipient_id = column_int(q);
    out->channel = (enum store_channel)column_int(q);
    out->address = column_text(q, a);
    out->client_id = column_text(q, a);
    column_digest(q, &out->request);
    out->subject = column_text(q, a);
    out->body = column_text(q, a);
    out->attachments = column_text(q, a);
    column_int(q); /* what it counts for, with the room's others */
    out->scan_id = column_int(q);
    out->flagged = column_int(q) != 0;
    out->redacted = column_int(q) != 0;
    out->made_at_ms = column_int(q);
    out->sequence = column_int(q);
    out->state = (enum store_message_state)column_int(q);
    out->attempts = column_int(q);
    out->next_at_ms = column_int(q);
    out->ended_at_ms = column_int(q);
    out->error = column_text(q, a);
    out->sender_slug = column_text(q, a);
    out->recipient_slug = column_text(q, a);
}

/* ---- counts ---- */

static enum store_err message_room(struct store_conn *c, int64_t account_id, int64_t recipient_id,
                                   struct store_message_room *out)
{
    struct query q = query_start(c, &sql, ROOM_OF_ACCOUNT);
    *out = (struct store_message_room){0};
    query_int(&q, account_id);
    if (query_row(&q)) {
        out->messages = column_int(&q);
        out->bytes = column_int(&q);
    }
    enum store_err err = query_end(&q);
    if (err != STORE_OK || !recipient_id) {
        return err;
    }
    q = query_start(c, &sql, ROOM_OF_INBOX);
    query_int(&q, recipient_id);
    if (query_row(&q)) {
        out->waiting = column_int(&q);
    }
    return query_end(&q);
}

static enum store_err room_add(struct store_conn *c, int64_t account_id, int64_t messages, int64_t bytes)
{
    struct query q = query_start(c, &sql, ROOM_ADD);
    query_int(&q, account_id);
    query_int(&q, messages);
    query_int(&q, bytes);
    return query_run(&q);
}

static enum store_err inbox_take(struct store_conn *c, int64_t recipient_id, int64_t count)
{
    struct query q = query_start(c, &sql, INBOX_TAKE);
    query_int(&q, recipient_id);
    query_int(&q, count);
    return query_run(&q);
}

/* ---- one message ---- */

static enum store_err insert_row(struct store_conn *c, const struct store_message *row)
{
    struct query q = query_start(c, &sql, INSERT);
    query_int(&q, row->id);
    query_int(&q, row->account_id);
    query_int(&q, row->sender_id);
    query_id(&q, row->recipient_id);
    query_int(&q, row->channel);
    query_text(&q, row->address);
    query_text(&q, row->client_id);
    query_digest(&q, &row->request);
    query_text(&q, row->subject);
    query_text(&q, row->body);
    query_text(&q, row->attachments);
    query_int(&q, size_of(row));
    query_int(&q, row->scan_id);
    query_int(&q, row->flagged);
    query_int(&q, row->redacted);
    query_int(&q, row->made_at_ms);
    query_int(&q, row->sequence);
    query_int(&q, row->state);
    query_int(&q, row->attempts);
    query_int(&q, row->next_at_ms);
    query_int(&q, row->ended_at_ms);
    query_text(&q, row->error);
    return query_run(&q);
}

static enum store_err message_insert(struct store_conn *c, struct store_message *row)
{
    enum store_err err = STORE_OK;
    row->sequence = 0;
    if (row->channel == STORE_CHANNEL_INBOX) {
        struct query q = query_start(c, &sql, NEXT_PLACE);
        query_int(&q, row->recipient_id);
        err = query_value(&q, &row->sequence);
    }
    if (err == STORE_OK) {
        err = insert_row(c, row);
    }
    return err == STORE_OK ? room_add(c, row->account_id, 1, size_of(row)) : err;
}

static enum store_err read_one(struct query *q, struct arena *a, struct store_message *out)
{
    bool found = query_row(q);
    if (found) {
        read_row(q, a, out);
    }
    return query_end_found(q, found);
}

static enum store_err message_get(struct store_conn *c, struct arena *a, int64_t id, struct store_message *out)
{
    struct query q = query_start(c, &sql, GET);
    query_int(&q, id);
    return read_one(&q, a, out);
}

static enum store_err message_by_client(struct store_conn *c, struct arena *a, int64_t sender_id,
                                        struct cardea_str client_id, struct store_message *out)
{
    struct query q = query_start(c, &sql, BY_CLIENT);
    query_int(&q, sender_id);
    query_text(&q, client_id);
    return read_one(&q, a, out);
}

/* ---- an inbox ---- */

static enum store_err message_place(struct store_conn *c, int64_t recipient_id, int64_t id, int64_t *sequence)
{
    struct query q = query_start(c, &sql, PLACE);
    query_int(&q, recipient_id);
    query_int(&q, id);
    *sequence = 0;
    enum store_err err = query_value(&q, sequence);
    return err == STORE_NOTFOUND ? STORE_OK : err;
}

static enum store_err message_inbox(struct store_conn *c, struct arena *a, int64_t recipient_id, int64_t after,
                                    size_t limit, size_t bytes_max, struct store_message *out, size_t *count)
{
    struct query q = query_start(c, &sql, INBOX);
    size_t bytes = 0;
    query_int(&q, recipient_id);
    query_int(&q, after);
    query_int(&q, (int64_t)limit);
    for (*count = 0; *count < limit && bytes < bytes_max && query_row(&q); ++*count) {
        read_row(&q, a, &out[*count]);
        bytes += (size_t)size_of(&out[*count]);
    }
    return query_end(&q);
}

static enum store_err message_acknowledge(struct store_conn *c, int64_t recipient_id, int64_t id, int64_t now_ms)
{
    struct query q = query_start(c, &sql, ACKNOWLEDGE);
    query_int(&q, recipient_id);
    query_int(&q, id);
    query_int(&q, now_ms);
    enum store_err err = query_run_changing(&q);
    return err == STORE_OK ? inbox_take(c, recipient_id, 1) : err;
}

static enum store_err message_acknowledge_all(struct store_conn *c, int64_t recipient_id, int64_t sequence,
                                              int64_t now_ms, int64_t *count)
{
    struct query q = query_start(c, &sql, ACKNOWLEDGE_ALL);
    query_int(&q, recipient_id);
    query_int(&q, sequence);
    query_int(&q, now_ms);
    *count = 0;
    enum store_err err = query_run_changing(&q);
    if (err == STORE_NOTFOUND) {
        return STORE_OK;
    }
    if (err != STORE_OK) {
        return err;
    }
    *count = sqlite3_changes64(sqlite_of(c)->db);
    return inbox_take(c, recipient_id, *count);
}

/* ---- lists ---- */

static enum store_err message_list(struct store_conn *c, struct arena *a, const struct store_message_filter *f,
                                   struct store_message *out, size_t *count)
{
    struct query q = query_start(c, &sql, f->agent_id ? LIST_OF_AGENT : LIST_OF_ACCOUNT);
    query_int(&q, f->account_id);
    query_int(&q, f->agent_id);
    query_int(&q, f->state);
    query_int(&q, f->before ? f->before : INT64_MAX);
    query_int(&q, (int64_t)f->limit);
    for (*count = 0; *count < f->limit && query_row(&q); ++*count) {
        read_row(&q, a, &out[*count]);
    }
    return query_end(&q);
}

/* ---- delivery ---- */

static enum store_err message_due(struct store_conn *c, int64_t now_ms, size_t each, size_t limit,
                                  struct store_message_due *out, size_t *count)
{
    struct query q = query_start(c, &sql, DUE);
    query_int(&q, now_ms);
    query_int(&q, (int64_t)each);
    query_int(&q, (int64_t)limit);
    for (*count = 0; *count < limit && query_row(&q); ++*count) {
        out[*count].id = column_int(&q);
        out[*count].channel = (enum store_channel)column_int(&q);
    }
    return query_end(&q);
}

static enum store_err message_next_due(struct store_conn *c, int64_t *at_ms)
{
    struct query q = query_start(c, &sql, NEXT_DUE);
    *at_ms = 0;
    enum store_err err = query_value(&q, at_ms);
    return err == STORE_NOTFOUND ? STORE_OK : err;
}

static enum store_err message_update(struct store_conn *c, const struct store_message *row)
{
    struct query q = query_start(c, &sql, UPDATE);
    query_int(&q, row->id);
    query_int(&q, row->state);
    query_int(&q, row->attempts);
    query_int(&q, row->next_at_ms);
    query_int(&q, row->ended_at_ms);
    query_text(&q, row->error);
    return query_run_changing(&q);
}

static enum store_err message_hold(struct store_conn *c, int64_t account_id, struct cardea_str address,
                                   int64_t until_ms)
{
    struct query q = query_start(c, &sql, HOLD);
    query_int(&q, account_id);
    query_text(&q, address);
    query_int(&q, until_ms);
    return query_run(&q);
}

/* Runs a DELETE that returns whose and how large each row was, and takes those from the room. */
static enum store_err forget(struct store_conn *c, struct query q, size_t limit, size_t *count)
{
    struct {
        int64_t account_id, bytes;
    } gone[STORE_MESSAGE_PRUNE_MAX];
    for (*count = 0; *count < limit && query_row(&q); ++*count) {
        gone[*count].account_id = column_int(&q);
        gone[*count].bytes = column_int(&q);
    }
    enum store_err err = query_end(&q);
    for (size_t i = 0; i < *count && err == STORE_OK; i++) {
        err = room_add(c, gone[i].account_id, -1, -gone[i].bytes);
    }
    return err;
}

static enum store_err message_prune(struct store_conn *c, int64_t ended_before_ms, size_t limit, size_t *count)
{
    size_t more = 0;
    int64_t account_id;
    limit = limit < STORE_MESSAGE_PRUNE_MAX ? limit : STORE_MESSAGE_PRUNE_MAX;
    struct query q = query_start(c, &sql, PRUNE);
    query_int(&q, ended_before_ms);
    query_int(&q, (int64_t)limit);
    enum store_err err = forget(c, q, limit, count);
    if (err != STORE_OK || *count == limit) {
        return err;
    }
    q = query_start(c, &sql, DELETED_ACCOUNT);
    err = query_value(&q, &account_id);
    if (err != STORE_OK) {
        return err == STORE_NOTFOUND ? STORE_OK : err;
    }
    q = query_start(c, &sql, PRUNE_ACCOUNT);
    query_int(&q, account_id);
    query_int(&q, (int64_t)(limit - *count));
    err = forget(c, q, limit - *count, &more);
    *count += more;
    return err;
}

/* ---- secrets ---- */

static enum store_err secret_put(struct store_conn *c, const struct store_push_secret *row)
{
    struct query q = query_start(c, &sql, SECRET_PUT);
    query_int(&q, row->agent_id);
    query_blob(&q, row->sealed.ptr, row->sealed.len);
    query_blob(&q, row->previous.ptr, row->previous.len);
    query_int(&q, row->made_at);
    query_int(&q, row->previous_until);
    return query_run(&q);
}

static enum store_err secret_get(struct store_conn *c, struct arena *a, int64_t agent_id, struct store_push_secret *out)
{
    struct query q = query_start(c, &sql, SECRET_GET);
    query_int(&q, agent_id);
    bool found = query_row(&q);
    if (found) {
        *out = (struct store_push_secret){.agent_id = agent_id};
        out->sealed = column_text(&q, a);
        out->previous = column_text(&q, a);
        out->made_at = column_int(&q);
        out->previous_until = column_int(&q);
    }
    return query_end_found(&q, found);
}

const struct store_backend_messages sqlite_messages = {
    message_room,        message_insert,          message_get,  message_by_client, message_place,    message_inbox,
    message_acknowledge, message_acknowledge_all, message_list, message_due,       message_next_due, message_update,
    message_hold,        message_prune,           secret_put,   secret_get};
