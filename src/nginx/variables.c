/* nginx/variables.c - what was decided, for logs, `proxy_set_header` and conditions after the access phase. */
#include "nginx/module.h"

/* `data` of a variable: which part of the identity, or the code. */
#define CODE CARDEA_IDENTITY_COUNT

static ngx_int_t get(ngx_http_request_t *r, ngx_http_variable_value_t *v, uintptr_t data)
{
    const ngx_http_cardea_ctx_t *ctx = ngx_http_cardea_get_ctx(r);
    ngx_str_t value = ngx_null_string;
    if (ctx != NULL && data == CODE) {
        value.data = (u_char *)(uintptr_t)cardea_code_name(ctx->code);
        value.len = ngx_strlen(value.data);
    } else if (ctx != NULL) {
        value = ctx->identity[data];
    }
    v->len = (unsigned)value.len & 0xfffffff; /* a bit field of 28 bits */
    v->data = value.data;
    v->valid = value.len > 0;
    v->no_cacheable = 0;
    v->not_found = value.len == 0;
    return NGX_OK;
}

static ngx_http_variable_t variables[] = {
    {ngx_string("cardea_code"), NULL, get, CODE, NGX_HTTP_VAR_NOCACHEABLE, 0},
    {ngx_string("cardea_key_id"), NULL, get, CARDEA_IDENTITY_KEY_ID, NGX_HTTP_VAR_NOCACHEABLE, 0},
    {ngx_string("cardea_account"), NULL, get, CARDEA_IDENTITY_ACCOUNT, NGX_HTTP_VAR_NOCACHEABLE, 0},
    {ngx_string("cardea_user"), NULL, get, CARDEA_IDENTITY_USER, NGX_HTTP_VAR_NOCACHEABLE, 0},
    {ngx_string("cardea_agent"), NULL, get, CARDEA_IDENTITY_AGENT, NGX_HTTP_VAR_NOCACHEABLE, 0},
    {ngx_string("cardea_scopes"), NULL, get, CARDEA_IDENTITY_SCOPES, NGX_HTTP_VAR_NOCACHEABLE, 0},
    {ngx_string("cardea_kind"), NULL, get, CARDEA_IDENTITY_KIND, NGX_HTTP_VAR_NOCACHEABLE, 0},
};

ngx_int_t ngx_http_cardea_add_variables(ngx_conf_t *cf)
{
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        ngx_http_variable_t *v = ngx_http_add_variable(cf, &variables[i].name, variables[i].flags);
        if (v == NULL)
            return NGX_ERROR;
        v->get_handler = variables[i].get_handler;
        v->data = variables[i].data;
    }
    return NGX_OK;
}
