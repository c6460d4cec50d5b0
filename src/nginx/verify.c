/* nginx/verify.c - `cardea_verify @daemon`: POST /v1/keys/verify, as far as the snapshot answers it.
 *
 * What is answered here is what callers ask all day: a well-formed question, from a root or verifier key, about a key
 * without metadata. All else goes on to the daemon as it came, so that there is one place that explains mistakes. */
#include "nginx/module.h"

#include <arpa/inet.h>

#define BODY_MAX  16384
#define KEY_MAX   4096 /* as the daemon takes it: longer than any key */
#define NAMES_MAX 256
#define COST_MAX  1000000

static const char native_profile[] = "cardea";

/* The members of a question. */
enum { KEY, PROFILE, SCOPE, ACCOUNT, AGENT, ADDRESS, COST, MEMBERS };

static const ngx_str_t names[MEMBERS] = {
    ngx_string("key"),   ngx_string("profile"), ngx_string("scope"), ngx_string("account"),
    ngx_string("agent"), ngx_string("ip"),      ngx_string("cost"),
};

struct question {
    ngx_str_t values[MEMBERS]; /* data NULL: not sent, or null */
    ngx_uint_t seen[MEMBERS];
};

/* A walk over the body. Whatever is not plain at once is left to the daemon. */
struct text {
    const u_char *at, *end;
};

static void skip_blanks(struct text *t)
{
    while (t->at < t->end && (*t->at == ' ' || *t->at == '\t' || *t->at == '\n' || *t->at == '\r'))
        t->at++;
}

static ngx_uint_t take(struct text *t, u_char c)
{
    skip_blanks(t);
    if (t->at == t->end || *t->at != c)
        return 0;
    t->at++;
    return 1;
}

/* Printable ASCII without escapes, and not empty. */
static ngx_uint_t take_string(struct text *t, ngx_str_t *out)
{
    if (!take(t, '"'))
        return 0;
    out->data = (u_char *)(uintptr_t)t->at;
    while (t->at < t->end && *t->at >= ' ' && *t->at < 0x7f && *t->at != '"' && *t->at != '\\')
        t->at++;
    out->len = (size_t)(t->at - out->data);
    return out->len > 0 && take(t, '"') && out->data[out->len] == '"';
}

static ngx_uint_t take_null(struct text *t)
{
    skip_blanks(t);
    if (t->end - t->at < 4 || ngx_memcmp(t->at, "null", 4) != 0)
        return 0;
    t->at += 4;
    return 1;
}

static ngx_uint_t take_digits(struct text *t, ngx_str_t *out)
{
    skip_blanks(t);
    out->data = (u_char *)(uintptr_t)t->at;
    while (t->at < t->end && *t->at >= '0' && *t->at <= '9')
        t->at++;
    out->len = (size_t)(t->at - out->data);
    return out->len > 0 && out->len <= 7 && (out->len == 1 || out->data[0] != '0');
}

static ngx_uint_t take_member(struct text *t, struct question *q)
{
    ngx_str_t name;
    ngx_uint_t i = 0;
    if (!take_string(t, &name) || !take(t, ':'))
        return 0;
    while (i < MEMBERS && (names[i].len != name.len || ngx_memcmp(names[i].data, name.data, name.len) != 0))
        i++;
    if (i == MEMBERS || q->seen[i]++)
        return 0;
    if (i != KEY && take_null(t))
        return 1;
    if (i == COST)
        return take_digits(t, &q->values[i]);
    return take_string(t, &q->values[i]) && q->values[i].len <= (i == KEY ? KEY_MAX : NAMES_MAX);
}

static ngx_uint_t parse(ngx_str_t body, struct question *q)
{
    struct text t = {.at = body.data, .end = body.data + body.len};
    ngx_memzero(q, sizeof(*q));
    if (!take(&t, '{'))
        return 0;
    do {
        if (!take_member(&t, q))
            return 0;
    } while (take(&t, ','));
    if (!take(&t, '}'))
        return 0;
    skip_blanks(&t);
    return t.at == t.end && q->values[KEY].data != NULL;
}

static ngx_uint_t read_ip(ngx_str_t text, uint8_t out[16])
{
    char z[INET6_ADDRSTRLEN];
    if (text.len >= sizeof(z))
        return 0;
    ngx_memcpy(z, text.data, text.len);
    z[text.len] = '\0';
    if (inet_pton(AF_INET6, z, out) == 1)
        return 1;
    ngx_memzero(out, 10);
    out[10] = out[11] = 0xff;
    return inet_pton(AF_INET, z, out + 12) == 1;
}

/* False when a name needs explaining. `ip` is the check's to point to. */
static ngx_uint_t to_check(const struct cardea_reader *reader, const struct question *q, uint8_t ip[16],
                           struct cardea_check *check)
{
    *check = (struct cardea_check){.key = ngx_http_cardea_str(q->values[KEY]),
                                   .profile = CARDEA_ANY_PROFILE,
                                   .scope = ngx_http_cardea_str(q->values[SCOPE]),
                                   .cost = 1,
                                   .now = cardea_time_now()};
    struct cardea_str account = ngx_http_cardea_str(q->values[ACCOUNT]);
    struct cardea_str agent = ngx_http_cardea_str(q->values[AGENT]);
    if (q->values[PROFILE].data != NULL) {
        check->profile = cardea_reader_profile_named(reader, ngx_http_cardea_str(q->values[PROFILE]));
        if (check->profile < 0)
            return 0;
    }
    if (account.len > 0 && memchr(account.ptr, '/', account.len) != NULL)
        return 0; /* profile/slug */
    if (!cardea_id_parse(account, "acc", &check->account_id))
        check->account = account;
    if (!cardea_id_parse(agent, "agt", &check->agent_id))
        check->agent = agent;
    if (q->values[ADDRESS].data != NULL) {
        if (!read_ip(q->values[ADDRESS], ip))
            return 0;
        check->ip = ip;
    }
    if (q->values[COST].data != NULL) {
        ngx_int_t cost = ngx_atoi(q->values[COST].data, q->values[COST].len);
        if (cost < 0 || cost > COST_MAX)
            return 0;
        check->cost = (uint32_t)cost;
    }
    return 1;
}

/* Whether the caller may ask: a root or verifier key, by the same rules as any key. `look_only`: nothing is counted. */
static ngx_uint_t may_ask(ngx_http_request_t *r, ngx_uint_t look_only)
{
    static const struct cardea_str scope = {"keys:verify", 11};
    uint8_t address[16];
    ngx_http_cardea_outcome_t o;
    ngx_http_cardea_ctx_t caller;
    struct cardea_request req = {.method = ngx_http_cardea_str(r->method_name),
                                 .target = ngx_http_cardea_str(r->unparsed_uri),
                                 .ip = ngx_http_cardea_address(r->connection->sockaddr, address) ? address : NULL,
                                 .scope = scope,
                                 .look_only = look_only};
    ngx_memzero(&caller, sizeof(caller));
    caller.profile = (ngx_str_t){.len = sizeof(native_profile) - 1, .data = (u_char *)(uintptr_t)native_profile};
    caller.received = r->headers_in.headers.part;
    ngx_http_cardea_decide(r, &caller, &req, &o);
    if (o.decision.code != CARDEA_VALID || o.profile == NULL || (size_t)o.decision.kind >= o.profile->kind_count)
        return 0;
    const char *kind = o.profile->kinds[o.decision.kind].name;
    return ngx_strcmp(kind, "root") == 0 || ngx_strcmp(kind, "verifier") == 0;
}

static ngx_int_t answer(ngx_http_request_t *r, const struct cardea_profile *profile, const struct cardea_decision *d)
{
    static const struct cardea_str no_metadata = {"{}", 2};
    static ngx_str_t type = ngx_string("application/json");
    struct cardea_str request_id;
    ngx_http_complex_value_t body;
    ngx_memzero(&body, sizeof(body));
    body.value.len = cardea_verdict(profile, d, no_metadata, NULL, 0);
    body.value.data = ngx_pnalloc(r->pool, body.value.len);
    if (body.value.data == NULL || ngx_http_cardea_add_common(r, &request_id) != NGX_OK)
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    cardea_verdict(profile, d, no_metadata, (char *)body.value.data, body.value.len);
    return ngx_http_send_response(r, NGX_HTTP_OK, &type, &body);
}

/* NGX_DECLINED: the daemon's to answer. */
static ngx_int_t try_to_answer(ngx_http_request_t *r, ngx_str_t text)
{
    ngx_http_cardea_main_conf_t *mcf = ngx_http_get_module_main_conf(r, ngx_http_cardea_module);
    struct cardea_reader *reader;
    struct cardea_check check;
    struct cardea_decision d;
    struct question q;
    uint8_t ip[16];
    if (!may_ask(r, 1) || !parse(text, &q))
        return NGX_DECLINED;
    reader = ngx_http_cardea_reader(mcf, r->connection->log);
    if (reader == NULL || !to_check(reader, &q, ip, &check))
        return NGX_DECLINED;
    /* Looked at first, since nothing may be drawn twice when the daemon answers after all. */
    uint32_t cost = check.cost;
    check.cost = 0;
    cardea_verify_any(reader, &check, &d);
    if (d.code == CARDEA_STALE || (d.key_id != 0 && d.has_metadata) ||
        ngx_http_cardea_is_spoiled(mcf, r->connection->log))
        return NGX_DECLINED;
    if (!may_ask(r, 0))
        return NGX_DECLINED;
    /* It may be another reader now, or another file with other profiles: their indexes would be wrong. */
    reader = ngx_http_cardea_reader(mcf, r->connection->log);
    if (reader == NULL || !to_check(reader, &q, ip, &check))
        return NGX_DECLINED;
    check.cost = cost;
    cardea_verify_any(reader, &check, &d);
    if (ngx_http_cardea_is_spoiled(mcf, r->connection->log))
        return NGX_DECLINED;
    return answer(r, d.profile >= 0 ? cardea_reader_profile(reader, (size_t)d.profile) : NULL, &d);
}

static ngx_int_t hand_on(ngx_http_request_t *r)
{
    ngx_http_cardea_loc_conf_t *lcf = ngx_http_get_module_loc_conf(r, ngx_http_cardea_module);
    return ngx_http_named_location(r, &lcf->daemon);
}

/* The body in one piece; NGX_DECLINED when it is long, or was written to a file. */
static ngx_int_t gather(ngx_http_request_t *r, ngx_str_t *out)
{
    size_t len = 0;
    if (r->request_body == NULL || r->request_body->temp_file != NULL)
        return NGX_DECLINED;
    for (const ngx_chain_t *c = r->request_body->bufs; c != NULL; c = c->next)
        len += (size_t)(c->buf->last - c->buf->pos);
    if (len == 0 || len > BODY_MAX)
        return NGX_DECLINED;
    out->len = len;
    out->data = ngx_pnalloc(r->pool, len);
    if (out->data == NULL)
        return NGX_ERROR;
    u_char *to = out->data;
    for (const ngx_chain_t *c = r->request_body->bufs; c != NULL; c = c->next) {
        if (c->buf->last > c->buf->pos) /* a chunked body ends with a buffer that has no memory */
            to = ngx_cpymem(to, c->buf->pos, c->buf->last - c->buf->pos);
    }
    return NGX_OK;
}

static void on_body(ngx_http_request_t *r)
{
    ngx_str_t text;
    ngx_int_t rc = gather(r, &text);
    if (rc == NGX_OK) {
        rc = try_to_answer(r, text);
        cardea_wipe(text.data, text.len);
    }
    if (rc == NGX_DECLINED)
        rc = hand_on(r);
    ngx_http_finalize_request(r, rc);
}

static ngx_uint_t is_json(const ngx_table_elt_t *type)
{
    static const ngx_str_t json = ngx_string("application/json");
    if (type == NULL || type->value.len < json.len || ngx_strncasecmp(type->value.data, json.data, json.len) != 0)
        return 0;
    return type->value.len == json.len || type->value.data[json.len] == ';';
}

static ngx_int_t handler(ngx_http_request_t *r)
{
    if (r->method != NGX_HTTP_POST || r->args.len > 0 || !is_json(r->headers_in.content_type))
        return hand_on(r);
    ngx_int_t rc = ngx_http_read_client_request_body(r, on_body);
    return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
}

char *ngx_http_cardea_set_verify(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    static char no_name[] = "takes the named location that asks the daemon, such as \"@daemon\"";
    ngx_http_core_loc_conf_t *clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    ngx_http_cardea_loc_conf_t *lcf = conf;
    const ngx_str_t *value = cf->args->elts;
    if (value[1].len < 2 || value[1].data[0] != '@')
        return no_name;
    lcf->daemon = value[1];
    lcf->answers = 1;
    clcf->handler = handler;
    return NGX_CONF_OK;
}
