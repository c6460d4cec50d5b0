#include "service/leaks.h"

#include <stdatomic.h>

#include "base/json_write.h"
#include "base/str.h"
#include "jose/report.h"
#include "service/keys_internal.h"
#include "service/reminders.h"

#define DETAIL_MAX 4096
#define SOURCE_MAX 64
#define URL_MAX    1000

/* What strangers say goes into records and reasons: a word, or none. */
static struct cardea_str plain_source(struct cardea_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!((text.ptr[i] >= 'a' && text.ptr[i] <= 'z') || (text.ptr[i] >= '0' && text.ptr[i] <= '9') ||
              text.ptr[i] == '_'))
            return STR("unknown");
    return text.len && text.len <= SOURCE_MAX ? text : STR("unknown");
}

/* An address to be shown, which must not be where the key is told once more. */
static struct cardea_str plain_url(struct cardea_str text, struct cardea_str token)
{
    static const struct cardea_str none;
    if (!(str_starts(text, STR("https://")) || str_starts(text, STR("http://"))) || text.len > URL_MAX)
        return none;
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] <= ' ' || text.ptr[i] > '~' || text.ptr[i] == '"' || text.ptr[i] == '\\')
            return none;
    return memmem(text.ptr, text.len, token.ptr, token.len) ? none : text;
}

static struct cardea_str detail_of(struct service_call *c, const struct store_key *row, struct cardea_str source,
                                   struct cardea_str url, bool revoked)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, DETAIL_MAX);
    jw_init(&w, &b);
    jw_object_begin(&w);
    jw_member_str(&w, "prefix", row->prefix);
    jw_member_str(&w, "kind", row->kind);
    jw_member_str(&w, "source", source);
    jw_member_str_or_null(&w, "url", url);
    jw_member_bool(&w, "revoked", revoked);
    jw_object_end(&w);
    struct cardea_str detail = b.failed ? STR("{}") : arena_str(c->arena, buf_str(&b));
    buf_release(&b);
    return detail;
}

static enum service_err take(struct service_call *c, struct leak *leak, struct store_key *row)
{
    struct cardea_str source = plain_source(leak->source), url = plain_url(leak->url, leak->token);
    bool revoke = !c->svc->leaks_flag;
    leak->known = true;
    if (row->state == CARDEA_KEY_REVOKED ||
        (!revoke && !service_tell_again(c, row->id, STR("key.leaked"), LEAK_TOLD_SEC)))
        return SERVICE_OK;
    enum service_err err = service_record(c, "key.leaked", "key", row->id, row->account_id,
                                          detail_of(c, row, source, url, revoke));
    if (err == SERVICE_OK && revoke)
        err = key_revoke_row(c, row, arena_printf(c->arena, "leaked: found in public (%.*s)", STR_ARG(source)));
    leak->revoked = err == SERVICE_OK && revoke;
    leak->told = err == SERVICE_OK;
    return err;
}

enum service_err service_leak(struct service_call *c, struct leak *leak)
{
    struct cardea_digest digest;
    struct store_key row;
    leak->known = leak->revoked = leak->told = false;
    if (leak->token.len == 0 || leak->token.len > CARDEA_KEY_MAX)
        return SERVICE_OK;
    cardea_digest(leak->token, &digest);
    enum store_err err = store_key_by_digest(c->db, c->arena, &digest, &row);
    if (err == STORE_NOTFOUND)
        return SERVICE_OK;
    return err == STORE_OK ? take(c, leak, &row) : service_store_error(c, err);
}

enum leak_trust service_leaks_trust(const struct service *svc, struct cardea_str key_name, struct cardea_str signature,
                                    struct cardea_str body)
{
    const struct report_keys *keys = atomic_load(&svc->leak_keys);
    if (!keys)
        return LEAK_NOBODY;
    return report_check(keys, key_name, signature, body) == REPORT_SIGNED ? LEAK_SIGNED : LEAK_UNSIGNED;
}

void service_leaks_count(struct service *svc, bool taken, const struct leak *leaks, size_t count)
{
    counter_add(&svc->counters.leak_reports[taken], 1);
    for (size_t i = 0; i < count; i++) {
        enum leak_outcome outcome = !leaks[i].known    ? LEAK_UNKNOWN
                                    : leaks[i].revoked ? LEAK_REVOKED
                                    : leaks[i].told    ? LEAK_FLAGGED
                                                       : LEAK_REPEATED;
        counter_add(&svc->counters.leak_matches[outcome], 1);
    }
}
