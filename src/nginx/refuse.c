/* nginx/refuse.c - the reply to a denial. */
#include "nginx/module.h"

#include <stdio.h>

static ngx_int_t copy(ngx_http_request_t *r, struct cardea_str text, ngx_str_t *out)
{
    out->len = text.len;
    out->data = ngx_pnalloc(r->pool, text.len + 1);
    if (out->data == NULL)
        return NGX_ERROR;
    if (text.len > 0)
        ngx_memcpy(out->data, text.ptr, text.len);
    out->data[text.len] = '\0';
    return NGX_OK;
}

static ngx_int_t add_headers(ngx_http_request_t *r, const struct cardea_refusal *refusal)
{
    char seconds[16];
    if (refusal->challenge.len > 0) {
        ngx_table_elt_t *h = ngx_http_cardea_add_header(r, "WWW-Authenticate", refusal->challenge);
        if (h == NULL)
            return NGX_ERROR;
        r->headers_out.www_authenticate = h;
    }
    if (refusal->retry_after_sec > 0) {
        int len = snprintf(seconds, sizeof(seconds), "%u", refusal->retry_after_sec);
        if (ngx_http_cardea_add_header(r, "Retry-After", (struct cardea_str){seconds, (size_t)len}) == NULL)
            return NGX_ERROR;
    }
    return NGX_OK;
}

ngx_int_t ngx_http_cardea_add_common(ngx_http_request_t *r, struct cardea_str *request_id)
{
    static ngx_str_t name = ngx_string("request_id");
    static const struct cardea_str no_store = {"no-store", 8};
    const ngx_http_variable_value_t *id = ngx_http_get_variable(r, &name, ngx_hash_key(name.data, name.len));
    *request_id = (struct cardea_str){.ptr = NULL};
    if (ngx_http_cardea_add_header(r, "Cache-Control", no_store) == NULL)
        return NGX_ERROR;
    if (id == NULL || id->not_found)
        return NGX_OK;
    *request_id = (struct cardea_str){.ptr = (const char *)id->data, .len = id->len};
    return ngx_http_cardea_add_header(r, "X-Request-Id", *request_id) != NULL ? NGX_OK : NGX_ERROR;
}

/* Line ends and other control characters, which no header can hold, become spaces; in JSON they say nothing. */
static ngx_int_t send_in_header(ngx_http_request_t *r, ngx_uint_t status, ngx_str_t *type, ngx_str_t *body)
{
    for (size_t i = 0; i < body->len; i++) {
        if (body->data[i] < ' ' || body->data[i] == 0x7f)
            body->data[i] = ' ';
    }
    if (ngx_http_cardea_add_header(r, "Cardea-Refusal", ngx_http_cardea_str(*body)) == NULL)
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    r->headers_out.status = status;
    r->headers_out.content_type = *type;
    r->headers_out.content_type_len = type->len;
    r->headers_out.content_length_n = 0;
    r->header_only = 1;
    return ngx_http_send_header(r);
}

ngx_int_t ngx_http_cardea_refuse(ngx_http_request_t *r, const struct cardea_refusal *refusal, ngx_uint_t in_header)
{
    ngx_http_complex_value_t body;
    ngx_str_t type;
    ngx_memzero(&body, sizeof(body));
    if (copy(r, refusal->body, &body.value) != NGX_OK || copy(r, refusal->media_type, &type) != NGX_OK ||
        add_headers(r, refusal) != NGX_OK)
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    /* Who waits for leave to send a body is not given it. What comes then cannot be told from a body. */
    if (r->headers_in.expect != NULL && !r->expect_tested) {
        r->expect_tested = 1;
        r->keepalive = 0;
    }
    if (in_header)
        return send_in_header(r, refusal->status, &type, &body.value);
    return ngx_http_send_response(r, refusal->status, &type, &body);
}
