/* nginx/forward.c - `cardea_decide`: /v1/authorize/{profile}[/...] answered here, for proxies that ask before they pass
 * a request on. As the daemon answers it: exactly 200, without a body, and who called; or the refusal. */
#include "nginx/module.h"

static const ngx_str_t prefix = ngx_string("/v1/authorize/");

/* What the proxy asks about, in one of the two manners of saying so. */
struct original {
    ngx_str_t method, uri;
    ngx_uint_t method_count, uri_count;
};

static struct original read_original(const ngx_list_t *headers, const char *method, const char *uri)
{
    struct original o;
    o.method = ngx_http_cardea_find(headers, method, &o.method_count);
    o.uri = ngx_http_cardea_find(headers, uri, &o.uri_count);
    return o;
}

static ngx_uint_t is_sent(const struct original *o)
{
    return o->method_count > 0 || o->uri_count > 0;
}

static ngx_uint_t same(ngx_str_t a, ngx_str_t b)
{
    return a.len == b.len && ngx_memcmp(a.data, b.data, a.len) == 0;
}

/* A proxy sets one pair of headers; a client behind it may have sent the other one, or the same once more, and must not
 * be the one who is believed: then nobody is. Half a pair is refused too, since nginx asks by GET whatever the client's
 * method is. */
static ngx_int_t read_forwarded(const ngx_list_t *headers, struct cardea_request *req)
{
    struct original nginx = read_original(headers, "x-original-method", "x-original-uri");
    struct original other = read_original(headers, "x-forwarded-method", "x-forwarded-uri");
    const struct original *o = is_sent(&nginx) ? &nginx : &other;
    if (!is_sent(o))
        return NGX_OK;
    if (is_sent(&nginx) && is_sent(&other) && (!same(nginx.method, other.method) || !same(nginx.uri, other.uri)))
        return NGX_HTTP_BAD_REQUEST;
    if (o->method_count != 1 || o->uri_count != 1 || o->method.len == 0 || o->uri.len == 0)
        return NGX_HTTP_BAD_REQUEST;
    req->method = ngx_http_cardea_str(o->method);
    req->target = ngx_http_cardea_str(o->uri);
    return NGX_OK;
}

/* Splits what follows /v1/authorize/, undecoded, into the profile's name and the target that is asked about. */
static ngx_int_t read_target(ngx_http_request_t *r, ngx_str_t *profile, ngx_str_t *target)
{
    ngx_str_t rest = r->unparsed_uri;
    if (rest.len <= prefix.len || ngx_strncmp(rest.data, prefix.data, prefix.len) != 0)
        return NGX_HTTP_NOT_FOUND;
    rest.data += prefix.len;
    rest.len -= prefix.len;
    profile->data = rest.data;
    profile->len = 0;
    while (profile->len < rest.len && rest.data[profile->len] != '/' && rest.data[profile->len] != '?')
        profile->len++;
    *target = (ngx_str_t){.len = rest.len - profile->len, .data = rest.data + profile->len};
    if (target->len > 0 && target->data[0] == '/')
        return NGX_OK;
    u_char *text = ngx_pnalloc(r->pool, target->len + 1);
    if (text == NULL)
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    text[0] = '/';
    ngx_memcpy(text + 1, target->data, target->len);
    *target = (ngx_str_t){.len = target->len + 1, .data = text};
    return NGX_OK;
}

/* The client's address: the last one that no trusted proxy has, when the peer is one. */
static ngx_uint_t read_address(ngx_http_request_t *r, const ngx_http_cardea_loc_conf_t *lcf, ngx_uint_t trusted,
                               uint8_t out[16])
{
    ngx_addr_t addr = {.sockaddr = r->connection->sockaddr, .socklen = r->connection->socklen};
#if (nginx_version >= 1023000)
    ngx_table_elt_t *headers = r->headers_in.x_forwarded_for;
#else
    ngx_array_t *headers = &r->headers_in.x_forwarded_for;
#endif
    if (trusted && headers != NULL)
        ngx_http_get_forwarded_addr(r, &addr, headers, NULL, lcf->proxies, 1);
    return ngx_http_cardea_address(addr.sockaddr, out);
}

/* nginx's auth_request throws a refusal's body away, so a proxy may ask for it in a header. */
static ngx_uint_t wants_header(ngx_http_request_t *r)
{
    ngx_uint_t count;
    ngx_str_t how = ngx_http_cardea_find(&r->headers_in.headers, "cardea-refusal", &count);
    return count == 1 && how.len == 6 && ngx_strncmp(how.data, "header", 6) == 0;
}

static ngx_int_t grant(ngx_http_request_t *r, ngx_http_cardea_ctx_t *ctx, const ngx_http_cardea_outcome_t *o)
{
    struct cardea_str request_id;
    if (ngx_http_cardea_add_common(r, &request_id) != NGX_OK || ngx_http_cardea_tell_identity(r, ctx) != NGX_OK ||
        ngx_http_cardea_add_rate(r, ctx, &o->decision) != NGX_OK)
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = 0;
    r->header_only = 1;
    return ngx_http_send_header(r);
}

static ngx_int_t handler(ngx_http_request_t *r)
{
    const ngx_http_cardea_loc_conf_t *lcf = ngx_http_get_module_loc_conf(r, ngx_http_cardea_module);
    ngx_http_cardea_main_conf_t *mcf = ngx_http_get_module_main_conf(r, ngx_http_cardea_module);
    uint8_t address[16];
    ngx_str_t profile;
    ngx_str_t target;
    ngx_http_cardea_outcome_t o;
    struct cardea_request req = {.method = ngx_http_cardea_str(r->method_name)};
    ngx_int_t rc = ngx_http_discard_request_body(r);
    if (rc == NGX_OK)
        rc = read_target(r, &profile, &target);
    if (rc != NGX_OK)
        return rc;
    req.target = ngx_http_cardea_str(target);
    ngx_uint_t trusted = lcf->proxies != NULL && ngx_cidr_match(r->connection->sockaddr, lcf->proxies) == NGX_OK;
    if (trusted)
        rc = read_forwarded(&r->headers_in.headers, &req);
    if (rc != NGX_OK)
        return rc;
    const struct cardea_reader *reader = ngx_http_cardea_reader(mcf, r->connection->log);
    if (reader != NULL && cardea_reader_profile_named(reader, ngx_http_cardea_str(profile)) < 0)
        return NGX_HTTP_NOT_FOUND;
    ngx_http_cardea_ctx_t *ctx = ngx_http_cardea_make_ctx(r);
    if (ctx == NULL)
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    ctx->profile = profile;
    req.ip = read_address(r, lcf, trusted, address) ? address : NULL;
    ngx_http_cardea_decide(r, ctx, &req, &o);
    if (ngx_http_cardea_remember(r, ctx, &o) != NGX_OK)
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    if (o.decision.code == CARDEA_VALID)
        return grant(r, ctx, &o);
    return ngx_http_cardea_deny(r, ctx, &o, trusted && wants_header(r));
}

char *ngx_http_cardea_set_decide(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t *clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    ngx_http_cardea_loc_conf_t *lcf = conf;
    lcf->answers = 1;
    clcf->handler = handler;
    return NGX_CONF_OK;
}
