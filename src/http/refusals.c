#include "http/refusals.h"

#include "base/str.h"
#include "http/peer.h"
#include "service/audit_denied.h"

static bool is_management(const struct http_route *r)
{
    return r && r->access != ACCESS_PUBLIC && !(r->access & (ACCESS_VERIFIER | ACCESS_SCANNER | ACCESS_SELF)) &&
           !r->as_agent;
}

/* An id, and nothing else: what a path holds may be a key that somebody pasted. */
static struct cardea_str target_of(const struct call *c)
{
    struct cardea_str text = c->captures[0], rest = text, prefix;
    char name[8];
    int64_t id;
    if (text.len && str_cut(&rest, '_', &prefix) && prefix.len < sizeof(name)) {
        memcpy(name, prefix.ptr, prefix.len);
        name[prefix.len] = '\0';
        if (id_parse(text, name, &id))
            return text;
    }
    return str_of(c->route->operation);
}

void refusal_tell(struct call *c)
{
    struct buf b;
    struct json_writer w;
    char text[PEER_TEXT_MAX];
    if ((c->status != 401 && c->status != 403) || !is_management(c->route))
        return;
    buf_init(&b, 1024);
    jw_init(&w, &b);
    jw_object_begin(&w);
    jw_member_str(&w, "operation", str_of(c->route->operation));
    jw_member_str(&w, "method", c->method_name);
    jw_member_int(&w, "status", c->status);
    jw_member_str_or_null(&w, "code", str_of(c->refused));
    jw_object_end(&w);
    struct denial d = {.action = "request.denied", .actor = c->svc.actor, .subject = target_of(c)};
    if (!b.failed)
        d.members = (struct cardea_str){b.ptr + 1, b.len - 2};
    if (c->has_ip) {
        peer_format(c->ip, text);
        d.source = str_of(text);
    }
    service_denied(c->svc.svc, &d);
    buf_release(&b);
}
