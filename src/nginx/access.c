/* nginx/access.c - the check: one decision a client's request, whatever way nginx sends it afterwards.
 *
 * What decides is the request line as the client sent it, never what nginx makes of it. A decision is kept through
 * internal redirects and for subrequests, so that limits are drawn from once; a location that asks for more than was
 * granted is decided on again, without drawing. */
#include "nginx/module.h"

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

static void name_demands(const ngx_http_cardea_demands_t *d, struct cardea_request *req)
{
    req->scope = ngx_http_cardea_str(d->scope);
    if (d->account.len > 0 && !cardea_id_parse(ngx_http_cardea_str(d->account), "acc", &req->account_id))
        req->account = ngx_http_cardea_str(d->account);
    if (d->agent.len > 0 && !cardea_id_parse(ngx_http_cardea_str(d->agent), "agt", &req->agent_id))
        req->agent = ngx_http_cardea_str(d->agent);
}

static void decide(ngx_http_request_t *r, ngx_http_cardea_ctx_t *ctx, const ngx_http_cardea_demands_t *demands,
                   ngx_uint_t look_only, ngx_http_cardea_outcome_t *o)
{
    uint8_t address[16];
    struct cardea_request req = {.method = ngx_http_cardea_str(ctx->method),
                                 .target = ngx_http_cardea_str(r->main->unparsed_uri),
                                 .ip = ngx_http_cardea_address(r->connection->sockaddr, address) ? address : NULL,
                                 .ahead = &ctx->ahead,
                                 .look_only = look_only};
    name_demands(demands, &req);
    ngx_http_cardea_decide(r, ctx, &req, o);
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
        ctx = ngx_http_cardea_make_ctx(r);
    if (ctx == NULL)
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    if (!granted)
        ngx_memzero(&ctx->met, sizeof(ctx->met));
    ctx->profile = lcf->profile;

    ngx_http_cardea_outcome_t o;
    decide(r, ctx, &demands, granted && ctx->identity[CARDEA_IDENTITY_KEY_ID].len > 0, &o);
    /* That a piece of it may not be seen does not undo what the request was granted. */
    if (granted && r != r->main && o.decision.code != CARDEA_VALID)
        return ngx_http_cardea_deny(r, ctx, &o, 0);
    if (ngx_http_cardea_remember(r, ctx, &o) != NGX_OK)
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    if (o.decision.code != CARDEA_VALID) {
        *refused = r == r->main;
        return ngx_http_cardea_deny(r, ctx, &o, 0);
    }
    add_met(&ctx->met, &demands);
    ctx->rewritten = NULL;
    if (ngx_http_cardea_add_rate(r, ctx, &o.decision) != NGX_OK || pass(r, lcf, ctx) != NGX_OK)
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    return NGX_OK;
}

/* A client's request waits once, before its first decision, for the others of this turn. Its write event may come
 * meanwhile. */
static ngx_uint_t waits(ngx_http_request_t *r)
{
    ngx_http_cardea_ctx_t *ctx = ngx_http_cardea_get_ctx(r);
    if (ctx != NULL || r != r->main)
        return ctx != NULL && ctx->request == r;
    ctx = ngx_http_cardea_make_ctx(r);
    if (ctx == NULL)
        return 0;
    struct cardea_request req = {.profile = -1};
    ngx_http_cardea_read_headers(ctx, &req);
    cardea_ahead_begin(&req, &ctx->ahead);
    ngx_http_cardea_wait(r, ctx);
    return 1;
}

ngx_int_t ngx_http_cardea_access_handler(ngx_http_request_t *r)
{
    const ngx_http_cardea_loc_conf_t *lcf = ngx_http_get_module_loc_conf(r, ngx_http_cardea_module);
    ngx_uint_t refused = 0;
    if (lcf->profile.len == 0)
        return NGX_DECLINED;
    if (waits(r))
        return NGX_AGAIN;
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
    /* What is decided on a piece by another profile is no decision on the request. */
    ngx_http_cardea_ctx_t *ctx = ngx_http_cardea_get_ctx(r);
    ngx_uint_t is_other = ctx != NULL && ctx->code == CARDEA_VALID && !same(ctx->profile, lcf->profile);
    ngx_http_cardea_ctx_t before;
    if (is_other)
        before = *ctx;
    ngx_int_t rc = check(r, lcf, &refused);
    if (is_other)
        *ctx = before;
    return rc == NGX_OK ? NGX_DECLINED : rc;
}
