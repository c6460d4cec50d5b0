/* Small named values, and the feed. */
#include "store/sqlite/sqlite.h"

#include <string.h>

enum { GET, PUT, FEED_APPEND, FEED_POSITION, FEED_SINCE, FEED_TRIM, NEXT_ORDINAL };
static const char *const texts[] = {
    [GET] = "SELECT value FROM meta WHERE name = ?",
    [PUT] = "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    [FEED_APPEND] = "INSERT INTO feed (position, entity, id, other_id) VALUES (?, ?, ?, ?)",
    [FEED_POSITION] = "SELECT coalesce(max(position), 0) FROM feed",
    [FEED_SINCE] = "SELECT position, entity, id, other_id FROM feed WHERE position > ? ORDER BY position",
    [FEED_TRIM] = "DELETE FROM feed WHERE position <= (SELECT max(position) FROM feed) - ?",
    [NEXT_ORDINAL] = "SELECT coalesce(max(ordinal) + 1, 0) FROM api_key",
};
static const struct sqlite_statements sql = {SQLITE_META, texts};

static enum store_err meta_get(struct store_conn *c, struct arena *a, const char *name, struct cardea_str *out)
{
    struct query q = query_start(c, &sql, GET);
    query_text(&q, (struct cardea_str){name, strlen(name)});
    bool found = query_row(&q);
    if (found) {
        *out = column_text(&q, a);
    }
    return query_end_found(&q, found);
}

static enum store_err meta_put(struct store_conn *c, const char *name, struct cardea_str value)
{
    struct query q = query_start(c, &sql, PUT);
    query_text(&q, (struct cardea_str){name, strlen(name)});
    query_blob(&q, value.ptr, value.len);
    return query_run(&q);
}

/* ---- feed ---- */

enum store_err sqlite_touch(struct store_conn *conn, enum store_entity entity, int64_t id, int64_t other_id)
{
    struct sqlite_conn *c = sqlite_of(conn);
    struct store_touch touch = {entity, id, other_id, c->now.position + 1};
    struct query q = query_start(conn, &sql, FEED_APPEND);
    query_int(&q, touch.position);
    query_int(&q, entity);
    query_int(&q, id);
    query_int(&q, other_id);
    enum store_err err = query_run(&q);
    if (err == STORE_OK) {
        c->now.position = touch.position;
        store_conn_touch(conn, &touch);
    }
    return err;
}

enum store_err sqlite_trim_feed(struct sqlite_conn *c)
{
    struct query q = query_start(&c->base, &sql, FEED_TRIM);
    query_int(&q, SQLITE_FEED_KEPT);
    return query_run(&q);
}

static enum store_err feed_position(struct store_conn *c, int64_t *out)
{
    struct query q = query_start(c, &sql, FEED_POSITION);
    return query_value(&q, out);
}

enum store_err sqlite_load_counters(struct sqlite_conn *c)
{
    enum store_err err = feed_position(&c->base, &c->now.position);
    if (err != STORE_OK) {
        return err;
    }
    struct query q = query_start(&c->base, &sql, NEXT_ORDINAL);
    return query_value(&q, &c->now.ordinal);
}

static enum store_err feed_since(struct store_conn *c, int64_t position, store_touch_fn each, void *arg)
{
    struct query q = query_start(c, &sql, FEED_SINCE);
    query_int(&q, position);
    int64_t last = position;
    enum store_err stopped = STORE_OK;
    while (stopped == STORE_OK && query_row(&q)) {
        struct store_touch t = {.position = column_int(&q)};
        t.entity = (enum store_entity)column_int(&q);
        t.id = column_int(&q);
        t.other_id = column_int(&q);
        /* Positions are dense: a gap is where the feed was trimmed. */
        stopped = t.position == last + 1 ? each(arg, &t) : STORE_NOTFOUND;
        last = t.position;
    }
    enum store_err err = query_end(&q);
    if (err != STORE_OK || stopped != STORE_OK || last > position) {
        return err != STORE_OK ? err : stopped;
    }
    /* Nothing came: the follower is up to date, or has seen positions that this store (an older copy?) has not. */
    int64_t newest = 0;
    err = feed_position(c, &newest);
    return err == STORE_OK && position > newest ? STORE_NOTFOUND : err;
}

const struct store_backend_meta sqlite_meta = {meta_get, meta_put, feed_position, feed_since};
