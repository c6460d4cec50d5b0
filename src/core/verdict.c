/* core/verdict.c - a decision as JSON. */
#include <stdio.h>
#include <time.h>

#include <cardea/id.h>
#include <cardea/refusal.h>

#include "core/append.h"
#include "core/text.h"

#define LAST_SEC INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

static void add_id(struct append *a, const char *name, const char *prefix, uint64_t id)
{
    char text[CARDEA_ID_MAX];
    append_cstr(a, name);
    if (id == 0) {
        append_cstr(a, "null");
        return;
    }
    append_cstr(a, "\"");
    append_text(a, (struct cardea_str){text, cardea_id_format(text, prefix, id)});
    append_cstr(a, "\"");
}

static void add_number(struct append *a, const char *name, bool known, int64_t number)
{
    char text[32];
    append_cstr(a, name);
    int len = snprintf(text, sizeof text, "%lld", (long long)number);
    append_text(a, known ? (struct cardea_str){text, (size_t)len} : text_of("null"));
}

static void add_scopes(struct append *a, const struct cardea_profile *p, const struct cardea_scopes *scopes)
{
    bool first = true;
    append_cstr(a, ",\"scopes\":[");
    for (size_t i = 0; p != NULL && i < p->scope_count; i++) {
        if (!cardea_scopes_has(scopes, (unsigned)i))
            continue;
        append_cstr(a, first ? "\"" : ",\"");
        append_quoted(a, text_of(p->scopes[i]));
        append_cstr(a, "\"");
        first = false;
    }
    append_cstr(a, "]");
}

static void add_time(struct append *a, int64_t unix_sec)
{
    char text[32];
    struct tm tm;
    time_t clock = unix_sec > LAST_SEC ? LAST_SEC : unix_sec;
    append_cstr(a, ",\"expires_at\":");
    if (unix_sec <= 0 || gmtime_r(&clock, &tm) == NULL) {
        append_cstr(a, "null");
        return;
    }
    size_t len = strftime(text, sizeof text, "\"%Y-%m-%dT%H:%M:%SZ\"", &tm);
    append_text(a, (struct cardea_str){text, len});
}

size_t cardea_verdict(const struct cardea_profile *p, const struct cardea_decision *d, struct cardea_str metadata,
                      char *buf, size_t cap)
{
    struct append a = {.buf = buf, .cap = cap};
    bool found = d->key_id != 0;
    const struct cardea_profile *known = found ? p : NULL;
    append_cstr(&a, d->code == CARDEA_VALID ? "{\"valid\":true,\"code\":\"" : "{\"valid\":false,\"code\":\"");
    append_cstr(&a, cardea_code_name(d->code));
    add_id(&a, "\",\"key_id\":", "key", d->key_id);
    add_id(&a, ",\"account\":", "acc", found ? d->account_id : 0);
    add_id(&a, ",\"user\":", "usr", found ? d->user_id : 0);
    add_id(&a, ",\"agent\":", "agt", found ? d->agent_id : 0);
    append_cstr(&a, ",\"kind\":");
    if (known != NULL && d->kind >= 0 && (size_t)d->kind < known->kind_count) {
        append_cstr(&a, "\"");
        append_quoted(&a, text_of(known->kinds[d->kind].name));
        append_cstr(&a, "\"");
    } else {
        append_cstr(&a, "null");
    }
    add_scopes(&a, known, &d->scopes);
    add_time(&a, found ? d->expires_at : 0);
    append_cstr(&a, ",\"metadata\":");
    append_text(&a, !found || metadata.len == 0 ? text_of("null") : metadata);
    if (found && d->credits_remaining >= 0)
        add_number(&a, ",\"remaining\":", true, d->credits_remaining);
    else
        add_number(&a, ",\"remaining\":", found && d->limited, d->rate_remaining);
    add_number(&a, ",\"retry_after\":", d->code == CARDEA_RATE_LIMITED,
               d->retry_after_ms / 1000 + (d->retry_after_ms % 1000 != 0));
    append_cstr(&a, "}");
    return a.len;
}
