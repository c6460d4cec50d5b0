/* core/profile_check.c - the rules that every profile keeps. */
#include "core/profile_check.h"

#include <string.h>

#include "core/key_format.h"
#include "core/text.h"
#include "core/why.h"

#define TEXT_MAX 16384

static bool printable(const char *text)
{
    if (text == NULL || *text == '\0' || strlen(text) > TEXT_MAX)
        return false;
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    }
    return true;
}

/* RFC 6749, 3.3: what may stand in a scope; also what needs no escaping in JSON or in a header. */
static bool scope_token(const char *text)
{
    if (!printable(text))
        return false;
    return strpbrk(text, " \"\\") == NULL;
}

static enum cardea_err check_kinds(const struct cardea_profile *p, struct cardea_why *why)
{
    for (size_t i = 0; i < p->kind_count; i++) {
        const struct cardea_kind *k = &p->kinds[i];
        if (!printable(k->name))
            return why_fail(why, CARDEA_E_FORMAT, "profile %s: kind %zu has no name", p->name, i);
        if (k->flags & CARDEA_KIND_LEGACY)
            continue;
        struct cardea_key_format f = k->format;
        struct cardea_why reason = {""};
        if (key_format_seal(&f, &reason) != CARDEA_OK)
            return why_fail(why, CARDEA_E_FORMAT, "profile %s: kind %s: %.150s", p->name, k->name, reason.text);
        if (f.key_len != k->format.key_len || f.visible_len != k->format.visible_len)
            return why_fail(why, CARDEA_E_FORMAT, "profile %s: kind %s: a format that was not compiled", p->name,
                            k->name);
    }
    return CARDEA_OK;
}

static enum cardea_err check_scan(const struct cardea_profile *p, const struct cardea_route *r, struct cardea_why *why)
{
    if (r->scan == NULL)
        return CARDEA_OK;
    if (r->scan->field_count == 0 || r->scan->field_count > CARDEA_SCAN_FIELDS_MAX)
        return why_fail(why, CARDEA_E_FORMAT, "profile %s: %.100s: 1 to %d fields to scan", p->name, r->pattern,
                        CARDEA_SCAN_FIELDS_MAX);
    for (size_t i = 0; i < r->scan->field_count; i++) {
        const char *field = r->scan->fields[i];
        const char *mistake = field == NULL ? "it is empty" : cardea_scan_field_mistake(text_of(field));
        if (mistake != NULL)
            return why_fail(why, CARDEA_E_FORMAT, "profile %s: %.100s: field %zu to scan: %s", p->name, r->pattern, i,
                            mistake);
    }
    return CARDEA_OK;
}

static enum cardea_err check_routes(const struct cardea_profile *p, struct cardea_why *why)
{
    uint32_t all_methods = CARDEA_GET | CARDEA_POST | CARDEA_PUT | CARDEA_PATCH | CARDEA_DELETE | CARDEA_OPTIONS;
    for (size_t i = 0; i < p->route_count; i++) {
        const struct cardea_route *r = &p->routes[i];
        if (!printable(r->pattern))
            return why_fail(why, CARDEA_E_FORMAT, "profile %s: route %zu has no pattern", p->name, i);
        if (r->methods == 0 || (r->methods & ~all_methods) != 0)
            return why_fail(why, CARDEA_E_FORMAT, "profile %s: %.100s: no method, or an unknown one", p->name,
                            r->pattern);
        if (r->access > CARDEA_ACCESS_SCOPE || (r->access == CARDEA_ACCESS_SCOPE && r->scope >= p->scope_count))
            return why_fail(why, CARDEA_E_FORMAT, "profile %s: %.100s: an unknown scope", p->name, r->pattern);
        if ((uint64_t)r->kinds >> p->kind_count != 0)
            return why_fail(why, CARDEA_E_FORMAT, "profile %s: %.100s: an unknown kind", p->name, r->pattern);
        if (r->min_role > CARDEA_ROLE_OWNER)
            return why_fail(why, CARDEA_E_FORMAT, "profile %s: %.100s: an unknown role", p->name, r->pattern);
        if (r->group > CARDEA_ROUTE_GROUPS_MAX)
            return why_fail(why, CARDEA_E_FORMAT, "profile %s: %.100s: a group beyond %d", p->name, r->pattern,
                            CARDEA_ROUTE_GROUPS_MAX);
        enum cardea_err err = check_scan(p, r, why);
        if (err != CARDEA_OK)
            return err;
    }
    return CARDEA_OK;
}

enum cardea_err profile_check(const struct cardea_profile *p, struct cardea_why *why)
{
    if (!printable(p->name))
        return why_fail(why, CARDEA_E_FORMAT, "a profile has no name");
    if (p->realm != NULL && strlen(p->realm) > TEXT_MAX)
        return why_fail(why, CARDEA_E_FORMAT, "profile %s: the realm is too long", p->name);
    if (p->scope_count > CARDEA_SCOPES_MAX || p->kind_count > CARDEA_KINDS_MAX || p->route_count > CARDEA_ROUTES_MAX ||
        p->host_count > CARDEA_ROUTES_MAX || p->denial_count > CARDEA_CODE_COUNT)
        return why_fail(why, CARDEA_E_FORMAT, "profile %s: at most %d scopes, %d kinds, %d routes, %d denials", p->name,
                        CARDEA_SCOPES_MAX, CARDEA_KINDS_MAX, CARDEA_ROUTES_MAX, CARDEA_CODE_COUNT);
    for (size_t i = 0; i < p->host_count; i++) {
        if (!printable(p->hosts[i]))
            return why_fail(why, CARDEA_E_FORMAT, "profile %s: host %zu is empty", p->name, i);
    }
    for (size_t i = 0; i < p->scope_count; i++) {
        if (!scope_token(p->scopes[i]))
            return why_fail(why, CARDEA_E_FORMAT, "profile %s: scope %zu: no blanks, quotes or backslashes", p->name,
                            i);
    }
    for (size_t i = 0; i < p->denial_count; i++) {
        const struct cardea_denial *d = &p->denials[i];
        if (d->code == CARDEA_VALID || (unsigned)d->code >= CARDEA_CODE_COUNT ||
            (d->status != 0 && (d->status < 400 || d->status > 599)) ||
            (d->body != NULL && (strlen(d->body) > TEXT_MAX || !printable(d->content_type))))
            return why_fail(why, CARDEA_E_FORMAT,
                            "profile %s: denial %zu: a refusal's code, a status of 400 to 599, a body with its type",
                            p->name, i);
    }
    enum cardea_err err = check_kinds(p, why);
    return err == CARDEA_OK ? check_routes(p, why) : err;
}
