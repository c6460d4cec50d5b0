#include "service/keys_internal.h"

#include "base/str.h"
#include "base/timefmt.h"
#include "service/reminders.h"

#include <stdlib.h>

struct import {
    struct service_call *c;
    struct key_account account;
    struct store_key *rows;
    int *kinds;
    size_t count;
    bool has_current; /* an entry of a kind that replaces was seen */
};

static const char *place(struct import *m, size_t index, const char *member)
{
    return arena_printf(m->c->arena, "/keys/%zu%s", index, member).ptr;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_digest(struct cardea_str text, struct cardea_digest *out)
{
    if (text.len != 2 * sizeof(out->bytes))
        return false;
    for (size_t i = 0; i < sizeof(out->bytes); i++) {
        int high = hex_digit(text.ptr[2 * i]), low = hex_digit(text.ptr[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out->bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static bool is_printable(struct cardea_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] <= ' ' || text.ptr[i] > '~')
            return false;
    return true;
}

/* What only an import brings along. */
static bool check_origin(struct import *m, size_t i, const struct key_import *in, struct store_key *row)
{
    bool well = true;
    if (!parse_digest(in->sha256, &row->digest)) {
        service_invalid(m->c, place(m, i, "/sha256"), "It is not a SHA-256.",
                        "Send the digest of the whole key as 64 hexadecimal digits.");
        well = false;
    }
    if (in->prefix.len > KEY_PREFIX_MAX || !is_printable(in->prefix)) {
        service_invalid(m->c, place(m, i, "/prefix"), "It is not a visible prefix.",
                        "Send at most 32 printable ASCII characters, those that may be shown to people.");
        well = false;
    }
    row->prefix = in->prefix;
    row->created_at = m->c->now;
    if (in->created_at.len && (!timefmt_parse(in->created_at, &row->created_at) || row->created_at > m->c->now)) {
        service_invalid(m->c, place(m, i, "/created_at"), "It is not a time in the past.",
                        "Send a time in RFC 3339, such as \"2025-01-31T12:00:00Z\", or leave it out.");
        well = false;
    }
    return well;
}

static bool check_kind(struct import *m, size_t i, int kind)
{
    uint32_t flags = m->account.profile->core.kinds[kind].flags;
    if (flags & CARDEA_KIND_FOLLOWS_ROLE) {
        service_invalid(m->c, place(m, i, "/kind"), "A key of this kind acts with the role of the user who made it.",
                        "Such keys cannot be imported: make new ones with their users' session tokens.");
        return false;
    }
    if ((flags & CARDEA_KIND_REPLACES) && m->has_current) {
        service_invalid(m->c, place(m, i, "/kind"), "The account has one key of this kind at a time.",
                        "Import the newest one only.");
        return false;
    }
    m->has_current |= (flags & CARDEA_KIND_REPLACES) != 0;
    return true;
}

static enum service_err check_entry(struct import *m, size_t i, struct cardea_str call_kind,
                                    const struct key_import *in)
{
    struct store_key *row = &m->rows[i];
    struct key_rules rules = {.profile = m->account.profile, .at = place(m, i, ""), .imported = true};
    const struct cardea_str kind = in->kind.len ? in->kind : call_kind;
    enum service_err err = key_kind_named(m->c, &m->account, kind, in->kind.len ? place(m, i, "/kind") : "/kind",
                                          &rules.kind);
    if (err != SERVICE_OK)
        return err;
    *row = (struct store_key){
        .account_id = m->account.row.id,
        .kind = str_of(m->account.profile->core.kinds[rules.kind].name),
        .name = STR("imported"),
        .state = CARDEA_KEY_ACTIVE,
    };
    m->kinds[i] = rules.kind;
    err = key_agent_named(m->c, &m->account, rules.kind, in->agent, place(m, i, "/agent"), &row->agent_id);
    if (err != SERVICE_OK && err != SERVICE_INVALID)
        return err;
    bool well = err == SERVICE_OK;
    well &= check_kind(m, i, rules.kind);
    well &= check_origin(m, i, in, row);
    well &= key_input_defaults(m->c, &rules, &in->input, row) == SERVICE_OK;
    well &= key_input_apply(m->c, &rules, &in->input, row) == SERVICE_OK;
    if ((in->input.given & KEY_CREDITS) && !in->input.credits_null)
        row->credits = in->input.credits;
    return well ? SERVICE_OK : SERVICE_INVALID;
}

/* All mistakes that an answer has room for; any other refusal ends it. */
static enum service_err check_entries(struct import *m, struct cardea_str kind, const struct key_import *items)
{
    enum service_err result = SERVICE_OK;
    for (size_t i = 0; i < m->count; i++) {
        enum service_err err = check_entry(m, i, kind, &items[i]);
        if (err != SERVICE_OK && err != SERVICE_INVALID)
            return err;
        if (err == SERVICE_INVALID)
            result = err;
        if (result == SERVICE_INVALID && m->c->problem_count == SERVICE_PROBLEMS_MAX)
            break;
    }
    return result;
}

static enum service_err taken(struct import *m, size_t index, const char *by)
{
    return service_fail(m->c, SERVICE_CONFLICT, "digest_taken",
                        "Entry /keys/%zu: %s has this digest. Nothing was imported.", index, by);
}

static int by_digest(const void *a, const void *b, void *arg)
{
    const struct store_key *rows = arg;
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    int order = memcmp(rows[x].digest.bytes, rows[y].digest.bytes, CARDEA_DIGEST_LEN);
    return order ? order : (x > y) - (x < y);
}

/* Before the first insert, so that nothing has to be taken back. */
static enum service_err check_digests(struct import *m)
{
    size_t *order = arena_array(m->c->arena, m->count, sizeof(*order));
    struct store_key found;
    for (size_t i = 0; i < m->count; i++)
        order[i] = i;
    qsort_r(order, m->count, sizeof(*order), by_digest, m->rows);
    for (size_t i = 1; i < m->count; i++)
        if (cardea_digest_equal(&m->rows[order[i - 1]].digest, &m->rows[order[i]].digest))
            return taken(m, order[i], arena_printf(m->c->arena, "the entry /keys/%zu", order[i - 1]).ptr);
    for (size_t i = 0; i < m->count; i++) {
        enum store_err err = store_key_by_digest(m->c->db, m->c->arena, &m->rows[i].digest, &found);
        if (err == STORE_OK)
            return taken(m, i, "a key that is here already");
        if (err != STORE_NOTFOUND)
            return service_store_error(m->c, err);
    }
    return SERVICE_OK;
}

static enum service_err insert_all(struct import *m, struct key_view *out)
{
    for (size_t i = 0; i < m->count; i++) {
        struct store_key *row = &m->rows[i];
        enum service_err err = key_insert(m->c, row);
        if (err == SERVICE_OK)
            err = service_remind(m->c, &m->account, row, true);
        if (err == SERVICE_OK)
            err = key_replace(m->c, &m->account, m->kinds[i], row);
        if (err == SERVICE_OK)
            err = key_record(m->c, "key.imported", row);
        if (err != SERVICE_OK)
            return err;
        key_view_fill(m->c, &m->account, row, &out[i]);
    }
    return SERVICE_OK;
}

enum service_err service_key_import(struct service_call *c, struct cardea_str account, struct cardea_str kind,
                                    const struct key_import *items, size_t count, struct key_view *out)
{
    struct import m = {.c = c, .count = count};
    enum service_err err = service_key_admit(c, KEY_MAY_IMPORT);
    if (err != SERVICE_OK)
        return err;
    if (count < 1 || count > KEY_IMPORT_MAX)
        return service_invalid(c, "/keys", "There are too few or too many.",
                               arena_printf(c->arena, "Send between 1 and %d keys.", KEY_IMPORT_MAX).ptr);
    if ((err = key_account_named(c, account, "/account", &m.account)) != SERVICE_OK ||
        (err = key_check_open(c, &m.account)) != SERVICE_OK)
        return err;
    m.rows = arena_array(c->arena, count, sizeof(*m.rows));
    m.kinds = arena_array(c->arena, count, sizeof(*m.kinds));
    if ((err = check_entries(&m, kind, items)) != SERVICE_OK || (err = check_digests(&m)) != SERVICE_OK)
        return err;
    return insert_all(&m, out);
}
