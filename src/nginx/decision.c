/* nginx/decision.c - one decision: by the reader, kept with the client's request, said to the client. */
#include "nginx/module.h"

#define IDENTITY_MAX 1024 /* of all identity headers, at the first try */

/* The request's pool runs these when the request ends, and is where a context that was cleared by an internal redirect
 * is found again. */
static void keep(void *data)
{
    ngx_http_cardea_forget(data);
}

ngx_http_cardea_ctx_t *ngx_http_cardea_get_ctx(ngx_http_request_t *r)
{
    ngx_http_request_t *top = r->main;
    ngx_http_cardea_ctx_t *ctx = ngx_http_get_module_ctx(top, ngx_http_cardea_module);
    if (ctx != NULL || !(top->internal || top->filter_finalize))
        return ctx;
    for (ngx_pool_cleanup_t *c = top->pool->cleanup; c != NULL; c = c->next) {
        if (c->handler != keep)
            continue;
        ngx_http_set_ctx(top, c->data, ngx_http_cardea_module);
        return c->data;
    }
    return NULL;
}

ngx_http_cardea_ctx_t *ngx_http_cardea_make_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t *cleanup = ngx_pool_cleanup_add(r->main->pool, sizeof(ngx_http_cardea_ctx_t));
    if (cleanup == NULL)
        return NULL;
    ngx_http_cardea_ctx_t *ctx = cleanup->data;
    ngx_memzero(ctx, sizeof(*ctx));
    cleanup->handler = keep;
    ctx->code = CARDEA_STALE;
    /* A subrequest is always a GET. */
    ctx->method = r->main->method_name;
    ctx->received = r->main->headers_in.headers.part;
    ngx_http_set_ctx(r->main, ctx, ngx_http_cardea_module);
    return ctx;
}

ngx_uint_t ngx_http_cardea_address(const struct sockaddr *sa, uint8_t out[16])
{
    if (sa->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)sa;
        ngx_memzero(out, 10);
        out[10] = out[11] = 0xff;
        ngx_memcpy(out + 12, &v4->sin_addr, 4);
        return 1;
    }
#if (NGX_HAVE_INET6)
    if (sa->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)sa;
        ngx_memcpy(out, &v6->sin6_addr, 16);
        return 1;
    }
#endif
    return 0;
}

static void nothing_to_decide_by(ngx_http_cardea_outcome_t *o)
{
    ngx_memzero(o, sizeof(*o));
    o->decision.code = CARDEA_STALE;
    o->decision.profile = -1;
    o->decision.missing_scope = -1;
}

/* A copy: the profile goes when the reader moves on. */
static ngx_int_t set_legacy_header(ngx_http_request_t *r, ngx_http_cardea_ctx_t *ctx, const char *name)
{
    ngx_str_t text = {.len = name != NULL ? ngx_strlen(name) : 0, .data = (u_char *)(uintptr_t)name};
    ctx->legacy_header.len = text.len;
    if (text.len == 0)
        return NGX_OK;
    ctx->legacy_header.data = ngx_pstrdup(r->main->pool, &text);
    return ctx->legacy_header.data != NULL ? NGX_OK : NGX_ERROR;
}

/* Most requests ask for the same profile: where it was found before it is looked for first. */
static int find_profile(ngx_http_cardea_main_conf_t *mcf, const struct cardea_reader *reader, ngx_str_t name)
{
    const struct cardea_profile *p = cardea_reader_profile(reader, mcf->profile_hint);
    if (p != NULL && ngx_strncmp(p->name, name.data, name.len) == 0 && p->name[name.len] == '\0')
        return (int)mcf->profile_hint;
    int index = cardea_reader_profile_named(reader, ngx_http_cardea_str(name));
    mcf->profile_hint = index >= 0 ? (size_t)index : 0;
    return index;
}

/* One try. NGX_AGAIN: a file was cut short meanwhile, and what was read of it may be wrong. */
static ngx_int_t try(ngx_http_request_t *r, ngx_http_cardea_main_conf_t *mcf, ngx_http_cardea_ctx_t *ctx,
                     struct cardea_request *req, ngx_http_cardea_outcome_t *o)
{
    nothing_to_decide_by(o);
    struct cardea_reader *reader = ngx_http_cardea_reader(mcf, r->connection->log);
    if (reader == NULL)
        return NGX_OK;
    cardea_reader_follow(reader); /* a header that is a credential as of now must not go upstream */
    req->profile = find_profile(mcf, reader, ctx->profile);
    if (req->profile < 0) {
        ngx_http_cardea_complain(mcf, r->connection->log, 0, "it no longer has a profile that is named here");
        return NGX_OK;
    }
    if (set_legacy_header(r, ctx, cardea_reader_profile(reader, (size_t)req->profile)->legacy_header) != NGX_OK)
        return NGX_OK; /* out of memory: closed */
    ngx_http_cardea_read_headers(ctx, req);
    cardea_authorize(reader, req, &o->decision);
    if (ngx_http_cardea_is_spoiled(mcf, r->connection->log))
        return NGX_AGAIN;
    if (o->decision.code == CARDEA_STALE)
        ngx_http_cardea_complain(mcf, r->connection->log, 0,
                                 "it is too old or cannot be followed, or an activity file is missing");
    /* The decision may have moved on to another file, so what was borrowed before is gone. */
    int index = o->decision.profile >= 0 ? o->decision.profile : find_profile(mcf, reader, ctx->profile);
    o->profile = index >= 0 ? cardea_reader_profile(reader, (size_t)index) : NULL;
    return NGX_OK;
}

#define SECOND_ENDS_MSEC 900 /* no turn of nginx's loop lasts from before this to the next second */

/* Read once a tick of nginx's clock, which is coarse: the two clocks cost as much as a tenth of a decision. Where a
 * second ends they are read each time: a key that ends with it must not be good for a request that came a moment later.
 */
static struct cardea_time time_now(void)
{
    static struct cardea_time now;
    static ngx_msec_t read_at;
    if (read_at != ngx_current_msec || now.unix_sec != ngx_time() || ngx_cached_time->msec >= SECOND_ENDS_MSEC) {
        now = cardea_time_now();
        read_at = ngx_current_msec;
    }
    return now;
}

void ngx_http_cardea_decide(ngx_http_request_t *r, ngx_http_cardea_ctx_t *ctx, struct cardea_request *req,
                            ngx_http_cardea_outcome_t *o)
{
    ngx_http_cardea_main_conf_t *mcf = ngx_http_get_module_main_conf(r, ngx_http_cardea_module);
    req->now = time_now();
    if (try(r, mcf, ctx, req, o) == NGX_AGAIN && try(r, mcf, ctx, req, o) == NGX_AGAIN)
        nothing_to_decide_by(o);
}

/* What is to be scanned, as text of the request's own. */
static ngx_int_t remember_scan(ngx_http_request_t *r, ngx_http_cardea_ctx_t *ctx, const struct cardea_route_scan *scan)
{
    ngx_str_null(&ctx->scan);
    if (scan == NULL)
        return NGX_OK;
    for (size_t i = 0; i < scan->field_count; i++)
        ctx->scan.len += ngx_strlen(scan->fields[i]) + 1;
    u_char *at = ngx_pnalloc(r->main->pool, ctx->scan.len);
    ctx->scan.data = at;
    if (at == NULL)
        return NGX_ERROR;
    for (size_t i = 0; i < scan->field_count; i++) {
        at = ngx_cpymem(at, scan->fields[i], ngx_strlen(scan->fields[i]));
        *at++ = '\n';
    }
    return NGX_OK;
}

/* The key's identity as text of the request's own: what the decision borrows is gone with the reader's next call. */
static ngx_int_t remember_identity(ngx_http_request_t *r, ngx_http_cardea_ctx_t *ctx,
                                   const ngx_http_cardea_outcome_t *o)
{
    char buf[IDENTITY_MAX];
    struct cardea_str values[CARDEA_IDENTITY_COUNT];
    size_t len = cardea_identity_write(o->profile, &o->decision, buf, sizeof(buf), values);
    u_char *text = ngx_pnalloc(r->main->pool, len);
    if (text == NULL)
        return NGX_ERROR;
    if (len <= sizeof(buf))
        ngx_memcpy(text, buf, len);
    else
        cardea_identity_write(o->profile, &o->decision, (char *)text, len, values);
    for (int i = 0; i < CARDEA_IDENTITY_COUNT; i++) {
        ctx->identity[i] = (ngx_str_t){.len = values[i].len, .data = values[i].len > 0 ? text : NULL};
        text += values[i].len;
    }
    return NGX_OK;
}

ngx_int_t ngx_http_cardea_remember(ngx_http_request_t *r, ngx_http_cardea_ctx_t *ctx,
                                   const ngx_http_cardea_outcome_t *o)
{
    ctx->code = o->decision.code;
    ngx_memzero(ctx->identity, sizeof(ctx->identity));
    if (remember_scan(r, ctx, cardea_decision_scan(o->profile, &o->decision)) != NGX_OK)
        return NGX_ERROR;
    if (o->profile == NULL || o->decision.key_id == 0)
        return NGX_OK;
    return remember_identity(r, ctx, o);
}

/* Renders a denial while the reader's profile is at hand. */
ngx_int_t ngx_http_cardea_deny(ngx_http_request_t *r, ngx_http_cardea_ctx_t *ctx, const ngx_http_cardea_outcome_t *o,
                               ngx_uint_t in_header)
{
    const ngx_http_cardea_loc_conf_t *lcf = ngx_http_get_module_loc_conf(r, ngx_http_cardea_module);
    char buf[CARDEA_REFUSAL_MAX];
    struct cardea_refusal refusal;
    struct cardea_refusal_options options = {.realm = lcf->realm.len > 0 ? (const char *)lcf->realm.data : NULL};
    if (r == r->main && ngx_http_cardea_add_common(r, &options.request_id) != NGX_OK)
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    cardea_refuse(o->profile, &o->decision, &options, buf, &refusal);
    /* What a subrequest gets is up to the request that it is for. */
    if (r != r->main)
        return (ngx_int_t)refusal.status;
    if (ngx_http_cardea_add_rate(r, ctx, &o->decision) != NGX_OK)
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    return ngx_http_cardea_refuse(r, &refusal, in_header);
}
