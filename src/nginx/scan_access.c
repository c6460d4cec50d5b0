/* nginx/scan_access.c - one request: is there something to scan, and what comes of it.
 *
 * It runs behind the check and every other rule of the access phase, so that whatever is scanned was granted. A request
 * goes on when its texts were looked at and let pass, and when there are none. All else ends here. */
#include "nginx/scan_module.h"

#define COMPLAIN_SECS 60

void ngx_http_cardea_scan_complain(ngx_http_request_t *r, const char *why)
{
    ngx_http_cardea_scan_main_conf_t *smcf = ngx_http_get_module_main_conf(r, ngx_http_cardea_scan_module);
    time_t now = ngx_time();
    if (smcf->complained != 0 && now - smcf->complained < COMPLAIN_SECS)
        return;
    smcf->complained = now;
    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0, "cardea_scan: requests are answered 503: %s", why);
}

/* Lines to a list. The text is the first module's, of this request. */
static size_t split_fields(ngx_str_t lines, struct cardea_str out[CARDEA_SCAN_FIELDS_MAX])
{
    size_t count = 0;
    const u_char *at = lines.data, *end = lines.data + lines.len;
    while (at < end && count < CARDEA_SCAN_FIELDS_MAX) {
        const u_char *stop = at;
        while (stop < end && *stop != '\n')
            stop++;
        out[count++] = (struct cardea_str){(const char *)at, (size_t)(stop - at)};
        at = stop + 1;
    }
    return count;
}

static ngx_int_t refuse(ngx_http_request_t *r, enum cardea_code code)
{
    const ngx_http_cardea_scan_main_conf_t *smcf = ngx_http_get_module_main_conf(r, ngx_http_cardea_scan_module);
    return smcf->services->refuse(r, code);
}

/* Answered already, so that no error_page and no other rule has a say in it. */
static ngx_int_t answered(ngx_http_request_t *r, ngx_int_t rc)
{
    ngx_http_finalize_request(r, rc);
    return NGX_DONE;
}

/* ---- the verdict ---- */

static ngx_int_t unavailable(ngx_http_request_t *r, const char *why)
{
    ngx_http_cardea_scan_complain(r, why);
    return answered(r, refuse(r, CARDEA_SCANNER_UNAVAILABLE));
}

static ngx_int_t pass(ngx_http_cardea_scan_ctx_t *ctx)
{
    ngx_http_cardea_scan_forget(ctx);
    ctx->state = SCAN_PASSED;
    return NGX_DECLINED;
}

/* This worker's own scanner, by the default policy. */
static ngx_int_t decide_here(ngx_http_request_t *r, ngx_http_cardea_scan_ctx_t *ctx, ngx_uint_t sensitivity)
{
    const char *why = NULL;
    ngx_int_t rc = ngx_http_cardea_scan_text(r, ctx, sensitivity, &why);
    if (rc == NGX_OK)
        return pass(ctx);
    ngx_http_cardea_scan_forget(ctx);
    if (rc == NGX_DECLINED)
        return answered(r, refuse(r, CARDEA_CONTENT_BLOCKED));
    return unavailable(r, why);
}

static ngx_uint_t says(const ngx_http_cardea_scan_ctx_t *ctx, const char *word)
{
    return ctx->verdict.len == ngx_strlen(word) && ngx_strncmp(ctx->verdict.data, word, ctx->verdict.len) == 0;
}

/* The daemon's word, by the account's policy, is the last one; it has told of it in an event. */
static ngx_int_t decide_by_daemon(ngx_http_request_t *r, ngx_http_cardea_scan_ctx_t *ctx,
                                  const ngx_http_cardea_scan_loc_conf_t *slcf)
{
    if (says(ctx, "allow") || says(ctx, "flag"))
        return pass(ctx);
    if (ctx->verdict.len > 0) {
        ngx_http_cardea_scan_forget(ctx);
        return answered(r, refuse(r, CARDEA_CONTENT_BLOCKED));
    }
    if (slcf->optional) {
        ngx_http_cardea_scan_complain(r, "no longer: the daemon gave no verdict, this scanner alone decides");
        return decide_here(r, ctx, slcf->sensitivity);
    }
    ngx_http_cardea_scan_forget(ctx);
    return unavailable(r, ctx->status == NGX_HTTP_UNAUTHORIZED || ctx->status == NGX_HTTP_FORBIDDEN
                              ? "the daemon does not take cardea_scan_key"
                              : "the daemon gave no verdict");
}

/* ---- the steps ---- */

static void on_body(ngx_http_request_t *r)
{
    ngx_http_cardea_scan_ctx_t *ctx = ngx_http_get_module_ctx(r, ngx_http_cardea_scan_module);
    ctx->state = SCAN_HAS_BODY;
    r->preserve_body = 1;
    r->write_event_handler = ngx_http_core_run_phases;
    ngx_http_core_run_phases(r);
}

static ngx_int_t read_body(ngx_http_request_t *r)
{
    ngx_int_t rc = ngx_http_read_client_request_body(r, on_body);
    if (rc >= NGX_HTTP_SPECIAL_RESPONSE)
        return rc;
    return answered(r, NGX_DONE);
}

static ngx_int_t begin(ngx_http_request_t *r, const ngx_http_cardea_scan_loc_conf_t *slcf)
{
    const ngx_http_cardea_scan_main_conf_t *smcf = ngx_http_get_module_main_conf(r, ngx_http_cardea_scan_module);
    ngx_http_cardea_scan_ctx_t *ctx = ngx_pcalloc(r->pool, sizeof(*ctx));
    if (ctx == NULL)
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    if (smcf->services->grant(r, &ctx->grant) != NGX_OK)
        return NGX_HTTP_INTERNAL_SERVER_ERROR; /* the check did not run before this */
    ctx->max_body = slcf->max_body;
    if (slcf->how == SCAN_FIELDS) {
        ctx->field_count = slcf->field_count;
        ngx_memcpy(ctx->fields, slcf->fields, sizeof(ctx->fields));
    } else {
        ctx->field_count = split_fields(ctx->grant.fields, ctx->fields);
    }
    if (ctx->field_count == 0)
        return NGX_DECLINED;
    ngx_int_t rc = ngx_http_cardea_scan_check_headers(r, slcf);
    if (rc != NGX_OK)
        return rc == NGX_DECLINED ? NGX_DECLINED : answered(r, rc);
    ngx_http_set_ctx(r, ctx, ngx_http_cardea_scan_module);
    return read_body(r);
}

static ngx_int_t scan_body(ngx_http_request_t *r, ngx_http_cardea_scan_ctx_t *ctx,
                           const ngx_http_cardea_scan_loc_conf_t *slcf)
{
    ngx_int_t rc = ngx_http_cardea_scan_take_texts(r, ctx);
    if (rc == NGX_DECLINED)
        return pass(ctx);
    if (rc != NGX_OK)
        return answered(r, rc);
    if (slcf->daemon.len > 0)
        return ngx_http_cardea_scan_ask(r, ctx);
    return decide_here(r, ctx, slcf->sensitivity);
}

ngx_int_t ngx_http_cardea_scan_access_handler(ngx_http_request_t *r)
{
    const ngx_http_cardea_scan_loc_conf_t *slcf = ngx_http_get_module_loc_conf(r, ngx_http_cardea_scan_module);
    ngx_http_cardea_scan_ctx_t *ctx = ngx_http_get_module_ctx(r, ngx_http_cardea_scan_module);
    if (!slcf->active)
        return NGX_DECLINED;
    if (ctx == NULL)
        return begin(r, slcf);
    switch (ctx->state) {
    case SCAN_HAS_BODY:
        return scan_body(r, ctx, slcf);
    case SCAN_ANSWERED:
        return decide_by_daemon(r, ctx, slcf);
    case SCAN_PASSED:
        return NGX_DECLINED;
    default:
        return NGX_AGAIN;
    }
}

/* Subrequests skip the access phase. One that carries the client's body (mirror) to a place where it would be scanned
 * does not get there before it was. */
ngx_int_t ngx_http_cardea_scan_subrequest_handler(ngx_http_request_t *r)
{
    const ngx_http_cardea_scan_loc_conf_t *slcf = ngx_http_get_module_loc_conf(r, ngx_http_cardea_scan_module);
    const ngx_http_cardea_scan_main_conf_t *smcf = ngx_http_get_module_main_conf(r, ngx_http_cardea_scan_module);
    const ngx_http_cardea_scan_ctx_t *ctx = ngx_http_get_module_ctx(r->main, ngx_http_cardea_scan_module);
    ngx_http_cardea_grant_t grant;
    if (r == r->main || !slcf->active || r->request_body == NULL || r->request_body->bufs == NULL)
        return NGX_DECLINED;
    if (ctx != NULL && ctx->state == SCAN_PASSED)
        return NGX_DECLINED;
    if (slcf->how == SCAN_BY_PROFILE && smcf->services->grant(r, &grant) == NGX_OK && grant.fields.len == 0)
        return NGX_DECLINED;
    return NGX_HTTP_SERVICE_UNAVAILABLE;
}
