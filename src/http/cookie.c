#include "http/cookie.h"

#include "base/str.h"

/* More than these are not ended at once: replies hold only so many headers. */
#define ENDED_MAX 4

const char *cookie_name(const struct profile *p)
{
    return p && p->dashboard.cookie ? p->dashboard.cookie : PROFILE_COOKIE;
}

/* `name` as one of those that a session may come by here, or NULL. */
static const char *known_name(const struct call *c, struct cardea_str name)
{
    if (c->profile)
        return str_eq(name, str_of(cookie_name(c->profile))) ? cookie_name(c->profile) : NULL;
    if (str_eq(name, STR(COOKIE_OPERATOR)))
        return COOKIE_OPERATOR;
    const struct profile_set *set = c->svc.profiles;
    for (size_t i = 0; i < set->count; i++)
        if (str_eq(name, str_of(cookie_name(set->items[i]))))
            return cookie_name(set->items[i]);
    return NULL;
}

/* The next `name=value` of the header that is a session's; NULL at the end. */
static const char *next_session(const struct call *c, struct cardea_str *rest, struct cardea_str *value)
{
    struct cardea_str pair, key;
    while (str_cut(rest, ';', &pair)) {
        *value = str_trim(pair);
        const char *name = str_cut(value, '=', &key) ? known_name(c, key) : NULL;
        if (name && value->len)
            return name;
    }
    return NULL;
}

struct cardea_str cookie_read(struct call *c, const char **name)
{
    /* A browser adds cookies to what other sites make it send, too. */
    struct cardea_str rest = call_header(c, "Cookie", NULL), value = {0};
    bool here = !c->profile || c->place == PLACE_DASHBOARD;
    *name = here && rest.len && call_sender(c) == SENDER_OWN_PAGE ? next_session(c, &rest, &value) : NULL;
    return *name ? value : (struct cardea_str){0};
}

static void add(struct call *c, const char *name, struct cardea_str value, int64_t max_age_sec)
{
    /* What may do everything is sent to the dashboard alone, and never when another site leads here. */
    bool operators = strcmp(name, COOKIE_OPERATOR) == 0;
    const char *path = operators ? "/dashboard" : c->place == PLACE_DASHBOARD ? c->profile->dashboard.path : "/";
    struct cardea_str cookie = arena_printf(&c->arena, "%s=%.*s; Path=%s; Max-Age=%lld; HttpOnly; SameSite=%s%s", name,
                                            STR_ARG(value), path, (long long)max_age_sec, operators ? "Strict" : "Lax",
                                            call_over_tls(c) ? "; Secure" : "");
    call_add_header(c, "Set-Cookie", cookie.ptr);
}

void cookie_clear(struct call *c, const char *name)
{
    add(c, name, STR(""), 0);
}

void cookie_set(struct call *c, const char *name, struct cardea_str value, int64_t max_age_sec)
{
    struct cardea_str rest = call_header(c, "Cookie", NULL), old;
    const char *other;
    for (int i = 0; i < ENDED_MAX && (other = next_session(c, &rest, &old)); i++)
        if (strcmp(other, name) != 0)
            cookie_clear(c, other);
    add(c, name, value, max_age_sec);
}
