/* core/profile.c - scopes, kinds and error bodies of a profile. */
#include <cardea/authorize.h>

#include <string.h>

#include "core/text.h"

int cardea_profile_scope(const struct cardea_profile *p, struct cardea_str name)
{
    for (size_t i = 0; i < p->scope_count; i++) {
        if (text_equal(text_of(p->scopes[i]), name))
            return (int)i;
    }
    return -1;
}

int cardea_profile_kind(const struct cardea_profile *p, struct cardea_str name)
{
    for (size_t i = 0; i < p->kind_count; i++) {
        if (text_equal(text_of(p->kinds[i].name), name))
            return (int)i;
    }
    return -1;
}

/* The part of a wildcard that must be found at the start of a scope: "prefix:" of "prefix:*", nothing of "*".
 * False when `name` is no wildcard. */
static bool wildcard(struct cardea_str name, struct cardea_str *prefix)
{
    if (name.len == 0 || name.ptr[name.len - 1] != '*')
        return false;
    *prefix = (struct cardea_str){.ptr = name.ptr, .len = name.len - 1};
    return prefix->len == 0 || (prefix->len > 1 && prefix->ptr[prefix->len - 1] == ':');
}

enum cardea_err cardea_scopes_add(struct cardea_scopes *set, const struct cardea_profile *p, struct cardea_str name)
{
    struct cardea_str prefix;
    bool wild = wildcard(name, &prefix);
    bool any = false;
    for (size_t i = 0; i < p->scope_count && i < CARDEA_SCOPES_MAX; i++) {
        struct cardea_str scope = text_of(p->scopes[i]);
        bool granted = wild ? scope.len >= prefix.len && memcmp(scope.ptr, prefix.ptr, prefix.len) == 0
                            : text_equal(scope, name);
        if (granted)
            set->bits[i / 64] |= UINT64_C(1) << i % 64;
        any |= granted;
    }
    return any ? CARDEA_OK : CARDEA_E_NOTFOUND;
}

bool cardea_scopes_has(const struct cardea_scopes *set, unsigned scope)
{
    return scope < CARDEA_SCOPES_MAX && (set->bits[scope / 64] >> scope % 64 & 1) != 0;
}

bool cardea_scopes_cover(const struct cardea_scopes *a, const struct cardea_scopes *b)
{
    uint64_t lacking = 0;
    for (unsigned i = 0; i < CARDEA_SCOPES_MAX / 64; i++)
        lacking |= b->bits[i] & ~a->bits[i];
    return lacking == 0;
}

#define FIELD_BYTES_MAX    200
#define FIELD_SEGMENTS_MAX 16

const char *cardea_scan_field_mistake(struct cardea_str pointer)
{
    size_t segments = 0;
    if (pointer.len == 0 || pointer.ptr[0] != '/')
        return "a JSON pointer begins with `/`";
    if (pointer.len > FIELD_BYTES_MAX)
        return "it is longer than 200 bytes";
    for (size_t i = 0; i < pointer.len; i++) {
        unsigned char c = (unsigned char)pointer.ptr[i];
        bool last = i + 1 == pointer.len;
        if (c <= ' ' || c == 0x7f || c == '"' || c == '\\')
            return "blanks, quotes, backslashes and control characters have no place in it";
        if (c == '~' && (last || (pointer.ptr[i + 1] != '0' && pointer.ptr[i + 1] != '1')))
            return "`~` is written `~0`, and `/` in a name `~1`";
        if (c == '*' && (pointer.ptr[i - 1] != '/' || (!last && pointer.ptr[i + 1] != '/')))
            return "`*` takes a whole segment";
        if (c == '/' && ++segments > FIELD_SEGMENTS_MAX)
            return "it has more than 16 segments";
    }
    return NULL;
}

const struct cardea_route_scan *cardea_decision_scan(const struct cardea_profile *p, const struct cardea_decision *d)
{
    return d->code == CARDEA_VALID && p != NULL && d->route < p->route_count ? p->routes[d->route].scan : NULL;
}

/* Appends while there is room; the length that is wanted counts on. */
static void append(char *buf, size_t cap, size_t *len, struct cardea_str text)
{
    if (*len <= cap && text.len <= cap - *len && text.len > 0)
        memcpy(buf + *len, text.ptr, text.len);
    *len += text.len;
}

enum cardea_err cardea_profile_denial(const struct cardea_profile *p, enum cardea_code code,
                                      struct cardea_str missing_scope, unsigned *status, const char **content_type,
                                      char *buf, size_t cap, size_t *len)
{
    static const struct cardea_str scope_mark = {"{scope}", 7};
    static const struct cardea_str code_mark = {"{code}", 6};
    const struct cardea_denial *d = NULL;
    for (size_t i = 0; i < p->denial_count && d == NULL; i++) {
        if (p->denials[i].code == code)
            d = &p->denials[i];
    }
    *status = d != NULL && d->status != 0 ? d->status : cardea_code_status(code);
    *content_type = NULL;
    *len = 0;
    if (d == NULL || d->body == NULL)
        return CARDEA_OK;
    *content_type = d->content_type;
    struct cardea_str rest = text_of(d->body);
    while (rest.len > 0) {
        size_t taken = 1;
        struct cardea_str piece = {.ptr = rest.ptr, .len = 1};
        if (rest.len >= scope_mark.len && memcmp(rest.ptr, scope_mark.ptr, scope_mark.len) == 0) {
            piece = missing_scope;
            taken = scope_mark.len;
        } else if (rest.len >= code_mark.len && memcmp(rest.ptr, code_mark.ptr, code_mark.len) == 0) {
            piece = text_of(cardea_code_name(code));
            taken = code_mark.len;
        }
        append(buf, cap, len, piece);
        rest.ptr += taken;
        rest.len -= taken;
    }
    return *len <= cap ? CARDEA_OK : CARDEA_E_FULL;
}
