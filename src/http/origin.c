#include "http/origin.h"

#include "base/str.h"
#include "http/app.h"
#include "http/host.h"

static bool is_localhost(struct cardea_str host)
{
    struct cardea_str suffix = STR("localhost");
    return host.len >= suffix.len && str_eq((struct cardea_str){host.ptr + host.len - suffix.len, suffix.len}, suffix);
}

static const char *asked(struct call *c, struct cardea_str host)
{
    return arena_printf(&c->arena, "%s://%.*s", call_over_tls(c) ? "https" : "http", STR_ARG(host)).ptr;
}

/* PROFILE.localhost, at the port that was asked. */
static const char *demo_origin(struct call *c, const struct profile *p)
{
    size_t bare = host_without_port(c->host).len;
    struct cardea_str port = {c->host.ptr + bare, c->host.len - bare};
    return asked(c, arena_printf(&c->arena, "%s.localhost%.*s", p->core.name, STR_ARG(port)));
}

const char *origin_of(struct call *c, const struct profile *p)
{
    const struct cardea_profile *core = &p->core;
    if (c->profile == p && !c->docs_host)
        return asked(c, c->host);
    if (!c->profile && c->app->demo)
        return demo_origin(c, p);
    if (!core->host_count)
        return NULL;
    size_t chosen = 0;
    for (size_t i = core->host_count; i-- > 0;)
        if (!is_localhost(str_of(core->hosts[i])))
            chosen = i;
    const char *host = core->hosts[chosen];
    return arena_printf(&c->arena, "%s://%s", is_localhost(str_of(host)) ? "http" : "https", host).ptr;
}
