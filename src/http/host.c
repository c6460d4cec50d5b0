#include "http/host.h"

#include <stdatomic.h>

#include "base/str.h"
#include "http/app.h"

struct cardea_str host_without_port(struct cardea_str host)
{
    struct cardea_str none = {0};
    if (!host.len)
        return none;
    if (host.ptr[0] == '[') {
        const char *end = memchr(host.ptr, ']', host.len);
        size_t len = end ? (size_t)(end - host.ptr) + 1 : 0;
        if (!len || (len < host.len && host.ptr[len] != ':'))
            return none;
        return (struct cardea_str){host.ptr, len};
    }
    const char *colon = memchr(host.ptr, ':', host.len);
    size_t len = colon ? (size_t)(colon - host.ptr) : host.len;
    for (size_t i = len + 1; i < host.len; i++)
        if (host.ptr[i] < '0' || host.ptr[i] > '9')
            return none;
    if (len && host.ptr[len - 1] == '.') /* the DNS root's own dot */
        len--;
    return (struct cardea_str){host.ptr, len};
}

static bool is_admin(const struct app *app, struct cardea_str host)
{
    if (str_eq(host, STR("127.0.0.1")) || str_eq_nocase(host, STR("localhost")) || str_eq(host, STR("[::1]")))
        return true;
    if (app->demo && str_eq_nocase(host, STR(APP_NATIVE_PROFILE ".localhost")))
        return true;
    const struct app_policy *policy = atomic_load(&app->policy);
    for (size_t i = 0; i < policy->admin_host_count; i++)
        if (str_eq_nocase(host, str_of(policy->admin_hosts[i])))
            return true;
    return false;
}

/* "animus.localhost" to "animus", in a demo. */
static struct cardea_str demo_name(const struct app *app, struct cardea_str host)
{
    struct cardea_str suffix = STR(".localhost");
    if (!app->demo || host.len <= suffix.len)
        return (struct cardea_str){0};
    struct cardea_str tail = {host.ptr + host.len - suffix.len, suffix.len};
    return str_eq_nocase(tail, suffix) ? (struct cardea_str){host.ptr, host.len - suffix.len} : (struct cardea_str){0};
}

/* The product whose documentation has this host. In a demo each has one: docs.PROFILE.localhost. */
static const struct profile *docs_profile(const struct app *app, const struct profile_set *set, struct cardea_str host)
{
    struct cardea_str name = demo_name(app, host), piece;
    if (name.len && str_cut(&name, '.', &piece) && str_eq_nocase(piece, STR("docs"))) {
        const struct profile *p = profile_set_find(set, name);
        return p && p->docs.summary ? p : NULL;
    }
    for (size_t i = 0; i < set->count; i++)
        for (size_t k = 0; k < set->items[i]->docs.host_count; k++)
            if (str_eq_nocase(host, str_of(set->items[i]->docs.hosts[k])))
                return set->items[i];
    return NULL;
}

bool host_resolve(struct call *c)
{
    struct cardea_str host = host_without_port(c->host);
    c->profile = NULL;
    c->profile_index = CARDEA_ANY_PROFILE;
    c->docs_host = false;
    c->place = 0;
    if (c->reader) /* which host, which header: profiles are asked before anything is decided */
        cardea_reader_follow(c->reader);
    if (!host.len)
        return false;
    if (is_admin(c->app, host))
        return true;
    /* The index is the snapshot's, since decisions are made there; at a SIGHUP the two may differ for a moment, and
     * the name is what both know. */
    int index = cardea_reader_profile_of_host(c->reader, host);
    struct cardea_str name = demo_name(c->app, host);
    if (index < 0 && name.len)
        index = cardea_reader_profile_named(c->reader, name);
    if (index < 0) {
        c->profile = docs_profile(c->app, c->svc.profiles, host);
        c->docs_host = c->profile != NULL;
        return c->docs_host;
    }
    const struct cardea_profile *p = cardea_reader_profile(c->reader, (size_t)index);
    c->profile = profile_set_find(c->svc.profiles, str_of(p->name));
    c->profile_index = index;
    return c->profile != NULL;
}
