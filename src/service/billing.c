#include "service/billing.h"

#include <stdio.h>

#include "base/log.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "service/accounts.h"
#include "service/keys_internal.h"
#include "service/things.h"

#define HOUR       3600
#define DAY        86400
#define LINES_MAX  10000
#define SLICE      200
#define SUCCESSORS 64 /* that a key's balance is followed to */

enum service_err service_billing_admit(struct service_call *c, bool write)
{
    return service_things_admit(c, &things_billing, write);
}

/* ---- months ---- */

static void month_of(int64_t at, int *year, int *month)
{
    char text[TIMEFMT_LEN];
    timefmt_rfc3339(text, at);
    sscanf(text, "%4d-%2d", year, month);
}

static int64_t month_begins(int year, int month)
{
    char text[48];
    int64_t at = 0;
    snprintf(text, sizeof(text), "%04d-%02d-01T00:00:00Z", year, month);
    timefmt_parse(str_of(text), &at);
    return at;
}

static int64_t month_after(int year, int month)
{
    return month == 12 ? month_begins(year + 1, 1) : month_begins(year, month + 1);
}

int64_t billing_next_refill(int64_t now, bool monthly)
{
    int year = 1970, month = 1;
    if (!monthly)
        return (now / DAY + 1) * DAY;
    month_of(now, &year, &month);
    return month_after(year, month);
}

static enum service_err read_month(struct service_call *c, struct cardea_str text, struct billing_statement *out)
{
    int year = 1970, month = 1;
    int64_t at = c->now;
    if (text.len && (text.len != 7 || !timefmt_parse(arena_printf(c->arena, "%.*s-01T00:00:00Z", STR_ARG(text)), &at)))
        return service_invalid(c, "query/month", "It is not a month.",
                               "Send one such as 2026-11, or none for this one.");
    month_of(at, &year, &month);
    snprintf(out->month, sizeof(out->month), "%04d-%02d", (unsigned)year % 10000, (unsigned)month % 100);
    out->from = month_begins(year, month);
    out->to = month_after(year, month);
    return SERVICE_OK;
}

/* ---- a statement ---- */

static enum service_err fill_line(struct service_call *c, int64_t key_id, struct billing_line *out)
{
    struct key_account account;
    struct key_view view;
    enum store_err err = store_key_get(c->db, c->arena, key_id, &out->key);
    if (err == STORE_OK)
        err = store_refill_get(c->db, key_id, &out->refill);
    if (err == STORE_NOTFOUND)
        err = STORE_OK;
    if (err != STORE_OK)
        return service_store_error(c, err);
    enum service_err failed = key_account_get(c, out->key.account_id, &account);
    if (failed == SERVICE_OK) {
        key_view_fill(c, &account, &out->key, &view);
        out->key = view.row;
    }
    return failed;
}

/* The sums are of all keys, also of those that there is no line for. */
static enum service_err fill_groups(struct service_call *c, struct store_usage_filter filter,
                                    struct billing_statement *out)
{
    size_t count;
    filter.by_key = false;
    filter.by_group = true;
    out->groups = arena_array(c->arena, LINES_MAX, sizeof(*out->groups));
    enum store_err err = store_usage_sums(c->db, c->arena, &filter, out->groups, &count);
    for (size_t i = 0; err == STORE_OK && i < count; i++) {
        const struct store_usage_sum sum = out->groups[i];
        out->granted += sum.granted;
        out->refused += sum.refused;
        out->credits += sum.credits;
        if (sum.granted) /* else: refusals, which have no group */
            out->groups[out->group_count++] = sum;
    }
    return err == STORE_OK ? SERVICE_OK : service_store_error(c, err);
}

enum service_err service_billing_statement(struct service_call *c, struct cardea_str account, struct cardea_str month,
                                           struct billing_statement *out)
{
    *out = (struct billing_statement){0};
    enum service_err err = service_billing_admit(c, false);
    if (err == SERVICE_OK)
        err = read_month(c, month, out);
    if (err == SERVICE_OK)
        err = service_account_of_call(c, account, "query/account", &out->account);
    if (err != SERVICE_OK)
        return err;
    struct store_usage_filter filter = {.account_id = out->account.id,
                                        .from = out->from / HOUR,
                                        .to = out->to / HOUR,
                                        .by_key = true,
                                        .limit = LINES_MAX};
    struct store_usage_sum *rows = arena_array(c->arena, LINES_MAX, sizeof(*rows));
    enum store_err stored = store_usage_sums(c->db, c->arena, &filter, rows, &out->count);
    if (stored != STORE_OK)
        return service_store_error(c, stored);
    out->lines = arena_array(c->arena, out->count ? out->count : 1, sizeof(*out->lines));
    for (size_t i = 0; i < out->count; i++) {
        struct billing_line *line = &out->lines[i];
        *line = (struct billing_line){
            .granted = rows[i].granted, .refused = rows[i].refused, .credits = rows[i].credits};
        if ((err = fill_line(c, rows[i].key_id, line)) != SERVICE_OK)
            return err;
    }
    return fill_groups(c, filter, out);
}

/* ---- credits ---- */

static enum service_err set_refill(struct service_call *c, int64_t key_id, const struct billing_change *in)
{
    struct store_refill row = {.key_id = key_id,
                               .credits = in->refill_credits,
                               .monthly = in->monthly,
                               .next_at = billing_next_refill(c->now, in->monthly)};
    enum store_err err = row.credits ? store_refill_put(c->db, &row) : store_refill_remove(c->db, key_id);
    return err == STORE_OK ? SERVICE_OK : service_store_error(c, err);
}

enum service_err service_billing_change(struct service_call *c, struct cardea_str key, const struct billing_change *in,
                                        struct billing_line *out)
{
    struct key_view view;
    int64_t id;
    *out = (struct billing_line){0};
    enum service_err err = service_billing_admit(c, true);
    if (err == SERVICE_OK)
        err = service_key_find(c, key, &id);
    if (err != SERVICE_OK)
        return err;
    struct key_input input = {.given = KEY_CREDITS,
                              .credits_null = in->has_credits && in->credits < 0,
                              .credits = in->has_credits ? in->credits : in->refill_credits};
    bool fills = in->has_credits || (in->has_refill && in->refill_credits);
    err = fills ? service_key_update(c, id, &input, &view) : service_key_get(c, id, &view);
    if (err == SERVICE_OK && in->has_refill)
        err = set_refill(c, id, in);
    return err == SERVICE_OK ? fill_line(c, id, out) : err;
}

/* ---- filled up again ---- */

/* Whether somebody draws on this key's balance still: the key, or what it was rotated to. */
static bool is_drawn(struct service_call *c, const struct store_key *row)
{
    struct store_key next = *row;
    for (int i = 0; i < SUCCESSORS; i++) {
        if (next.state != CARDEA_KEY_REVOKED)
            return i == 0 || next.credits_of == row->id;
        if (!next.rotated_to || store_key_get(c->db, c->arena, next.rotated_to, &next) != STORE_OK)
            return false;
    }
    return false;
}

static enum store_err refill_one(struct service_call *c, const struct store_refill *due)
{
    struct store_key row, before;
    struct store_refill next = *due;
    enum store_err err = store_key_get(c->db, c->arena, due->key_id, &row);
    if (err == STORE_NOTFOUND || (err == STORE_OK && !is_drawn(c, &row)))
        return store_refill_remove(c->db, due->key_id);
    if (err != STORE_OK)
        return err;
    before = row;
    if (key_set_credits(c, &row, due->credits) != SERVICE_OK)
        return STORE_UNAVAILABLE;
    err = store_key_update(c->db, &row);
    if (err == STORE_OK && key_record_change(c, KEY_CREDITS, &before, &row) != SERVICE_OK)
        err = STORE_UNAVAILABLE;
    next.next_at = billing_next_refill(c->now, due->monthly);
    return err == STORE_OK ? store_refill_put(c->db, &next) : err;
}

enum store_err service_billing_refill(struct service *svc, struct store_conn *db, bool *more)
{
    struct store_refill due[SLICE];
    struct arena arena = {0};
    int64_t now_ms = svc->now_ms(svc->now_arg);
    size_t count = 0;
    enum store_err err = store_refill_due(db, now_ms / 1000, SLICE, due, &count);
    for (size_t i = 0; err == STORE_OK && i < count; i++) {
        struct service_call c = {.svc = svc,
                                 .profiles = atomic_load(&svc->profiles),
                                 .db = db,
                                 .arena = &arena,
                                 .actor = {.kind = ACTOR_SYSTEM, .profile = -1},
                                 .now = now_ms / 1000,
                                 .now_ms = now_ms};
        err = refill_one(&c, &due[i]);
        arena_clear(&arena);
    }
    arena_release(&arena);
    *more = err == STORE_OK && count == SLICE;
    if (err != STORE_OK)
        log_warn("credits cannot be filled up: %s", store_error_text(db));
    return err;
}
