/* The log as lines for a verifier: records, the hashes that the tree has of them, and checkpoints. */
#include "service/audit.h"

#include "base/base64.h"
#include "base/json_write.h"
#include "base/str.h"
#include "service/audit_log.h"

/* So much, and a record, and the hashes beside them: a reply holds that. */
#define TEXT_ENOUGH (8u << 20)

struct export
{
    struct service_call *c;
    const char *log;
    struct buf *out;
    struct audit_tiles source;
    struct tile_reader reader;
    uint64_t at;                  /* the record that comes next */
    uint64_t run;                 /* the first whose hash is not written yet */
    struct store_checkpoint sign; /* the next that is to be written; size 0: none */
    bool failed, full;
};

static void write_hash(struct json_writer *w, const struct cardea_digest *hash)
{
    char text[BASE64_TEXT_LEN(CARDEA_DIGEST_LEN)];
    jw_str(w, (struct cardea_str){text, base64_encode(hash->bytes, CARDEA_DIGEST_LEN, text)});
}

/* What the records before the first one add up to, so that a verifier can begin there. */
static bool write_head(struct export *x, const struct audit_export *e)
{
    struct json_writer w;
    struct tree_range range;
    if (!tree_range_load(e->from, tile_reader_node, &x->reader, &range))
        return false;
    jw_init(&w, x->out);
    jw_object_begin(&w);
    jw_member_str(&w, "origin", str_of(audit_log_key(x->c->svc)->name));
    jw_member_int(&w, "from", (int64_t)e->from);
    jw_member_int(&w, "to", (int64_t)e->to);
    jw_name(&w, "subtrees");
    jw_array_begin(&w);
    for (unsigned i = 0; i < range.count; i++)
        write_hash(&w, &range.peaks[i]);
    jw_array_end(&w);
    jw_object_end(&w);
    buf_add_char(x->out, '\n');
    return true;
}

/* The tree's own hashes, not those of the rows: where a row was changed, they tell which. */
static bool write_leaves(struct export *x, uint64_t end)
{
    uint8_t hashes[TILE_WIDTH * CARDEA_DIGEST_LEN];
    char text[BASE64_TEXT_LEN(sizeof(hashes))];
    struct json_writer w;
    size_t len = 0;
    for (uint64_t i = x->run; i < end; i++) {
        struct cardea_digest leaf;
        if (!tile_reader_node(&x->reader, 0, i, &leaf))
            return false;
        memcpy(hashes + len, leaf.bytes, CARDEA_DIGEST_LEN);
        len += CARDEA_DIGEST_LEN;
    }
    jw_init(&w, x->out);
    jw_object_begin(&w);
    jw_member_int(&w, "leaves_from", (int64_t)x->run);
    jw_member_str(&w, "leaves", (struct cardea_str){text, base64_encode(hashes, len, text)});
    jw_object_end(&w);
    buf_add_char(x->out, '\n');
    x->run = end;
    return true;
}

static bool find_checkpoint(struct export *x, uint64_t from)
{
    enum store_err err = store_checkpoint_from(x->c->db, x->c->arena, (int64_t)from, &x->sign);
    if (err == STORE_NOTFOUND)
        x->sign.size = 0;
    return err == STORE_OK || err == STORE_NOTFOUND;
}

static bool write_checkpoint(struct export *x)
{
    struct json_writer w;
    jw_init(&w, x->out);
    jw_object_begin(&w);
    jw_member_int(&w, "size", x->sign.size);
    jw_member_str(&w, "checkpoint", x->sign.note);
    jw_object_end(&w);
    buf_add_char(x->out, '\n');
    return find_checkpoint(x, (uint64_t)x->sign.size + 1);
}

/* Up to the record `to`: hashes at the end of each tile, checkpoints where they were signed. */
static bool go_to(struct export *x, uint64_t to)
{
    while (x->at < to) {
        uint64_t next = (x->at / TILE_WIDTH + 1) * TILE_WIDTH;
        if (x->sign.size && (uint64_t)x->sign.size < next && (uint64_t)x->sign.size > x->at)
            next = (uint64_t)x->sign.size;
        if (next > to) {
            x->at = to;
            break;
        }
        x->at = next;
        if ((next % TILE_WIDTH == 0 || next == (uint64_t)x->sign.size) && x->run < next && !write_leaves(x, next))
            return false;
        if (next == (uint64_t)x->sign.size && !write_checkpoint(x))
            return false;
    }
    return true;
}

static enum store_err write_row(void *arg, const struct store_audit *row)
{
    struct export *x = arg;
    struct audit_record record = audit_record_of(row);
    x->full = x->out->len > TEXT_ENOUGH;
    x->failed = !go_to(x, record.index);
    if (x->failed || x->full)
        return STORE_UNAVAILABLE;
    record_write(x->out, x->log, &record);
    buf_add_char(x->out, '\n');
    return STORE_OK;
}

/* Where the log begins, and where it ends. */
static enum service_err set_bounds(struct service_call *c, struct audit_export *e)
{
    struct store_checkpoint last, found;
    int64_t first = 1;
    enum store_err err = store_checkpoint_last(c->db, c->arena, &last);
    if (err == STORE_NOTFOUND)
        return service_fail(c, SERVICE_NOTFOUND, "not_found",
                            "No checkpoint was signed yet: the first one is, a minute after the start at most.");
    if (err == STORE_OK && e->to == AUDIT_SIZE_LAST)
        e->to = (uint64_t)last.size;
    if (err == STORE_OK)
        err = store_checkpoint_from(c->db, c->arena,
                                    (int64_t)(e->to < (uint64_t)last.size ? e->to : (uint64_t)last.size), &found);
    if (err == STORE_OK && (uint64_t)found.size != e->to)
        return service_invalid(c, "query/to", "No checkpoint was signed at this size.",
                               "Leave it out for the last one.");
    if (err == STORE_OK)
        err = store_audit_first(c->db, &first);
    if (err == STORE_NOTFOUND)
        first = (int64_t)e->to + 1, err = STORE_OK;
    if (err != STORE_OK)
        return service_store_error(c, err);
    if (e->from < (uint64_t)first - 1)
        e->from = (uint64_t)first - 1;
    return e->from <= e->to ? SERVICE_OK
                            : service_invalid(c, "query/from", "The last checkpoint is before that.",
                                              "Send a record's index that is below the checkpoint's size.");
}

enum service_err service_audit_export(struct service_call *c, struct audit_export *e, struct buf *out)
{
    struct export x = {.c = c, .log = audit_log_key(c->svc)->id, .out = out, .source = {c->db, c->arena}};
    if (c->actor.kind != ACTOR_ROOT && c->actor.kind != ACTOR_SYSTEM)
        return service_fail(c, SERVICE_FORBIDDEN, "forbidden", "Only the root key may export the whole log.");
    enum service_err err = set_bounds(c, e);
    if (err != SERVICE_OK)
        return err;
    x.reader = (struct tile_reader){.load = audit_tiles_load, .arg = &x.source};
    x.at = x.run = e->from;
    e->next = e->to - e->from > e->limit ? e->from + e->limit : e->to;
    bool ok = find_checkpoint(&x, e->from + 1) && write_head(&x, e);
    enum store_err stored = ok ? store_audit_each(c->db, (int64_t)e->from + 1, (size_t)(e->next - e->from), write_row,
                                                  &x)
                               : STORE_OK;
    if (x.full)
        e->next = x.at;
    else if (stored != STORE_OK && !x.failed)
        return service_store_error(c, stored);
    ok = ok && !x.failed && go_to(&x, e->next) && (x.run == e->next || write_leaves(&x, e->next));
    return ok ? SERVICE_OK
              : service_fail(c, SERVICE_CONFLICT, "audit_broken",
                             "The log lacks hashes that it once had: it was changed.");
}
