/* The audit log's records, tiles and checkpoints. */
#include "store/audit.h"

#include "base/str.h"
#include "store/sqlite/sqlite.h"

#define COLUMNS "sequence, at_ms, action, actor, actor_key, subject, account_id, detail, source_hash"
#define RECORDS "SELECT " COLUMNS " FROM audit "
/* ?1 and ?2: the sequences between which is looked. Each list names its index, so that no statistics of the moment
 * decide what a page costs. */
#define PERSON  "actor >= 'usr_' AND actor < 'usr`'" /* as the index says it */
#define BETWEEN "sequence >= ?1 AND sequence < ?2 ORDER BY sequence DESC"

enum {
    APPEND,
    SOURCE,
    GET,
    GET_SOURCE,
    OF_SUBJECT,
    OF_PERSON,
    OF_ACCOUNT,
    ANY,
    EACH,
    FIRST,
    COUNT,
    PRUNE_SOURCES,
    PRUNE,
    PRUNE_CHECKPOINTS,
    ERASE_SOURCES,
    ERASE_ACTOR,
    TILE_PUT,
    TILE_GET,
    TILE_LAST,
    SPAN_PUT,
    SPAN_LOW,
    SPAN_HIGH,
    CHECKPOINT_PUT,
    CHECKPOINT_FROM,
    CHECKPOINT_LAST,
    CHECKPOINT_BEFORE
};
static const char *const texts[] = {
    [APPEND] = "INSERT INTO audit (at_ms, action, actor, actor_key, subject, account_id, detail, source_hash)"
               " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    [SOURCE] = "INSERT INTO audit_address (sequence, address, salt) VALUES (?, ?, ?)",
    [GET] = RECORDS "WHERE sequence = ?",
    [GET_SOURCE] = "SELECT address, salt FROM audit_address WHERE sequence = ?",
    [OF_SUBJECT] = RECORDS "INDEXED BY audit_by_subject WHERE subject = ?3 AND " BETWEEN,
    [OF_PERSON] = RECORDS "INDEXED BY audit_by_person WHERE actor = ?3 AND " PERSON " AND " BETWEEN,
    [OF_ACCOUNT] = RECORDS "INDEXED BY audit_by_account WHERE account_id = ?3 AND " BETWEEN,
    [ANY] = RECORDS "NOT INDEXED WHERE " BETWEEN,
    [EACH] = RECORDS "WHERE sequence >= ? ORDER BY sequence LIMIT ?",
    [FIRST] = "SELECT sequence FROM audit ORDER BY sequence LIMIT 1",
    [COUNT] = "SELECT count(*) FROM audit",
    /* Never the last one: the next gets its sequence from it. */
    [PRUNE_SOURCES] = "DELETE FROM audit_address WHERE sequence IN (SELECT sequence FROM audit"
                      " WHERE sequence < min(?, (SELECT max(sequence) FROM audit)) ORDER BY sequence LIMIT ?)",
    [PRUNE] = "DELETE FROM audit WHERE sequence IN (SELECT sequence FROM audit"
              " WHERE sequence < min(?, (SELECT max(sequence) FROM audit)) ORDER BY sequence LIMIT ?)",
    [PRUNE_CHECKPOINTS] = "DELETE FROM audit_checkpoint WHERE size IN (SELECT size FROM audit_checkpoint"
                          " WHERE size + 1 < ? ORDER BY size LIMIT ?)",
    [ERASE_SOURCES] = "DELETE FROM audit_address WHERE sequence IN"
                      " (SELECT sequence FROM audit_address WHERE sequence < ? ORDER BY sequence LIMIT ?)",
    [ERASE_ACTOR] = "DELETE FROM audit_address WHERE sequence IN (SELECT sequence FROM audit"
                    " INDEXED BY audit_by_person WHERE actor = ? AND " PERSON ")",
    [TILE_PUT] = "INSERT INTO audit_tile (id, hashes) VALUES (?, ?)"
                 " ON CONFLICT (id) DO UPDATE SET hashes = excluded.hashes",
    [TILE_GET] = "SELECT hashes FROM audit_tile WHERE id = ?",
    [TILE_LAST] = "SELECT id, length(hashes) FROM audit_tile WHERE id < (1 << 48) ORDER BY id DESC LIMIT 1",
    [SPAN_PUT] = "INSERT INTO audit_span (number, first_ms, last_ms) VALUES (?, ?, ?)"
                 " ON CONFLICT (number) DO UPDATE SET first_ms = min(first_ms, excluded.first_ms),"
                 " last_ms = max(last_ms, excluded.last_ms)",
    /* Where to begin and to end, of what is sealed; what is not is always looked at. */
    [SPAN_LOW] = "SELECT coalesce((SELECT min(number) FROM audit_span WHERE last_ms >= ?),"
                 " (SELECT max(number) + 1 FROM audit_span), 0)",
    [SPAN_HIGH] = "SELECT coalesce((SELECT max(number) FROM audit_span WHERE first_ms < ?), -1),"
                  " coalesce((SELECT max(number) FROM audit_span), -1)",
    [CHECKPOINT_PUT] =
        "INSERT INTO audit_checkpoint (size, at_ms, note) VALUES (?, ?, ?) ON CONFLICT (size) DO NOTHING",
    [CHECKPOINT_FROM] = "SELECT size, at_ms, note FROM audit_checkpoint WHERE size >= ? ORDER BY size LIMIT 1",
    [CHECKPOINT_LAST] = "SELECT size, at_ms, note FROM audit_checkpoint ORDER BY size DESC LIMIT 1",
    /* Asked once a day: looks at all. */
    [CHECKPOINT_BEFORE] = "SELECT size, at_ms, note FROM audit_checkpoint WHERE at_ms < ? ORDER BY size DESC LIMIT 1",
};
static const struct sqlite_statements sql = {SQLITE_AUDIT, texts};

/* ---- records ---- */

static enum store_err append(struct store_conn *c, const struct store_audit *row)
{
    struct query q = query_start(c, &sql, APPEND);
    query_int(&q, row->at_ms);
    query_text(&q, row->action);
    query_text(&q, row->actor);
    query_int(&q, row->actor_key);
    query_text(&q, row->subject);
    query_int(&q, row->account_id);
    query_text(&q, row->detail);
    if (row->has_source_hash) {
        query_digest(&q, &row->source_hash);
    }
    enum store_err err = query_run(&q);
    if (err != STORE_OK || row->source.len == 0) {
        return err;
    }
    q = query_start(c, &sql, SOURCE);
    query_int(&q, sqlite3_last_insert_rowid(sqlite_of(c)->db));
    query_text(&q, row->source);
    query_blob(&q, row->salt, row->has_source_hash ? sizeof row->salt : 0);
    return query_run(&q);
}

static void read_record(struct query *q, struct arena *a, struct store_audit *out)
{
    out->sequence = column_int(q);
    out->at_ms = column_int(q);
    out->action = column_text(q, a);
    out->actor = column_text(q, a);
    out->actor_key = column_int(q);
    out->subject = column_text(q, a);
    out->account_id = column_int(q);
    out->detail = column_text(q, a);
    out->has_source_hash = sqlite3_column_type(q->stmt, q->next) != SQLITE_NULL;
    column_digest(q, &out->source_hash);
    out->source = (struct cardea_str){"", 0};
}

static enum store_err read_source(struct store_conn *c, struct arena *a, struct store_audit *out)
{
    struct query q = query_start(c, &sql, GET_SOURCE);
    memset(out->salt, 0, sizeof out->salt);
    query_int(&q, out->sequence);
    if (query_row(&q)) {
        out->source = column_text(&q, a);
        struct cardea_str salt = column_text(&q, NULL);
        memcpy(out->salt, salt.ptr, salt.len < sizeof out->salt ? salt.len : sizeof out->salt);
    }
    return query_end(&q);
}

static enum store_err get(struct store_conn *c, struct arena *a, int64_t sequence, struct store_audit *out)
{
    struct query q = query_start(c, &sql, GET);
    query_int(&q, sequence);
    bool found = query_row(&q);
    if (found) {
        read_record(&q, a, out);
    }
    enum store_err err = query_end_found(&q, found);
    return err == STORE_OK ? read_source(c, a, out) : err;
}

/* Narrows what is looked through to the spans that may hold such times. */
static enum store_err narrow(struct store_conn *c, const struct store_audit_filter *f, int64_t *low, int64_t *high)
{
    enum store_err err = STORE_OK;
    if (f->from_ms) {
        int64_t number = 0;
        struct query q = query_start(c, &sql, SPAN_LOW);
        query_int(&q, f->from_ms);
        err = query_value(&q, &number);
        *low = number * STORE_AUDIT_SPAN + 1;
    }
    if (err == STORE_OK && f->to_ms) {
        int64_t number = -1, last = -1;
        struct query q = query_start(c, &sql, SPAN_HIGH);
        query_int(&q, f->to_ms);
        if (query_row(&q)) {
            number = column_int(&q);
            last = column_int(&q);
        }
        err = query_end(&q);
        int64_t end = (number + 1) * STORE_AUDIT_SPAN + 1;
        if (number < last && end < *high) {
            *high = end;
        }
    }
    return err;
}

static bool matches(const struct store_audit *row, const struct store_audit_filter *f)
{
    return (!f->account_id || row->account_id == f->account_id) && (!f->actor.len || str_eq(row->actor, f->actor)) &&
           (!f->subject.len || str_eq(row->subject, f->subject)) &&
           (!f->action.len ||
            (f->action_begins ? str_starts(row->action, f->action) : str_eq(row->action, f->action))) &&
           (!f->from_ms || row->at_ms >= f->from_ms) && (!f->to_ms || row->at_ms < f->to_ms);
}

/* What it points to goes into the arena only when it is wanted. */
static void keep(struct arena *a, struct store_audit *row)
{
    row->action = arena_str(a, row->action);
    row->actor = arena_str(a, row->actor);
    row->subject = arena_str(a, row->subject);
    row->detail = arena_str(a, row->detail);
}

static struct query start_list(struct store_conn *c, const struct store_audit_filter *f, int64_t low, int64_t high)
{
    bool person = !f->subject.len && str_starts(f->actor, STR("usr_"));
    struct query q = query_start(c, &sql,
                                 f->subject.len  ? OF_SUBJECT
                                 : person        ? OF_PERSON
                                 : f->account_id ? OF_ACCOUNT
                                                 : ANY);
    query_int(&q, low);
    query_int(&q, high);
    if (f->subject.len || person) {
        query_text(&q, person ? f->actor : f->subject);
    } else if (f->account_id) {
        query_int(&q, f->account_id);
    }
    return q;
}

static enum store_err list(struct store_conn *c, struct arena *a, const struct store_audit_filter *f,
                           struct store_audit *out, size_t *count, int64_t *next)
{
    int64_t low = 1, high = f->before ? f->before : INT64_MAX, last = high;
    size_t looked = 0;
    bool more = true;
    *count = 0;
    *next = 0;
    enum store_err err = narrow(c, f, &low, &high);
    if (err != STORE_OK) {
        return err;
    }
    struct query q = start_list(c, f, low, high);
    for (; looked < STORE_AUDIT_LOOK && (more = query_row(&q)); looked++) {
        struct store_audit row;
        read_record(&q, NULL, &row);
        if (matches(&row, f)) {
            if (*count == f->limit) {
                break; /* one more is what tells that another page follows */
            }
            keep(a, &row);
            out[(*count)++] = row;
        }
        last = row.sequence;
    }
    *next = more ? last : 0;
    err = query_end(&q);
    for (size_t i = 0; i < *count && err == STORE_OK; i++) {
        err = read_source(c, a, &out[i]);
    }
    return err;
}

static enum store_err each(struct store_conn *c, int64_t first, size_t limit, store_audit_fn fn, void *arg)
{
    struct query q = query_start(c, &sql, EACH);
    enum store_err stopped = STORE_OK;
    query_int(&q, first);
    query_int(&q, (int64_t)limit);
    while (stopped == STORE_OK && query_row(&q)) {
        struct store_audit row;
        read_record(&q, NULL, &row);
        stopped = fn(arg, &row);
    }
    enum store_err err = query_end(&q);
    return err == STORE_OK ? stopped : err;
}

static enum store_err first_sequence(struct store_conn *c, int64_t *sequence)
{
    struct query q = query_start(c, &sql, FIRST);
    return query_value(&q, sequence);
}

static enum store_err count_all(struct store_conn *c, int64_t *out)
{
    struct query q = query_start(c, &sql, COUNT);
    return query_value(&q, out);
}

/* ---- what goes ---- */

static enum store_err run_bounded(struct store_conn *c, int which, int64_t before, size_t limit, int64_t *count)
{
    struct query q = query_start(c, &sql, which);
    query_int(&q, before);
    query_int(&q, (int64_t)limit);
    enum store_err err = query_run(&q);
    *count = err == STORE_OK ? sqlite3_changes64(sqlite_of(c)->db) : 0;
    return err;
}

static enum store_err prune(struct store_conn *c, int64_t before, size_t limit, int64_t *count)
{
    enum store_err err = run_bounded(c, PRUNE_SOURCES, before, limit, count);
    if (err == STORE_OK) {
        err = run_bounded(c, PRUNE_CHECKPOINTS, before, limit, count);
    }
    return err == STORE_OK ? run_bounded(c, PRUNE, before, limit, count) : err;
}

static enum store_err erase_sources(struct store_conn *c, int64_t before, size_t limit, int64_t *count)
{
    return run_bounded(c, ERASE_SOURCES, before, limit, count);
}

static enum store_err erase_actor(struct store_conn *c, struct cardea_str actor)
{
    struct query q = query_start(c, &sql, ERASE_ACTOR);
    query_text(&q, actor);
    return query_run(&q);
}

/* ---- tiles ---- */

static int64_t tile_id(unsigned level, uint64_t number)
{
    return (int64_t)((uint64_t)level << 48 | number);
}

static enum store_err tile_put(struct store_conn *c, unsigned level, uint64_t number, struct cardea_str hashes)
{
    struct query q = query_start(c, &sql, TILE_PUT);
    query_int(&q, tile_id(level, number));
    query_blob(&q, hashes.ptr, hashes.len);
    return query_run(&q);
}

static enum store_err tile_get(struct store_conn *c, struct arena *a, unsigned level, uint64_t number,
                               struct cardea_str *out)
{
    struct query q = query_start(c, &sql, TILE_GET);
    query_int(&q, tile_id(level, number));
    bool found = query_row(&q);
    if (found) {
        *out = column_text(&q, a);
    }
    return query_end_found(&q, found);
}

static enum store_err sealed(struct store_conn *c, unsigned width, uint64_t *size)
{
    struct query q = query_start(c, &sql, TILE_LAST);
    *size = 0;
    if (query_row(&q)) {
        uint64_t number = (uint64_t)column_int(&q);
        *size = number * width + (uint64_t)column_int(&q) / CARDEA_DIGEST_LEN;
    }
    return query_end(&q);
}

static enum store_err span_put(struct store_conn *c, int64_t number, int64_t first_ms, int64_t last_ms)
{
    struct query q = query_start(c, &sql, SPAN_PUT);
    query_int(&q, number);
    query_int(&q, first_ms);
    query_int(&q, last_ms);
    return query_run(&q);
}

/* ---- checkpoints ---- */

static enum store_err checkpoint_put(struct store_conn *c, const struct store_checkpoint *row)
{
    struct query q = query_start(c, &sql, CHECKPOINT_PUT);
    query_int(&q, row->size);
    query_int(&q, row->at_ms);
    query_text(&q, row->note);
    return query_run(&q);
}

static enum store_err read_checkpoint(struct query *q, struct arena *a, struct store_checkpoint *out)
{
    bool found = query_row(q);
    if (found) {
        out->size = column_int(q);
        out->at_ms = column_int(q);
        out->note = column_text(q, a);
    }
    return query_end_found(q, found);
}

static enum store_err checkpoint_from(struct store_conn *c, struct arena *a, int64_t size, struct store_checkpoint *out)
{
    struct query q = query_start(c, &sql, CHECKPOINT_FROM);
    query_int(&q, size);
    return read_checkpoint(&q, a, out);
}

static enum store_err checkpoint_last(struct store_conn *c, struct arena *a, struct store_checkpoint *out)
{
    struct query q = query_start(c, &sql, CHECKPOINT_LAST);
    return read_checkpoint(&q, a, out);
}

static enum store_err checkpoint_before(struct store_conn *c, struct arena *a, int64_t at_ms,
                                        struct store_checkpoint *out)
{
    struct query q = query_start(c, &sql, CHECKPOINT_BEFORE);
    query_int(&q, at_ms);
    return read_checkpoint(&q, a, out);
}

const struct store_backend_audit sqlite_audit = {
    .append = append,
    .get = get,
    .list = list,
    .each = each,
    .first = first_sequence,
    .count = count_all,
    .prune = prune,
    .erase_sources = erase_sources,
    .erase_actor = erase_actor,
    .tile_put = tile_put,
    .tile_get = tile_get,
    .sealed = sealed,
    .span_put = span_put,
    .checkpoint_put = checkpoint_put,
    .checkpoint_from = checkpoint_from,
    .checkpoint_last = checkpoint_last,
    .checkpoint_before = checkpoint_before,
};
