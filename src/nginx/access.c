/* nginx/access.c - the check: one decision a client's request, whatever way nginx sends it afterwards.
 *
 * What decides is the request line as the client sent it, never what nginx makes of it. A decision is kept through
 * internal redirects and for subrequests, so that limits are drawn from once; a location that asks for more than was
 * granted is decided on again, without drawing. */
#include "nginx/module.h"

#define VALUE_MAX 512 /* of an identity header, at the first try */

/* One decision, and what is needed of the reader to say it. */
struct outcome {
    struct cardea_decision decision;
    const struct cardea_profile *profile; /* NULL: unknown */
};

/* Nothing but the address: the request's pool runs these when the request ends, and is where a context that was cleared
 * by an internal redirect is found again. */
static void keep(void *data)
{
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

static ngx_http_cardea_ctx_t *make_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t *cleanup = ngx_pool_cleanup_add(r->main->pool, sizeof(ngx_http_cardea_ctx_t));
    if (cleanup == NULL)
        return NULL;
    ngx_http_cardea_ctx_t *ctx = cleanup->data;
    ngx_memzero(ctx, sizeof(*ctx));
    cleanup->handler = keep;
    ctx->code = CARDEA_STALE;
    ctx->method = r->method_name;
    ctx->received = r->headers_in.headers;
    ngx_http_set_ctx(r->main, ctx, ngx_http_cardea_module);
    return ctx;
}

/* A demand that was made and came out empty is one that nothing meets: an unset variable must not lift it. */
static ngx_int_t evaluate(ngx_http_request_t *r, ngx_http_complex_value_t *value, ngx_str_t *out)
{
    static u_char nothing[] = "";
    ngx_str_null(out);
    if (value == NULL)
        return NGX_OK;
    if (ngx_http_complex_value(r, value, out) != NGX_OK)
        return NGX_ERROR;
    if (out->len == 0)
        *out = (ngx_str_t){.len = 1, .data = nothing}; /* a NUL byte, which no name has */
    return NGX_OK;
}

static ngx_int_t read_demands(ngx_http_request_t *r, const ngx_http_cardea_loc_conf_t *lcf,
                              ngx_http_cardea_demands_t *d)
{
    if (evaluate(r, lcf->scope, &d->scope) != NGX_OK || evaluate(r, lcf->account, &d->account) != NGX_OK ||
        evaluate(r, lcf->agent, &d->agent) != NGX_OK)
        return NGX_ERROR;
    return NGX_OK;
}

static ngx_uint_t same(ngx_str_t a, ngx_str_t b)
{
    return a.len == b.len && ngx_memcmp(a.data, b.data, a.len) == 0;
}

static ngx_uint_t is_met(ngx_str_t wanted, ngx_str_t met)
{
    return wanted.data == NULL || (met.data != NULL && same(wanted, met));
}

static ngx_uint_t are_met(const ngx_http_cardea_demands_t *wanted, const ngx_http_cardea_demands_t *met)
{
    return is_met(wanted->scope, met->scope) && is_met(wanted->account, met->account) &&
           is_met(wanted->agent, met->agent);
}

static ngx_uint_t read_address(const ngx_http_request_t *r, uint8_t out[16])
{
    const struct sockaddr *sa = r->connection->sockaddr;
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

static void name_demands(const ngx_http_cardea_demands_t *d, struct cardea_request *req)
{
    req->scope = ngx_http_cardea_str(d->scope);
    if (!cardea_id_parse(ngx_http_cardea_str(d->account), "acc", &req->account_id))
        req->account = ngx_http_cardea_str(d->account);
    if (!cardea_id_parse(ngx_http_cardea_str(d->agent), "agt", &req->agent_id))
        req->agent = ngx_http_cardea_str(d->agent);
}

static void nothing_to_decide_by(struct outcome *o)
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

/* One try. NGX_AGAIN: a file was cut short meanwhile, and what was read of it may be wrong. */
static ngx_int_t try(ngx_http_request_t *r, ngx_http_cardea_main_conf_t *mcf, ngx_http_cardea_ctx_t *ctx,
                     struct cardea_request *req, struct outcome *o)
{
    nothing_to_decide_by(o);
    struct cardea_reader *reader = ngx_http_cardea_reader(mcf, r->connection->log);
    if (reader == NULL)
        return NGX_OK;
    cardea_reader_follow(reader); /* a header that is a credential as of now must not go upstream */
    req->profile = cardea_reader_profile_named(reader, ngx_http_cardea_str(ctx->profile));
    if (req->profile < 0) {
        ngx_http_cardea_complain(mcf, r->connection->log, 0, "it no longer has a profile that is named here");
        return NGX_OK;
    }
    if (set_legacy_header(r, ctx, cardea_reader_profile(reader, (size_t)req->profile)->legacy_header) != NGX_OK)
        return NGX_OK; /* out of memory: closed */
    ngx_http_cardea_read_headers(ctx, req);
    cardea_authorize(reader, req, &o->decision);
    if (cardea_fault_happened()) {
        ngx_http_cardea_close_reader(mcf);
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "cardea: the snapshot or a file of \"%V\" was cut short while it was in use", &mcf->activity);
        return NGX_AGAIN;
    }
    if (o->decision.code == CARDEA_STALE)
        ngx_http_cardea_complain(mcf, r->connection->log, 0,
                                 "it is too old or cannot be followed, or an activity file is missing");
    /* The decision may have moved on to another file, so what was borrowed before is gone. */
    int index = cardea_reader_profile_named(reader, ngx_http_cardea_str(ctx->profile));
    o->profile = index >= 0 ? cardea_reader_profile(reader, (size_t)index) : NULL;
    return NGX_OK;
}

static void decide(ngx_http_request_t *r, ngx_http_cardea_ctx_t *ctx, const ngx_http_cardea_demands_t *demands,
                   ngx_uint_t look_only, struct outcome *o)
{
    ngx_http_cardea_main_conf_t *mcf = ngx_http_get_module_main_conf(r, ngx_http_cardea_module);
    uint8_t address[16];
    struct cardea_request req = {.method = ngx_http_cardea_str(ctx->method),
                                 .target = ngx_http_cardea_str(r->main->unparsed_uri),
                                 .ip = read_address(r, address) ? address : NULL,
                                 .now = cardea_time_now(),
                                 .look_only = look_only};
    name_demands(demands, &req);
    if (try(r, mcf, ctx, &req, o) == NGX_AGAIN && try(r, mcf, ctx, &req, o) == NGX_AGAIN)
        nothing_to_decide_by(o);
}

/* The key's identity as text of the request's own: what the decision borrows is gone with the reader's next call. */
static ngx_int_t remember(ngx_http_request_t *r, ngx_http_cardea_ctx_t *ctx, const struct outcome *o)
{
    char value[VALUE_MAX];
    ctx->code = o->decision.code;
    ngx_memzero(ctx->identity, sizeof(ctx->identity));
    if (o->profile == NULL || o->decision.key_id == 0)
        return NGX_OK;
    for (int i = 0; i < CARDEA_IDENTITY_COUNT; i++) {
        enum cardea_identity which = (enum cardea_identity)i;
        size_t len = cardea_identity_value(o->profile, &o->decision, which, value, sizeof(value));
        if (len == 0)
            continue;
        u_char *text = ngx_pnalloc(r->main->pool, len);
        if (text == NULL)
            return NGX_ERROR;
        if (len <= sizeof(value))
            ngx_memcpy(text, value, len);
        else
            cardea_identity_value(o->profile, &o->decision, which, (char *)text, len);
        ctx->identity[i] = (ngx_str_t){.len = len, .data = text};
    }
    return NGX_OK;
}

/* Renders a denial while the reader's profile is at hand. */
static ngx_int_t deny(ngx_http_request_t *r, const ngx_http_cardea_loc_conf_t *lcf, ngx_http_cardea_ctx_t *ctx,
                      const struct outcome *o)
{
    static ngx_str_t name = ngx_string("request_id");
    char buf[CARDEA_REFUSAL_MAX];
    struct cardea_refusal refusal;
    struct cardea_refusal_options options = {.realm = lcf->realm.len > 0 ? (const char *)lcf->realm.data : NULL};
    ngx_http_variable_value_t *id = ngx_http_get_variable(r, &name, ngx_hash_key(name.data, name.len));
    if (id != NULL && !id->not_found)
        options.request_id = (struct cardea_str){.ptr = (const char *)id->data, .len = id->len};
    cardea_refuse(o->profile, &o->decision, &options, buf, &refusal);
    /* What a subrequest gets is up to the request that it is for. */
    if (r != r->main)
        return (ngx_int_t)refusal.status;
    if (options.request_id.len > 0 && ngx_http_cardea_add_header(r, "X-Request-Id", options.request_id) == NULL)
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    if (ngx_http_cardea_add_rate(r, ctx, &o->decision) != NGX_OK)
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    return ngx_http_cardea_refuse(r, &refusal);
}

static ngx_int_t pass(ngx_http_request_t *r, const ngx_http_cardea_loc_conf_t *lcf, ngx_http_cardea_ctx_t *ctx)
{
    /* A subrequest begins with its parent's headers, which may have been rewritten or not. */
    if (ctx->rewritten != NULL && ctx->rewritten == r->headers_in.headers.part.elts &&
        (lcf->forward || !ctx->forwarded))
        return NGX_OK;
    return ngx_http_cardea_rewrite_headers(r, ctx, (ngx_uint_t)lcf->forward);
}

static void add_met(ngx_http_cardea_demands_t *met, const ngx_http_cardea_demands_t *more)
{
    met->scope = more->scope.data != NULL ? more->scope : met->scope;
    met->account = more->account.data != NULL ? more->account : met->account;
    met->agent = more->agent.data != NULL ? more->agent : met->agent;
}

/* NGX_OK: go on. Else what to finalize the request with; `*refused` when that is a reply of ours. */
static ngx_int_t check(ngx_http_request_t *r, const ngx_http_cardea_loc_conf_t *lcf, ngx_uint_t *refused)
{
    ngx_http_cardea_demands_t demands;
    ngx_http_cardea_ctx_t *ctx = ngx_http_cardea_get_ctx(r);
    if (read_demands(r, lcf, &demands) != NGX_OK)
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    ngx_uint_t granted = ctx != NULL && ctx->code == CARDEA_VALID && same(ctx->profile, lcf->profile);
    if (granted && are_met(&demands, &ctx->met))
        return pass(r, lcf, ctx) == NGX_OK ? NGX_OK : NGX_HTTP_INTERNAL_SERVER_ERROR;
    if (ctx == NULL)
        ctx = make_ctx(r);
    if (ctx == NULL)
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    if (!granted)
        ngx_memzero(&ctx->met, sizeof(ctx->met));
    ctx->profile = lcf->profile;

    struct outcome o;
    decide(r, ctx, &demands, granted && ctx->identity[CARDEA_IDENTITY_KEY_ID].len > 0, &o);
    if (remember(r, ctx, &o) != NGX_OK)
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    if (o.decision.code != CARDEA_VALID) {
        *refused = r == r->main;
        return deny(r, lcf, ctx, &o);
    }
    add_met(&ctx->met, &demands);
    ctx->rewritten = NULL;
    if (ngx_http_cardea_add_rate(r, ctx, &o.decision) != NGX_OK || pass(r, lcf, ctx) != NGX_OK)
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    return NGX_OK;
}

ngx_int_t ngx_http_cardea_access_handler(ngx_http_request_t *r)
{
    const ngx_http_cardea_loc_conf_t *lcf = ngx_http_get_module_loc_conf(r, ngx_http_cardea_module);
    ngx_uint_t refused = 0;
    if (lcf->profile.len == 0)
        return NGX_DECLINED;
    ngx_int_t rc = check(r, lcf, &refused);
    if (!refused)
        return rc;
    /* Answered already, so that neither error_page nor another rule of the access phase has a say in it. */
    ngx_http_finalize_request(r, rc);
    return NGX_DONE;
}

/* Subrequests (SSI, mirror, auth_request, slices) skip the access phase. Into a location with a check they go by the
 * decision on the client's request. */
ngx_int_t ngx_http_cardea_subrequest_handler(ngx_http_request_t *r)
{
    const ngx_http_cardea_loc_conf_t *lcf = ngx_http_get_module_loc_conf(r, ngx_http_cardea_module);
    ngx_uint_t refused = 0;
    if (r == r->main || lcf->profile.len == 0)
        return NGX_DECLINED;
    ngx_int_t rc = check(r, lcf, &refused);
    return rc == NGX_OK ? NGX_DECLINED : rc;
}
