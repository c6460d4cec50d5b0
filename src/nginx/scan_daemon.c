/* nginx/scan_daemon.c - the daemon's verdict: POST /v1/scan, by a subrequest to a location of the configuration's.
 *
 * The account's policy and the language model are the daemon's; so is the event. Its answer stands in a header, since
 * nobody reads a subrequest's body. */
#include "nginx/scan_module.h"

#define ESCAPE_LEN 6 /* \u001f */

static const ngx_str_t method = ngx_string("POST");
static const ngx_str_t media_type = ngx_string("application/json");
static const ngx_str_t minimal = ngx_string("return=minimal"); /* RFC 7240 */

/* ---- what is sent ---- */

static size_t escaped_len(ngx_str_t text)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        u_char c = text.data[i];
        len += c < 0x20 ? ESCAPE_LEN : c == '"' || c == '\\' ? 2 : 1;
    }
    return len;
}

static u_char *escape(u_char *to, ngx_str_t text)
{
    static const u_char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < text.len; i++) {
        u_char c = text.data[i];
        if (c < 0x20) {
            to = ngx_cpymem(to, "\\u00", 4);
            *to++ = digits[c >> 4];
            *to++ = digits[c & 15];
            continue;
        }
        if (c == '"' || c == '\\')
            *to++ = '\\';
        *to++ = c;
    }
    return to;
}

/* {"account":"acc_...","text":"..."}; on a public route nobody's. The account is an id, which needs no escaping. */
static ngx_int_t write_body(ngx_http_request_t *r, ngx_http_cardea_scan_ctx_t *ctx)
{
    ngx_str_t account = ctx->grant.account;
    u_char *to = ngx_pnalloc(r->pool,
                             sizeof("{\"account\":\"\",\"text\":\"\"}") + account.len + escaped_len(ctx->text));
    if (to == NULL)
        return NGX_ERROR;
    ctx->told.data = to;
    *to++ = '{';
    if (account.len > 0)
        to = ngx_sprintf(to, "\"account\":\"%V\",", &account);
    to = ngx_cpymem(to, "\"text\":\"", 8);
    to = escape(to, ctx->text);
    *to++ = '"';
    *to++ = '}';
    ctx->told.len = (size_t)(to - ctx->told.data);
    return NGX_OK;
}

static ngx_table_elt_t *add_header(ngx_list_t *list, const char *key, const char *lower, const ngx_str_t *value)
{
    ngx_table_elt_t *h = ngx_list_push(list);
    if (h == NULL)
        return NULL;
    ngx_memzero(h, sizeof(*h));
    h->hash = 1;
    h->key = (ngx_str_t){.len = ngx_strlen(key), .data = (u_char *)(uintptr_t)key};
    h->lowcase_key = (u_char *)(uintptr_t)lower;
    h->value = *value;
    return h;
}

/* Nothing of what the client sent goes there: the subrequest has headers and a body of its own. */
static ngx_int_t fill_in(ngx_http_request_t *sr, const ngx_http_cardea_scan_ctx_t *ctx, const ngx_str_t *authorization)
{
    ngx_list_t headers;
    ngx_http_request_body_t *body = ngx_pcalloc(sr->pool, sizeof(*body));
    ngx_buf_t *b = ngx_calloc_buf(sr->pool);
    ngx_chain_t *chain = ngx_alloc_chain_link(sr->pool);
    if (body == NULL || b == NULL || chain == NULL ||
        ngx_list_init(&headers, sr->pool, 3, sizeof(ngx_table_elt_t)) != NGX_OK)
        return NGX_ERROR;
    b->pos = b->start = ctx->told.data;
    b->last = b->end = ctx->told.data + ctx->told.len;
    b->memory = b->last_buf = b->last_in_chain = 1;
    *chain = (ngx_chain_t){.buf = b};
    body->bufs = chain;
    if (authorization->len > 0 && add_header(&headers, "Authorization", "authorization", authorization) == NULL)
        return NGX_ERROR;
    if (add_header(&headers, "Prefer", "prefer", &minimal) == NULL)
        return NGX_ERROR;
    ngx_table_elt_t *type = add_header(&headers, "Content-Type", "content-type", &media_type);
    if (type == NULL)
        return NGX_ERROR;
    ngx_memzero(&sr->headers_in, sizeof(sr->headers_in));
    sr->headers_in.headers = headers;
    sr->headers_in.headers.last = &sr->headers_in.headers.part;
    sr->headers_in.content_type = type;
    sr->headers_in.content_length_n = (off_t)ctx->told.len;
    sr->headers_in.keep_alive_n = -1;
    sr->request_body = body;
    sr->method = NGX_HTTP_POST;
    sr->method_name = method;
    return NGX_OK;
}

/* ---- what comes back ---- */

static ngx_str_t find_verdict(const ngx_http_request_t *sr)
{
    static const ngx_str_t name = ngx_string("Cardea-Verdict");
    for (const ngx_list_part_t *part = &sr->headers_out.headers.part; part != NULL; part = part->next) {
        const ngx_table_elt_t *h = part->elts;
        for (ngx_uint_t i = 0; i < part->nelts; i++)
            if (h[i].hash != 0 && h[i].key.len == name.len && ngx_strncasecmp(h[i].key.data, name.data, name.len) == 0)
                return h[i].value;
    }
    return (ngx_str_t)ngx_null_string;
}

/* The verdict stands in the header, so that it is there whatever becomes of the body, which is read only so that the
 * connection can be used again. NGX_OK in any case: neither an error page of the subrequest's nor its failure is the
 * client's; what follows from having no verdict is said in scan_access.c. */
static ngx_int_t on_answer(ngx_http_request_t *sr, void *data, ngx_int_t rc)
{
    ngx_http_cardea_scan_ctx_t *ctx = data;
    if (ctx->state != SCAN_ASKS)
        return NGX_OK;
    ctx->state = SCAN_ANSWERED;
    ctx->status = sr->headers_out.status;
    if (ctx->status == NGX_HTTP_OK)
        ctx->verdict = find_verdict(sr);
    return NGX_OK;
}

ngx_int_t ngx_http_cardea_scan_ask(ngx_http_request_t *r, ngx_http_cardea_scan_ctx_t *ctx)
{
    ngx_http_cardea_scan_main_conf_t *smcf = ngx_http_get_module_main_conf(r, ngx_http_cardea_scan_module);
    ngx_http_cardea_scan_loc_conf_t *slcf = ngx_http_get_module_loc_conf(r, ngx_http_cardea_scan_module);
    ngx_http_post_subrequest_t *ps = ngx_palloc(r->pool, sizeof(*ps));
    ngx_http_request_t *sr;
    if (ps == NULL || write_body(r, ctx) != NGX_OK)
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    *ps = (ngx_http_post_subrequest_t){.handler = on_answer, .data = ctx};
    if (ngx_http_subrequest(r, &slcf->daemon, NULL, &sr, ps,
                            NGX_HTTP_SUBREQUEST_WAITED | NGX_HTTP_SUBREQUEST_IN_MEMORY) != NGX_OK ||
        fill_in(sr, ctx, &smcf->authorization) != NGX_OK)
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    ctx->state = SCAN_ASKS;
    return NGX_AGAIN;
}
