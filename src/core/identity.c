/* core/identity.c - who the caller is, and what is left of its limit, as headers. */
#include <stdio.h>

#include <cardea/id.h>
#include <cardea/refusal.h>

#include "core/append.h"
#include "core/text.h"

static const struct cardea_str names[CARDEA_IDENTITY_COUNT] = {
    [CARDEA_IDENTITY_KEY_ID] = {"Cardea-Key-Id", 13}, [CARDEA_IDENTITY_ACCOUNT] = {"Cardea-Account", 14},
    [CARDEA_IDENTITY_USER] = {"Cardea-User", 11},     [CARDEA_IDENTITY_AGENT] = {"Cardea-Agent", 12},
    [CARDEA_IDENTITY_SCOPES] = {"Cardea-Scopes", 13}, [CARDEA_IDENTITY_KIND] = {"Cardea-Kind", 11},
};

struct cardea_str cardea_identity_name(enum cardea_identity which)
{
    return names[which];
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool reads_as(struct cardea_str name, struct cardea_str header)
{
    for (size_t i = 0; i < name.len; i++) {
        char have = text_lower(name.ptr[i]);
        char want = text_lower(header.ptr[i]);
        if (have != want && (want != '-' || is_word(have)))
            return false;
    }
    return true;
}

bool cardea_identity_is_claimed(struct cardea_str name)
{
    /* Most names are ruled out here. */
    if (name.len < 11 || text_lower(name.ptr[0]) != 'c' || text_lower(name.ptr[1]) != 'a')
        return false;
    for (size_t i = 0; i < CARDEA_IDENTITY_COUNT; i++) {
        if (names[i].len == name.len && reads_as(name, names[i]))
            return true;
    }
    return false;
}

static void append_id(struct append *a, const char *prefix, uint64_t id)
{
    char text[CARDEA_ID_MAX];
    if (id == 0)
        return;
    if (a->len <= a->cap && a->cap - a->len >= sizeof text)
        a->len += cardea_id_format(a->buf + a->len, prefix, id);
    else
        append_text(a, (struct cardea_str){text, cardea_id_format(text, prefix, id)});
}

static void append_scopes(struct append *a, const struct cardea_profile *p, const struct cardea_scopes *scopes)
{
    size_t begin = a->len;
    for (size_t word = 0; word < sizeof scopes->bits / sizeof *scopes->bits; word++) {
        for (uint64_t left = scopes->bits[word]; left != 0; left &= left - 1) {
            size_t scope = word * 64 + (size_t)__builtin_ctzll(left);
            if (scope >= p->scope_count)
                return;
            if (a->len > begin)
                append_text(a, (struct cardea_str){" ", 1});
            append_cstr(a, p->scopes[scope]);
        }
    }
}

static void append_value(struct append *a, const struct cardea_profile *p, const struct cardea_decision *d,
                         enum cardea_identity which)
{
    switch (which) {
    case CARDEA_IDENTITY_KEY_ID:
        append_id(a, "key", d->key_id);
        break;
    case CARDEA_IDENTITY_ACCOUNT:
        append_id(a, "acc", d->account_id);
        break;
    case CARDEA_IDENTITY_USER:
        append_id(a, "usr", d->user_id);
        break;
    case CARDEA_IDENTITY_AGENT:
        append_id(a, "agt", d->agent_id);
        break;
    case CARDEA_IDENTITY_SCOPES:
        append_scopes(a, p, &d->scopes);
        break;
    case CARDEA_IDENTITY_KIND:
        if ((size_t)d->kind < p->kind_count)
            append_cstr(a, p->kinds[d->kind].name);
        break;
    case CARDEA_IDENTITY_COUNT:
        break;
    }
}

size_t cardea_identity_write(const struct cardea_profile *p, const struct cardea_decision *d, char *buf, size_t cap,
                             struct cardea_str out[CARDEA_IDENTITY_COUNT])
{
    struct append a = {.buf = buf, .cap = cap};
    for (int i = 0; i < CARDEA_IDENTITY_COUNT; i++) {
        size_t begin = a.len;
        if (d->key_id != 0)
            append_value(&a, p, d, (enum cardea_identity)i);
        out[i] = (struct cardea_str){buf != NULL && begin <= cap ? buf + begin : NULL, a.len - begin};
    }
    return a.len;
}

static unsigned seconds_up(uint32_t ms)
{
    return ms / 1000 + (ms % 1000 != 0);
}

size_t cardea_rate_fields(const struct cardea_decision *d, struct cardea_field out[CARDEA_RATE_FIELDS])
{
    if (!d->limited)
        return 0;
    unsigned reset = seconds_up(d->rate_reset_ms);
    out[0].name = "RateLimit-Policy";
    snprintf(out[0].value, sizeof out[0].value, "\"key\";q=%u;w=%u", d->rate.limit, seconds_up(d->rate.window_ms));
    out[1].name = "RateLimit";
    snprintf(out[1].value, sizeof out[1].value, "\"key\";r=%u;t=%u", d->rate_remaining, reset);
    out[2].name = "RateLimit-Limit";
    snprintf(out[2].value, sizeof out[2].value, "%u", d->rate.limit);
    out[3].name = "RateLimit-Remaining";
    snprintf(out[3].value, sizeof out[3].value, "%u", d->rate_remaining);
    out[4].name = "RateLimit-Reset";
    snprintf(out[4].value, sizeof out[4].value, "%u", reset);
    return CARDEA_RATE_FIELDS;
}
