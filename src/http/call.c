#include "http/call.h"

#include <stdlib.h>

#include "base/str.h"
#include "http/metrics.h"
#include "http/server.h"

struct cardea_str call_header(const struct call *c, const char *name, unsigned *count)
{
    return server_header(c, name, count);
}

bool call_over_tls(const struct call *c)
{
    return c->trusted_proxy && str_eq_nocase(call_header(c, "X-Forwarded-Proto", NULL), STR("https"));
}

enum call_sender call_sender(const struct call *c)
{
    struct cardea_str site = call_header(c, "Sec-Fetch-Site", NULL), origin = call_header(c, "Origin", NULL), scheme;
    if (!site.len && !origin.len)
        return SENDER_UNSAID;
    bool own = site.len ? str_eq(site, STR("same-origin"))
                        : str_cut(&origin, ':', &scheme) && str_starts(origin, STR("//")) &&
                              str_eq_nocase((struct cardea_str){origin.ptr + 2, origin.len - 2}, c->host);
    return own ? SENDER_OWN_PAGE : SENDER_ANOTHER_SITE;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* application/x-www-form-urlencoded; a broken escape stands for itself. */
static struct cardea_str decode_query(struct arena *a, struct cardea_str raw)
{
    char *out = arena_alloc(a, raw.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++) {
        int high = raw.ptr[i] == '%' && i + 2 < raw.len ? hex(raw.ptr[i + 1]) : -1;
        int low = high >= 0 ? hex(raw.ptr[i + 2]) : -1;
        if (low >= 0) {
            out[len++] = (char)(high << 4 | low);
            i += 2;
        } else {
            out[len++] = raw.ptr[i] == '+' ? ' ' : raw.ptr[i];
        }
    }
    return (struct cardea_str){out, len};
}

struct cardea_str call_query(struct call *c, const char *name)
{
    struct cardea_str rest = c->query, pair;
    while (str_cut(&rest, '&', &pair)) {
        struct cardea_str key = {0};
        if (!pair.len || !str_cut(&pair, '=', &key) || !str_eq(key, str_of(name)))
            continue;
        return pair.ptr ? decode_query(&c->arena, pair) : (struct cardea_str){0};
    }
    return (struct cardea_str){0};
}

void call_json(struct call *c, int status, struct json_writer *w)
{
    c->status = status;
    c->content_type = NULL;
    buf_clear(&c->reply);
    jw_init(w, &c->reply);
}

void call_add_header(struct call *c, const char *name, const char *value)
{
    if (c->header_count == CALL_HEADERS_MAX)
        abort(); /* no handler sets so many */
    c->headers[c->header_count].name = name;
    c->headers[c->header_count++].value = arena_cstr(&c->arena, str_of(value));
}

void call_decided(struct call *c, enum cardea_code code)
{
    metrics_decision(server_metrics(c), code);
}
