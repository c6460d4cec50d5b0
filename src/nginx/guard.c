/* nginx/guard.c - ways round the check that can be seen in a configuration: those are refused.
 *
 * The check runs in nginx's access phase. What answers before it, or is told to count instead of it, lets requests by.
 * docs/reference/nginx.md says what cannot be seen here. */
#include "nginx/module.h"

extern ngx_module_t ngx_http_rewrite_module;

/* What ngx_http_rewrite_loc_conf_t begins with; the rest is private to nginx. */
typedef struct {
    ngx_array_t *codes;
} rewrite_conf_t;

#define SAYS_NOTHING 0

/* The status with which compiled rewrite directives may answer by themselves, when that is less than
 * `below`; else SAYS_NOTHING. The codes are of many sizes, but all are made of whole words and begin with the address
 * of what runs them, which no other word equals. */
static ngx_uint_t answers(const ngx_array_t *codes, ngx_uint_t below)
{
    if (codes == NULL)
        return SAYS_NOTHING;
    const u_char *elts = codes->elts;
    for (size_t at = 0; at + sizeof(uintptr_t) <= codes->nelts; at += sizeof(uintptr_t)) {
        const void *code = elts + at;
        const uintptr_t *word = code;
        ngx_uint_t status = SAYS_NOTHING;
        if (*word == (uintptr_t)ngx_http_script_return_code) {
            const ngx_http_script_return_code_t *ret = code;
            status = ret->status;
        } else if (*word == (uintptr_t)ngx_http_script_regex_start_code) {
            const ngx_http_script_regex_code_t *regex = code;
            status = regex->redirect ? regex->status : SAYS_NOTHING;
        }
        if (status != SAYS_NOTHING && status < below)
            return status;
    }
    return SAYS_NOTHING;
}

static ngx_uint_t location_answers(void **loc_conf, ngx_uint_t below)
{
    const rewrite_conf_t *rewrite = loc_conf[ngx_http_rewrite_module.ctx_index];
    return answers(rewrite->codes, below);
}

static ngx_int_t refuse(ngx_conf_t *cf, const ngx_http_cardea_loc_conf_t *lcf, const ngx_str_t *location,
                        const char *what)
{
    /* What stands in a server itself has no name. */
    const char *kind = location->len > 0 ? "location \"" : "the server", *end = location->len > 0 ? "\"" : "";
    ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "cardea: %s%V%s %s in %V:%ui", kind, location, end, what, &lcf->place.file,
                  lcf->place.line);
    return NGX_ERROR;
}

/* The location that `uri` leads to: its own name, or the longest that it begins with. */
static ngx_http_core_loc_conf_t *find_location(ngx_queue_t *locations, const ngx_str_t *uri)
{
    ngx_http_core_loc_conf_t *best = NULL;
    if (locations == NULL)
        return NULL;
    for (ngx_queue_t *q = ngx_queue_head(locations); q != ngx_queue_sentinel(locations); q = ngx_queue_next(q)) {
        ngx_http_location_queue_t *lq = (ngx_http_location_queue_t *)q;
        ngx_http_core_loc_conf_t *clcf = lq->exact != NULL ? lq->exact : lq->inclusive;
        if (clcf->noname || clcf->name.len > uri->len || ngx_strncmp(clcf->name.data, uri->data, clcf->name.len) != 0)
            continue;
        if (clcf->name.len == uri->len)
            return clcf;
        if (!clcf->exact_match && !clcf->named && (best == NULL || best->name.len < clcf->name.len))
            best = clcf;
    }
    return best;
}

/* error_page 401 =200 @open, with a `return` in @open. Refusals of this module take no error_page; whoever writes this
 * means something that would not come about, or would with another module's refusals. */
static ngx_int_t guard_error_pages(ngx_conf_t *cf, const ngx_http_cardea_loc_conf_t *lcf,
                                   const ngx_http_core_loc_conf_t *clcf, const ngx_http_core_loc_conf_t *server)
{
    if (clcf->error_pages == NULL)
        return NGX_OK;
    const ngx_http_err_page_t *pages = clcf->error_pages->elts;
    for (ngx_uint_t i = 0; i < clcf->error_pages->nelts; i++) {
        if (pages[i].status != NGX_HTTP_UNAUTHORIZED && pages[i].status != NGX_HTTP_FORBIDDEN)
            continue;
        if (pages[i].value.lengths != NULL)
            continue;
        const ngx_http_core_loc_conf_t *target = find_location(server->locations, &pages[i].value.value);
        if (target != NULL && location_answers(target->loc_conf, NGX_HTTP_BAD_REQUEST) != SAYS_NOTHING)
            return refuse(
                cf, lcf, &clcf->name,
                "sends 401 or 403 by \"error_page\" to a location that answers by \"return\"; let that return "
                "a status of 400 or above, or take the error_page out");
    }
    return NGX_OK;
}

ngx_int_t ngx_http_cardea_guard(ngx_conf_t *cf, ngx_http_cardea_loc_conf_t *lcf)
{
    ngx_http_core_srv_conf_t *cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);
    ngx_http_core_loc_conf_t *clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    ngx_http_conf_ctx_t *ctx = cf->ctx;
    ngx_uint_t is_server = ctx->loc_conf == cscf->ctx->loc_conf;
    if (clcf->satisfy == NGX_HTTP_SATISFY_ANY)
        return refuse(cf, lcf, &clcf->name, "has \"satisfy any\", which lets other rules count instead of the check");
    /* A server may send all to another one, as to https; it must not answer by itself. */
    if (location_answers(cscf->ctx->loc_conf, NGX_HTTP_SPECIAL_RESPONSE) != SAYS_NOTHING)
        return refuse(cf, lcf, &clcf->name,
                      is_server ? "answers by \"return\" before the check"
                                : "stands in a server that answers by \"return\" before the check");
    if (!is_server && location_answers(ctx->loc_conf, NGX_HTTP_BAD_REQUEST) != SAYS_NOTHING)
        return refuse(
            cf, lcf, &clcf->name,
            "answers by \"return\" or a redirecting \"rewrite\" before the check; say \"cardea off\" in it if "
            "that is meant");
    return guard_error_pages(cf, lcf, clcf, cscf->ctx->loc_conf[ngx_http_core_module.ctx_index]);
}
