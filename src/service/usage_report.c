#include "service/usage_report.h"

#include "base/id.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "service/accounts.h"
#include "service/keys.h"

#define HOUR 3600

/* "2026-11-21T08:00:00Z", "2026-11-21", "2026-11" */
static bool parse_time(struct service_call *c, struct cardea_str text, int64_t *out)
{
    if (text.len == 7)
        text = arena_printf(c->arena, "%.*s-01", STR_ARG(text));
    if (text.len == 10)
        text = arena_printf(c->arena, "%.*sT00:00:00Z", STR_ARG(text));
    return timefmt_parse(text, out);
}

static enum service_err bad_time(struct service_call *c, const char *location)
{
    return service_invalid(
        c, location, "It is not a time.",
        "Send one in RFC 3339, such as 2026-11-21T08:00:00Z, a day (2026-11-21) or a month (2026-11).");
}

/* Whole hours: from begins in the first, to ends with the last. */
static enum service_err read_range(struct service_call *c, const struct usage_query *in, struct store_usage_filter *f)
{
    int64_t from = 0, to = c->now + 1; /* this hour, too */
    if (in->to.len && !parse_time(c, in->to, &to))
        return bad_time(c, "query/to");
    if (in->from.len && !parse_time(c, in->from, &from))
        return bad_time(c, "query/from");
    f->to = (to + HOUR - 1) / HOUR;
    f->from = in->from.len ? from / HOUR : f->to - (int64_t)USAGE_DEFAULT_DAYS * 24;
    if (f->from < f->to)
        return SERVICE_OK;
    return in->to.len ? service_invalid(c, "query/to", "It is not after `from`.", "Send a later time, or none.")
                      : service_invalid(c, "query/from", "It is in the future.", "Send an earlier time, or none.");
}

/* NULL, or what is wrong with it. */
static const char *take_word(struct store_usage_filter *f, struct cardea_str word)
{
    static const struct {
        const char *name;
        enum store_usage_bucket bucket;
    } buckets[] = {{"hour", STORE_USAGE_HOURS}, {"day", STORE_USAGE_DAYS}, {"month", STORE_USAGE_MONTHS}};
    for (size_t i = 0; i < sizeof(buckets) / sizeof(buckets[0]); i++)
        if (str_eq(word, str_of(buckets[i].name))) {
            bool first = f->bucket == STORE_USAGE_NO_TIME;
            f->bucket = buckets[i].bucket;
            return first ? NULL : "Two of hour, day and month are named.";
        }
    bool *flag = str_eq(word, STR("account"))       ? &f->by_account
                 : str_eq(word, STR("key"))         ? &f->by_key
                 : str_eq(word, STR("outcome"))     ? &f->by_outcome
                 : str_eq(word, STR("route_group")) ? &f->by_group
                                                    : NULL;
    if (!flag)
        return "There is no such way to group.";
    *flag = true;
    return NULL;
}

static enum service_err read_by(struct service_call *c, struct cardea_str by, struct store_usage_filter *f)
{
    struct cardea_str rest = by.len ? by : STR("day"), word;
    while (str_cut(&rest, ',', &word)) {
        const char *wrong = take_word(f, str_trim(word));
        if (wrong)
            return service_invalid(
                c, "query/by", wrong,
                "Send hour, day or month, and any of account, key, outcome, route_group, with commas.");
    }
    return SERVICE_OK;
}

/* The account decides who may see it; a key of another one is not there. */
static enum service_err read_subject(struct service_call *c, const struct usage_query *in, struct store_usage_filter *f)
{
    struct store_key key;
    if (in->key.len && !id_parse(in->key, "key", &f->key_id))
        return service_invalid(c, "query/key", "It is not a key's id.", "Send one such as key_01jd3v8k2m4ta.");
    enum service_err failed = service_account_filter(c, in->account, &f->account_id);
    if (failed != SERVICE_OK || !f->key_id)
        return failed;
    enum store_err err = store_key_get(c->db, c->arena, f->key_id, &key);
    if (err == STORE_NOTFOUND || (err == STORE_OK && f->account_id && key.account_id != f->account_id))
        return service_fail(c, SERVICE_NOTFOUND, "not_found", "There is no such key.");
    f->account_id = err == STORE_OK ? key.account_id : 0;
    return err == STORE_OK ? SERVICE_OK : service_store_error(c, err);
}

enum service_err service_usage_report(struct service_call *c, const struct usage_query *in, struct usage_report *out)
{
    *out = (struct usage_report){.filter = {.limit = USAGE_ROWS_MAX + 1}};
    enum service_err err = read_range(c, in, &out->filter);
    if (err == SERVICE_OK)
        err = read_by(c, in->by, &out->filter);
    if (err == SERVICE_OK)
        err = service_key_manages(c);
    if (err == SERVICE_OK)
        err = read_subject(c, in, &out->filter);
    if (err != SERVICE_OK)
        return err;
    out->rows = arena_array(c->arena, out->filter.limit, sizeof(*out->rows));
    enum store_err stored = store_usage_sums(c->db, c->arena, &out->filter, out->rows, &out->count);
    if (stored != STORE_OK)
        return service_store_error(c, stored);
    if (out->count > USAGE_ROWS_MAX)
        return service_invalid(c, "query/by", "That is more than 10000 rows.",
                               "Group by less, or ask for a shorter time.");
    return SERVICE_OK;
}

static enum store_err read_names(struct service_call *c, struct arena *scratch, const struct store_usage_sum *row,
                                 struct usage_names *out)
{
    struct store_account account;
    struct store_key key;
    enum store_err err = row->account_id ? store_account_get(c->db, scratch, row->account_id, &account)
                                         : STORE_NOTFOUND;
    if (err == STORE_OK) {
        out->profile = arena_str(c->arena, account.profile);
        out->slug = arena_str(c->arena, account.slug);
    }
    if (err == STORE_OK || err == STORE_NOTFOUND)
        err = row->key_id ? store_key_get(c->db, scratch, row->key_id, &key) : STORE_NOTFOUND;
    if (err == STORE_OK) {
        out->prefix = arena_str(c->arena, key.prefix);
        out->name = arena_str(c->arena, key.name);
    }
    return err == STORE_NOTFOUND ? STORE_OK : err;
}

enum service_err service_usage_names(struct service_call *c, const struct usage_report *r, struct usage_names **out)
{
    struct arena scratch = {0};
    enum store_err err = STORE_OK;
    *out = arena_array(c->arena, r->count + 1, sizeof(**out));
    for (size_t i = 0; i < r->count && err == STORE_OK; i++) {
        struct store_usage_sum row = r->rows[i];
        (*out)[i] = (struct usage_names){{0}, {0}, {0}, {0}};
        row.account_id = r->filter.by_account ? row.account_id : 0;
        row.key_id = r->filter.by_key ? row.key_id : 0;
        if (row.account_id || row.key_id)
            err = read_names(c, &scratch, &row, &(*out)[i]);
        arena_clear(&scratch);
    }
    arena_release(&scratch);
    return err == STORE_OK ? SERVICE_OK : service_store_error(c, err);
}
