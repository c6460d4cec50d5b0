/* nginx/scan_body.c - the body: what it may be, read whole, the texts taken out. */
#include <cardea/scan_json.h>

#include "nginx/scan_module.h"

static ngx_http_request_body_filter_pt next_filter;

ngx_uint_t ngx_http_cardea_scan_has_body(const ngx_http_request_t *r)
{
    /* HTTP/2 needs neither length nor chunks. */
    return r->headers_in.content_length_n > 0 || r->headers_in.chunked || r->stream != NULL || r->request_body != NULL;
}

/* ---- headers ---- */

static ngx_int_t problem(ngx_http_request_t *r, unsigned status, const char *code, const char *detail)
{
    const ngx_http_cardea_scan_main_conf_t *smcf = ngx_http_get_module_main_conf(r, ngx_http_cardea_scan_module);
    return smcf->services->problem(r, status, code, detail);
}

static ngx_int_t too_large(ngx_http_request_t *r)
{
    return problem(r, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE, "body_too_large",
                   "The body is larger than is scanned here, and so it does not go on.");
}

static ngx_uint_t begins(ngx_str_t text, const char *word)
{
    size_t len = ngx_strlen(word);
    return text.len >= len && ngx_strncasecmp(text.data, (u_char *)(uintptr_t)word, len) == 0;
}

static void trim(ngx_str_t *text)
{
    while (text->len > 0 && (text->data[0] == ' ' || text->data[0] == '\t')) {
        text->data++;
        text->len--;
    }
    while (text->len > 0 && (text->data[text->len - 1] == ' ' || text->data[text->len - 1] == '\t'))
        text->len--;
}

/* What stands before the next `;`. */
static ngx_str_t cut(ngx_str_t *rest)
{
    ngx_str_t piece = {.len = 0, .data = rest->data};
    while (piece.len < rest->len && rest->data[piece.len] != ';')
        piece.len++;
    size_t used = piece.len < rest->len ? piece.len + 1 : piece.len;
    rest->data += used;
    rest->len -= used;
    trim(&piece);
    return piece;
}

/* application/json or application/...+json, in UTF-8. */
static ngx_uint_t is_json(ngx_str_t value)
{
    ngx_str_t type = cut(&value);
    ngx_uint_t suffixed = begins(type, "application/") && type.len > 17 &&
                          ngx_strncasecmp(type.data + type.len - 5, (u_char *)(uintptr_t) "+json", 5) == 0;
    if (!suffixed && !(type.len == 16 && begins(type, "application/json")))
        return 0;
    while (value.len > 0) {
        ngx_str_t parameter = cut(&value);
        if (!begins(parameter, "charset="))
            continue;
        parameter.data += 8;
        parameter.len -= 8;
        if (!(parameter.len == 5 && begins(parameter, "utf-8")) &&
            !(parameter.len == 7 && begins(parameter, "\"utf-8\"")))
            return 0;
    }
    return 1;
}

static ngx_uint_t named(const ngx_table_elt_t *h, const char *name)
{
    return h->key.len == ngx_strlen(name) && begins(h->key, name);
}

/* Two of one kind would let what stands behind choose the other one. */
static ngx_uint_t headers_are_plain(const ngx_http_request_t *r)
{
    ngx_uint_t types = 0;
    for (const ngx_list_part_t *part = &r->headers_in.headers.part; part != NULL; part = part->next) {
        const ngx_table_elt_t *h = part->elts;
        for (ngx_uint_t i = 0; i < part->nelts; i++) {
            if (named(&h[i], "content-encoding") && !(h[i].value.len == 8 && begins(h[i].value, "identity")))
                return 0;
            if (named(&h[i], "content-type") && (types++ > 0 || !is_json(h[i].value)))
                return 0;
        }
    }
    return types == 1;
}

ngx_int_t ngx_http_cardea_scan_check_headers(ngx_http_request_t *r, const ngx_http_cardea_scan_loc_conf_t *slcf)
{
    if (r->headers_in.upgrade != NULL)
        return problem(r, NGX_HTTP_BAD_REQUEST, "bad_request",
                       "What goes through a tunnel cannot be scanned: this path takes no Upgrade.");
    if (!ngx_http_cardea_scan_has_body(r) || r->headers_in.content_length_n == 0)
        return NGX_DECLINED;
    if (r->headers_in.content_length_n > (off_t)slcf->max_body)
        return too_large(r);
    return NGX_OK;
}

/* ---- the body ---- */

ngx_int_t ngx_http_cardea_scan_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_http_cardea_scan_ctx_t *ctx = ngx_http_get_module_ctx(r, ngx_http_cardea_scan_module);
    if (ctx == NULL || ctx->state != SCAN_READS)
        return next_filter(r, in);
    for (const ngx_chain_t *c = in; c != NULL; c = c->next)
        ctx->received += (size_t)ngx_buf_size(c->buf);
    if (ctx->received > ctx->max_body)
        return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
    return next_filter(r, in);
}

void ngx_http_cardea_scan_add_body_filter(void)
{
    next_filter = ngx_http_top_request_body_filter;
    ngx_http_top_request_body_filter = ngx_http_cardea_scan_body_filter;
}

/* A piece of it, from memory or from the file that nginx put it into. */
static u_char *copy(ngx_buf_t *b, u_char *to, const u_char *end)
{
    size_t len = (size_t)ngx_buf_size(b);
    if (len > (size_t)(end - to))
        return NULL;
    if (ngx_buf_in_memory(b))
        return len > 0 ? ngx_cpymem(to, b->pos, len) : to;
    while (len > 0) {
        ssize_t n = ngx_read_file(b->file, to, len, b->file_last - (off_t)len);
        if (n <= 0)
            return NULL;
        to += n;
        len -= (size_t)n;
    }
    return to;
}

/* NGX_DECLINED: it is empty. NGX_HTTP_REQUEST_ENTITY_TOO_LARGE: read for a location that scans nothing, before an
 * internal redirect led here. */
static ngx_int_t gather(ngx_http_request_t *r, size_t max, ngx_str_t *out)
{
    off_t len = 0;
    if (r->request_body == NULL)
        return NGX_DECLINED;
    for (const ngx_chain_t *c = r->request_body->bufs; c != NULL; c = c->next)
        len += ngx_buf_size(c->buf);
    if (len == 0)
        return NGX_DECLINED;
    if (len > (off_t)max)
        return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
    *out = (ngx_str_t){.data = ngx_palloc(r->pool, (size_t)len)};
    if (out->data == NULL)
        return NGX_ERROR;
    out->len = (size_t)len;
    u_char *to = out->data;
    for (const ngx_chain_t *c = r->request_body->bufs; c != NULL; c = c->next) {
        to = copy(c->buf, to, out->data + len);
        if (to == NULL)
            return NGX_ERROR;
    }
    return NGX_OK;
}

static void wipe(ngx_str_t *text)
{
    if (text->len > 0)
        cardea_wipe(text->data, text->len);
    ngx_str_null(text);
}

void ngx_http_cardea_scan_forget(ngx_http_cardea_scan_ctx_t *ctx)
{
    wipe(&ctx->document);
    wipe(&ctx->room);
    ngx_str_null(&ctx->text);
    wipe(&ctx->told);
}

static void forget_at_end(void *data)
{
    ngx_http_cardea_scan_forget(data);
}

static ngx_int_t take(ngx_http_request_t *r, ngx_http_cardea_scan_ctx_t *ctx)
{
    struct cardea_why why = {""};
    struct cardea_str json = {(const char *)ctx->document.data, ctx->document.len};
    size_t len = 0;
    ngx_pool_cleanup_t *cleanup = ngx_pool_cleanup_add(r->pool, 0);
    char *text = ngx_pnalloc(r->pool, json.len);
    if (text == NULL || cleanup == NULL)
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    cleanup->handler = forget_at_end;
    cleanup->data = ctx;
    ctx->room = (ngx_str_t){.len = json.len, .data = (u_char *)text};
    if (cardea_scan_json(json, ctx->fields, ctx->field_count, text, &len, &why) != CARDEA_OK) {
        u_char detail[sizeof(why.text) + 64];
        ngx_snprintf(detail, sizeof(detail), "The body is to be scanned, and is no JSON: %s.%Z", why.text);
        return problem(r, NGX_HTTP_BAD_REQUEST, "invalid_json", (const char *)detail);
    }
    ctx->text = (ngx_str_t){.len = len, .data = ctx->room.data};
    return len > 0 ? NGX_OK : NGX_DECLINED;
}

ngx_int_t ngx_http_cardea_scan_take_texts(ngx_http_request_t *r, ngx_http_cardea_scan_ctx_t *ctx)
{
    ngx_int_t rc = gather(r, ctx->max_body, &ctx->document);
    if (rc == NGX_OK && !headers_are_plain(r))
        rc = problem(r, NGX_HTTP_UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type",
                     "What is sent here is scanned: it is application/json in UTF-8, without Content-Encoding.");
    else if (rc == NGX_OK)
        rc = take(r, ctx);
    else if (rc == NGX_HTTP_REQUEST_ENTITY_TOO_LARGE)
        rc = too_large(r);
    else if (rc == NGX_ERROR)
        rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
    wipe(&ctx->document);
    return rc;
}
