/* nginx/headers.c - what goes on to the upstream: no identity that the client made up, no key, and who it is.
 *
 * nginx keeps pointers into its list of request headers, so nothing is ever removed from it or moved in it: a new list
 * takes its place, of our own headers and of the runs of old ones that stay. */
#include "nginx/module.h"

#define SESSION_COOKIE "cardea_session" /* of the daemon's own sessions */

struct rewriting {
    ngx_str_t legacy_header; /* empty: none */
    ngx_str_t session_cookie;
    ngx_uint_t strip_credentials;
    const ngx_str_t *identity; /* NULL: none */
};

/* A walk over all elements of a list. */
struct walk {
    const ngx_list_part_t *part;
    ngx_uint_t at;
};

static ngx_table_elt_t *next(struct walk *w)
{
    while (w->part != NULL && w->at == w->part->nelts) {
        w->part = w->part->next;
        w->at = 0;
    }
    return w->part != NULL ? (ngx_table_elt_t *)w->part->elts + w->at++ : NULL;
}

/* `name` in lower case. nginx's own parsers always fill in lowcase_key; other modules that add headers may not. */
static ngx_uint_t named(const ngx_table_elt_t *h, const char *name, size_t len)
{
    if (h->key.len != len)
        return 0;
    if (h->lowcase_key != NULL)
        return ngx_memcmp(h->lowcase_key, name, len) == 0;
    return ngx_strncasecmp(h->key.data, (u_char *)(uintptr_t)name, len) == 0;
}

#define NAMED(h, literal) named(h, literal, sizeof(literal) - 1)

static ngx_uint_t is_identity(const ngx_table_elt_t *h)
{
    return cardea_identity_is_claimed(ngx_http_cardea_str(h->key));
}

ngx_str_t ngx_http_cardea_find(const ngx_list_t *headers, const char *name, ngx_uint_t *count)
{
    struct walk w = {.part = &headers->part};
    size_t len = ngx_strlen(name);
    ngx_str_t value = ngx_null_string;
    const ngx_table_elt_t *h;
    *count = 0;
    while ((h = next(&w)) != NULL) {
        if (named(h, name, len)) {
            value = h->value;
            (*count)++;
        }
    }
    return value;
}

void ngx_http_cardea_read_headers(const ngx_http_cardea_ctx_t *ctx, struct cardea_request *out)
{
    struct walk w = {.part = &ctx->received};
    const ngx_str_t *legacy = &ctx->legacy_header;
    const ngx_table_elt_t *h;
    out->authorization_count = out->legacy_count = 0;
    while ((h = next(&w)) != NULL) {
        if (NAMED(h, "authorization")) {
            out->authorization = ngx_http_cardea_str(h->value);
            out->authorization_count++;
        } else if (legacy->len > 0 && named(h, (const char *)legacy->data, legacy->len)) {
            out->legacy = ngx_http_cardea_str(h->value);
            out->legacy_count++;
        } else if (NAMED(h, "origin")) {
            out->origin = ngx_http_cardea_str(h->value);
        } else if (NAMED(h, "sec-fetch-mode")) {
            out->sec_fetch_mode = ngx_http_cardea_str(h->value);
        }
    }
}

static ngx_uint_t is_session(const u_char *pair, size_t len, const ngx_str_t *name)
{
    return name->len > 0 && len > name->len && pair[name->len] == '=' && ngx_memcmp(pair, name->data, name->len) == 0;
}

/* Cuts sessions out of a Cookie header, in place; what is left is never longer than what was there. */
static void cut_sessions(ngx_table_elt_t *h, const ngx_str_t *own_name)
{
    static const ngx_str_t name = ngx_string(SESSION_COOKIE);
    u_char *to = h->value.data;
    const u_char *end = h->value.data + h->value.len;
    for (const u_char *at = h->value.data; at < end;) {
        const u_char *stop = at;
        while (stop < end && *stop != ';')
            stop++;
        const u_char *first = at;
        while (first < stop && (*first == ' ' || *first == '\t'))
            first++;
        size_t len = (size_t)(stop - first);
        if (len > 0 && !is_session(first, len, &name) && !is_session(first, len, own_name)) {
            /* With the blanks before it, unless it comes first now. */
            if (to != h->value.data) {
                *to++ = ';';
                first = at;
                len = (size_t)(stop - at);
            }
            ngx_memmove(to, first, len);
            to += len;
        }
        at = stop + 1;
    }
    h->value.len = (size_t)(to - h->value.data);
}

static ngx_uint_t contains(const ngx_str_t *text, const ngx_str_t *piece)
{
    return piece->len > 0 && ngx_strlcasestrn(text->data, text->data + text->len, piece->data, piece->len - 1) != NULL;
}

static ngx_uint_t has_session(const ngx_table_elt_t *h, const ngx_str_t *own_name)
{
    static const ngx_str_t name = ngx_string(SESSION_COOKIE);
    return contains(&h->value, &name) || contains(&h->value, own_name);
}

/* Whether this header goes on. */
static ngx_uint_t is_kept(ngx_table_elt_t *h, const struct rewriting *rw)
{
    if (is_identity(h))
        return 0;
    if (!rw->strip_credentials)
        return 1;
    if (NAMED(h, "authorization"))
        return 0;
    if (rw->legacy_header.len > 0 && named(h, (const char *)rw->legacy_header.data, rw->legacy_header.len))
        return 0;
    if (NAMED(h, "cookie") && has_session(h, &rw->session_cookie)) {
        cut_sessions(h, &rw->session_cookie);
        return h->value.len > 0;
    }
    return 1;
}

static void put_identity(ngx_table_elt_t *h, enum cardea_identity which, const ngx_str_t *value)
{
    static struct {
        u_char lower_case[16];
        ngx_uint_t hash;
    } names[CARDEA_IDENTITY_COUNT];
    struct cardea_str name = cardea_identity_name(which);
    if (names[which].hash == 0)
        names[which].hash = ngx_hash_strlow(names[which].lower_case, (u_char *)(uintptr_t)name.ptr, name.len);
    ngx_memzero(h, sizeof(*h));
    h->hash = names[which].hash;
    h->lowcase_key = names[which].lower_case;
    h->key = (ngx_str_t){.len = name.len, .data = (u_char *)(uintptr_t)name.ptr};
    h->value = *value;
}

/* Room for one at least, so that each list begins at an address of its own. */
static ngx_int_t begin_list(ngx_list_t *list, ngx_pool_t *pool, const ngx_str_t *identity)
{
    ngx_uint_t count = 0;
    for (int i = 0; identity != NULL && i < CARDEA_IDENTITY_COUNT; i++)
        count += identity[i].len > 0;
    if (ngx_list_init(list, pool, count > 0 ? count : 1, sizeof(ngx_table_elt_t)) != NGX_OK)
        return NGX_ERROR;
    ngx_table_elt_t *elts = list->part.elts;
    for (int i = 0; list->part.nelts < count; i++) {
        if (identity[i].len > 0)
            put_identity(&elts[list->part.nelts++], (enum cardea_identity)i, &identity[i]);
    }
    return NGX_OK;
}

/* Adds headers of the old list where they are. A part is never empty, which nginx's own walks rely on, and the last is
 * always full: what another module adds gets a part of its own. */
static ngx_int_t add_run(ngx_list_t *list, ngx_table_elt_t *first, ngx_uint_t count)
{
    if (count == 0)
        return NGX_OK;
    ngx_list_part_t *part = ngx_palloc(list->pool, sizeof(*part));
    if (part == NULL)
        return NGX_ERROR;
    *part = (ngx_list_part_t){.elts = first, .nelts = count};
    list->last->next = part;
    list->last = part;
    list->nalloc = count;
    return NGX_OK;
}

static ngx_int_t add_kept(ngx_list_t *list, const ngx_list_part_t *part, const struct rewriting *rw)
{
    ngx_table_elt_t *h = part->elts;
    ngx_uint_t from = 0;
    for (ngx_uint_t i = 0; i < part->nelts; i++) {
        if (is_kept(&h[i], rw))
            continue;
        if (add_run(list, h + from, i - from) != NGX_OK)
            return NGX_ERROR;
        from = i + 1;
    }
    return add_run(list, h + from, part->nelts - from);
}

/* Puts a new list in the place of the one that is there. */
static ngx_int_t rewrite(ngx_http_request_t *r, const struct rewriting *rw)
{
    ngx_list_t list;
    if (begin_list(&list, r->pool, rw->identity) != NGX_OK)
        return NGX_ERROR;
    for (const ngx_list_part_t *part = &r->headers_in.headers.part; part != NULL; part = part->next) {
        if (add_kept(&list, part, rw) != NGX_OK)
            return NGX_ERROR;
    }
    r->headers_in.headers = list;
    if (list.part.next == NULL)
        r->headers_in.headers.last = &r->headers_in.headers.part;
#if (nginx_version >= 1023000)
    r->headers_in.multi_linked = 0; /* headers of one name, chained when something asks for it: anew in this list */
#endif
    if (rw->strip_credentials)
        r->headers_in.authorization = NULL;
    return NGX_OK;
}

ngx_int_t ngx_http_cardea_strip_handler(ngx_http_request_t *r)
{
    static const struct rewriting none;
    struct walk w = {.part = &r->headers_in.headers.part};
    const ngx_table_elt_t *h;
    while ((h = next(&w)) != NULL) {
        if (is_identity(h))
            return rewrite(r, &none) == NGX_OK ? NGX_DECLINED : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    return NGX_DECLINED;
}

ngx_int_t ngx_http_cardea_rewrite_headers(ngx_http_request_t *r, ngx_http_cardea_ctx_t *ctx, ngx_uint_t forward)
{
    const ngx_http_cardea_loc_conf_t *lcf = ngx_http_get_module_loc_conf(r, ngx_http_cardea_module);
    const struct rewriting rw = {.legacy_header = ctx->legacy_header,
                                 .session_cookie = lcf->session_cookie,
                                 .strip_credentials = !forward,
                                 .identity = ctx->identity};
    if (rewrite(r, &rw) != NGX_OK)
        return NGX_ERROR;
    ctx->rewritten = r->headers_in.headers.part.elts;
    ctx->forwarded = forward;
    return NGX_OK;
}

ngx_table_elt_t *ngx_http_cardea_add_header(ngx_http_request_t *r, const char *name, struct cardea_str value)
{
    ngx_table_elt_t *h = ngx_list_push(&r->headers_out.headers);
    u_char *text = ngx_pnalloc(r->pool, value.len + 1);
    if (h == NULL || text == NULL)
        return NULL;
    ngx_memzero(h, sizeof(*h));
    ngx_memcpy(text, value.ptr, value.len);
    h->hash = 1;
    h->key = (ngx_str_t){.len = ngx_strlen(name), .data = (u_char *)(uintptr_t)name};
    h->value = (ngx_str_t){.len = value.len, .data = text};
    return h;
}

/* What is left of a limit, on the reply to the client; the latest decision counts. */
ngx_int_t ngx_http_cardea_add_rate(ngx_http_request_t *r, ngx_http_cardea_ctx_t *ctx, const struct cardea_decision *d)
{
    struct cardea_field fields[CARDEA_RATE_FIELDS];
    size_t count = cardea_rate_fields(d, fields);
    for (size_t i = 0; i < count; i++) {
        struct cardea_str value = {fields[i].value, ngx_strlen(fields[i].value)};
        if (ctx->rate[i] != NULL)
            ctx->rate[i]->hash = 0;
        ctx->rate[i] = ngx_http_cardea_add_header(r->main, fields[i].name, value);
        if (ctx->rate[i] == NULL)
            return NGX_ERROR;
    }
    return NGX_OK;
}

ngx_int_t ngx_http_cardea_tell_identity(ngx_http_request_t *r, const ngx_http_cardea_ctx_t *ctx)
{
    for (int i = 0; i < CARDEA_IDENTITY_COUNT; i++) {
        if (ctx->identity[i].len > 0 && ngx_http_cardea_add_header(r, cardea_identity_name((enum cardea_identity)i).ptr,
                                                                   ngx_http_cardea_str(ctx->identity[i])) == NULL)
            return NGX_ERROR;
    }
    return NGX_OK;
}
