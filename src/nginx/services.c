/* nginx/services.c - the table that ngx_http_cardea_scan_module works by. */
#include <stdio.h>

#include "nginx/module.h"

#define PROBLEM_MAX 1024

static ngx_uint_t checks(const void *loc_conf)
{
    const ngx_http_cardea_loc_conf_t *lcf = loc_conf;
    return lcf->profile.len > 0;
}

static const ngx_str_t *snapshot(const void *main_conf)
{
    const ngx_http_cardea_main_conf_t *mcf = main_conf;
    return &mcf->snapshot;
}

static ngx_int_t grant(ngx_http_request_t *r, ngx_http_cardea_grant_t *out)
{
    const ngx_http_cardea_ctx_t *ctx = ngx_http_cardea_get_ctx(r);
    if (ctx == NULL || ctx->code != CARDEA_VALID)
        return NGX_DECLINED;
    *out = (ngx_http_cardea_grant_t){.fields = ctx->scan,
                                     .account = ctx->identity[CARDEA_IDENTITY_ACCOUNT],
                                     .key_id = ctx->identity[CARDEA_IDENTITY_KEY_ID]};
    return NGX_OK;
}

static ngx_int_t refuse(ngx_http_request_t *r, enum cardea_code code)
{
    ngx_http_cardea_main_conf_t *mcf = ngx_http_get_module_main_conf(r, ngx_http_cardea_module);
    ngx_http_cardea_ctx_t *ctx = ngx_http_cardea_get_ctx(r);
    ngx_http_cardea_outcome_t o = {.decision = {.code = code, .profile = -1, .missing_scope = -1}};
    if (ctx == NULL)
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    ctx->code = code; /* $cardea_code, and no later location takes it for a grant */
    struct cardea_reader *reader = ngx_http_cardea_reader(mcf, r->connection->log);
    int index = reader != NULL ? cardea_reader_profile_named(reader, ngx_http_cardea_str(ctx->profile)) : -1;
    o.profile = index >= 0 ? cardea_reader_profile(reader, (size_t)index) : NULL;
    return ngx_http_cardea_deny(r, ctx, &o, 0);
}

/* In the shape of every problem of ours (RFC 9457). */
static ngx_int_t problem(ngx_http_request_t *r, unsigned status, const char *code, const char *detail)
{
    char text[PROBLEM_MAX];
    struct cardea_str id;
    if (ngx_http_cardea_add_common(r, &id) != NGX_OK)
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    int len = snprintf(text, sizeof(text),
                       "{\"type\":\"/docs/errors/%s\",\"title\":\"%s\",\"status\":%u,\"detail\":\"%s\",\"code\":\"%s\","
                       "\"request_id\":\"%.*s\",\"errors\":[]}",
                       code, cardea_status_title(status), status, detail, code, (int)id.len, id.len > 0 ? id.ptr : "");
    if (len < 0 || (size_t)len >= sizeof(text))
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    const struct cardea_refusal refusal = {
        .status = status, .media_type = {"application/problem+json", 24}, .body = {text, (size_t)len}};
    return ngx_http_cardea_refuse(r, &refusal, 0);
}

const ngx_http_cardea_services_t ngx_http_cardea_services = {.build = NGX_HTTP_CARDEA_BUILD,
                                                             .checks = checks,
                                                             .snapshot = snapshot,
                                                             .grant = grant,
                                                             .refuse = refuse,
                                                             .problem = problem};
