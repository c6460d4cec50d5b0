/* The audit log: its records, its checkpoints, and proofs about them. */
#include <stdio.h>

#include "base/str.h"
#include "http/page.h"
#include "http/render_audit.h"
#include "http/route_audit.h"
#include "http/routes.h"
#include "service/audit.h"
#include "service/audit_log.h"

/* ---- records ---- */

static void audit_list(struct call *c)
{
    struct page page;
    struct json_writer w;
    size_t count;
    int64_t next;
    if (!page_read(c, AUDIT_CURSOR, &page)) {
        call_refuse(c);
        return;
    }
    struct audit_list in = {.account = call_query(c, "account"),
                            .actor = call_query(c, "actor"),
                            .subject = call_query(c, "subject"),
                            .action = call_query(c, "action"),
                            .from = call_query(c, "from"),
                            .to = call_query(c, "to"),
                            .before = page.after,
                            .limit = page.limit};
    struct store_audit *rows = arena_array(&c->arena, page.limit, sizeof(*rows));
    if (service_audit_list(&c->svc, &in, rows, &count, &next) != SERVICE_OK) {
        call_refuse(c);
        return;
    }
    page_begin(c, &w);
    for (size_t i = 0; i < count; i++)
        render_audit(&w, &rows[i]);
    page_end(&w, &page, next ? page.limit + 1 : 0, next);
}

/* ---- numbers in the query ---- */

static bool read_number(struct call *c, const char *name, const char *location, uint64_t fallback, uint64_t *out)
{
    struct cardea_str text = call_query(c, name);
    bool good = text.len >= 1 && text.len <= 15;
    *out = text.ptr ? 0 : fallback;
    if (!text.ptr)
        return true;
    for (size_t i = 0; good && i < text.len; i++) {
        good = text.ptr[i] >= '0' && text.ptr[i] <= '9';
        *out = *out * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    if (!good)
        service_invalid(&c->svc, location, "It is not a number.", "Send decimal digits.");
    return good;
}

/* ---- checkpoints ---- */

static void write_checkpoint(struct call *c, int status, const struct store_checkpoint *row)
{
    const struct note_key *key = audit_log_key(c->svc.svc);
    char at[RECORD_TIME_LEN], text[NOTE_KEY_MAX];
    struct checkpoint opened;
    struct json_writer w;
    if (checkpoint_open(row->note, key, &opened, NULL) != CHECKPOINT_OK) {
        call_problem(c, 409, "audit_broken", "The last checkpoint in the store is not one that this log signed.");
        return;
    }
    record_time(at, row->at_ms);
    call_json(c, status, &w);
    jw_object_begin(&w);
    jw_member_str(&w, "origin", str_of(opened.origin));
    jw_member_int(&w, "size", (int64_t)opened.size);
    render_audit_hash(&w, "root_hash", &opened.root);
    jw_member_str(&w, "signed_at", str_of(at));
    jw_member_str(&w, "checkpoint", row->note);
    jw_member_str(&w, "key", (struct cardea_str){text, note_key_write(key, text)});
    jw_object_end(&w);
}

static void audit_checkpoint(struct call *c)
{
    struct store_checkpoint row;
    if (service_audit_checkpoint(&c->svc, &row) != SERVICE_OK)
        call_refuse(c);
    else
        write_checkpoint(c, 200, &row);
}

static void audit_checkpoint_now(struct call *c)
{
    struct store_checkpoint row;
    if (audit_log_checkpoint_now(&c->svc) != SERVICE_OK || service_audit_checkpoint(&c->svc, &row) != SERVICE_OK)
        call_refuse(c);
    else
        write_checkpoint(c, 200, &row);
}

/* ---- proofs ---- */

static void write_proof(struct json_writer *w, const struct tree_proof *proof)
{
    jw_name(w, "hashes");
    jw_array_begin(w);
    for (size_t i = 0; i < proof->count; i++)
        render_audit_hash(w, NULL, &proof->hashes[i]);
    jw_array_end(w);
}

static void prove_inclusion(struct call *c)
{
    struct audit_inclusion *p = arena_alloc(&c->arena, sizeof(*p));
    struct json_writer w;
    bool good = read_number(c, "index", "query/index", 0, &p->index);
    good &= read_number(c, "size", "query/size", AUDIT_SIZE_LAST, &p->size);
    if (!good || service_audit_inclusion(&c->svc, p) != SERVICE_OK) {
        call_refuse(c);
        return;
    }
    call_json(c, 200, &w);
    jw_object_begin(&w);
    jw_member_int(&w, "index", (int64_t)p->index);
    jw_member_int(&w, "size", (int64_t)p->size);
    render_audit_hash(&w, "leaf_hash", &p->leaf);
    jw_member_str_or_null(&w, "record", p->record);
    write_proof(&w, &p->proof);
    jw_object_end(&w);
}

static void prove_consistency(struct call *c)
{
    struct audit_consistency *p = arena_alloc(&c->arena, sizeof(*p));
    struct json_writer w;
    bool good = read_number(c, "from", "query/from", 0, &p->from);
    good &= read_number(c, "to", "query/to", AUDIT_SIZE_LAST, &p->to);
    if (!good || service_audit_consistency(&c->svc, p) != SERVICE_OK) {
        call_refuse(c);
        return;
    }
    call_json(c, 200, &w);
    jw_object_begin(&w);
    jw_member_int(&w, "from", (int64_t)p->from);
    jw_member_int(&w, "to", (int64_t)p->to);
    write_proof(&w, &p->proof);
    jw_object_end(&w);
}

static void audit_proof(struct call *c)
{
    bool inclusion = call_query(c, "index").ptr != NULL, consistency = call_query(c, "from").ptr != NULL;
    if (inclusion == consistency) {
        service_invalid(&c->svc, "query", "It is not said what is to be proven.",
                        "Send `index` (and `size`) for a record, or `from` (and `to`) for two sizes.");
        call_refuse(c);
    } else if (inclusion) {
        prove_inclusion(c);
    } else {
        prove_consistency(c);
    }
}

/* ---- the whole ---- */

static void audit_export(struct call *c)
{
    struct audit_export e;
    uint64_t limit;
    char next[24];
    bool good = read_number(c, "from", "query/from", 0, &e.from);
    good &= read_number(c, "to", "query/to", AUDIT_SIZE_LAST, &e.to);
    good &= read_number(c, "limit", "query/limit", AUDIT_EXPORT_MAX, &limit);
    if (good && (limit < 1 || limit > AUDIT_EXPORT_MAX)) {
        service_invalid(&c->svc, "query/limit", "The limit is not a number from 1 to 4096.", "Leave it out for 4096.");
        good = false;
    }
    e.limit = (size_t)limit;
    buf_clear(&c->reply);
    if (!good || service_audit_export(&c->svc, &e, &c->reply) != SERVICE_OK) {
        call_refuse(c);
        return;
    }
    c->status = 200;
    c->content_type = "application/jsonl";
    snprintf(next, sizeof(next), "%llu", (unsigned long long)e.next);
    call_add_header(c, "Cardea-Next", next);
}

#define READ \
    .method = CARDEA_GET, .lane = LANE_LOOP, .access = ACCESS_ROOT | ACCESS_USER | ACCESS_KEY, .scope = "audit:read"

static const struct http_route items[] = {
    {READ, .pattern = AUDIT_BASE, .handle = audit_list, .places = PLACE_DASHBOARD, .operation = "audit_list"},
    {READ, .pattern = AUDIT_BASE "/checkpoint", .handle = audit_checkpoint, .places = PLACE_DASHBOARD,
     .operation = "audit_checkpoint"},
    {.method = CARDEA_POST,
     .pattern = AUDIT_BASE "/checkpoint",
     .lane = LANE_WRITER,
     .access = ACCESS_ROOT,
     .handle = audit_checkpoint_now,
     .operation = "audit_checkpoint_now"},
    {READ, .pattern = AUDIT_BASE "/proof", .handle = audit_proof, .places = PLACE_DASHBOARD,
     .operation = "audit_proof"},
    {.method = CARDEA_GET,
     .pattern = AUDIT_BASE "/export",
     .lane = LANE_POLICY,
     .access = ACCESS_ROOT,
     .handle = audit_export,
     .operation = "audit_export"},
};

const struct http_routes routes_audit = {items, sizeof(items) / sizeof(items[0])};
