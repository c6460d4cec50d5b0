#include "service/client_token.h"

#include "base/id.h"
#include "base/str.h"
#include "service/signer.h"

#define HEAD       "crcs"
#define TOKEN_MAX  8192 /* ten origins of 200 bytes, in base64url, and the rest */
#define CLAIMS_MAX 6144
#define ORIGIN_MAX 200
#define SKEW_SEC   60 /* as with session tokens */

/* ---- origins ---- */

static bool is_host(struct cardea_str host)
{
    if (!host.len || host.ptr[0] == '.' || host.ptr[0] == '-')
        return false;
    for (size_t i = 0; i < host.len; i++) {
        char ch = host.ptr[i];
        if (!((ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || ch == '-' || ch == '.'))
            return false;
        if (ch == '.' && (i + 1 == host.len || host.ptr[i + 1] == '.'))
            return false;
    }
    return true;
}

/* As a browser writes it: the scheme's own is left out. */
static bool is_port(struct cardea_str port, struct cardea_str own)
{
    unsigned value = 0;
    if (!port.len || port.len > 5 || port.ptr[0] == '0' || str_eq(port, own))
        return false;
    for (size_t i = 0; i < port.len; i++) {
        if (port.ptr[i] < '0' || port.ptr[i] > '9')
            return false;
        value = value * 10 + (unsigned)(port.ptr[i] - '0');
    }
    return value <= 65535;
}

static bool is_here(struct cardea_str host)
{
    struct cardea_str suffix = STR(".localhost");
    return str_eq(host, STR("localhost")) || str_eq(host, STR("127.0.0.1")) ||
           (host.len > suffix.len && str_eq((struct cardea_str){host.ptr + host.len - suffix.len, suffix.len}, suffix));
}

const char *client_origin_mistake(struct cardea_str origin)
{
    struct cardea_str https = STR("https://"), http = STR("http://"), host, rest;
    if (origin.len > ORIGIN_MAX)
        return "It is too long.";
    bool secure = str_starts(origin, https);
    if (!secure && !str_starts(origin, http))
        return "It is no origin: it begins with https://.";
    size_t skip = secure ? https.len : http.len;
    rest = (struct cardea_str){origin.ptr + skip, origin.len - skip};
    bool ok = str_cut(&rest, ':', &host) && is_host(host);
    if (ok && rest.ptr)
        ok = is_port(rest, secure ? STR("443") : STR("80"));
    if (!ok)
        return "It is no origin: scheme and host, in lower case, with a port where it is not the scheme's own; no "
               "path, no wildcard.";
    return secure || is_here(host) ? NULL : "Without TLS only localhost may be named.";
}

/* ---- tokens ---- */

void client_token_claims(struct json_writer *w, const struct client_session *s)
{
    jw_object_begin(w);
    jw_member_id(w, "id", "csn", s->id);
    jw_member_id(w, "account", "acc", s->account_id);
    jw_member_id(w, "user", "usr", s->user_id);
    jw_member_id(w, "key", "key", s->key_id);
    jw_member_id(w, "session", "ses", s->session_id);
    jw_name(w, "capabilities");
    jw_array_begin(w);
    for (unsigned i = 0; client_capability_name(i); i++)
        if (s->capabilities >> i & 1)
            jw_str(w, str_of(client_capability_name(i)));
    jw_array_end(w);
    jw_name(w, "origins");
    jw_array_begin(w);
    for (size_t i = 0; i < s->origin_count; i++)
        jw_str(w, s->origins[i]);
    jw_array_end(w);
    jw_member_int(w, "iat", s->issued_at);
    jw_member_int(w, "exp", s->expires_at);
    jw_object_end(w);
}

struct cardea_str client_token_seal(struct service_call *c, const struct client_session *s)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, CLAIMS_MAX);
    jw_init(&w, &b);
    client_token_claims(&w, s);
    struct cardea_str token = session_signer_seal(c->arena, c->svc->signer, STR(HEAD), '_', buf_str(&b));
    buf_release(&b);
    return token;
}

bool service_client_session_is(struct cardea_str token)
{
    return str_starts(token, STR(HEAD "_"));
}

/* An id, or null for none. */
static bool claim_id(const json_t *object, const char *name, const char *prefix, bool required, int64_t *out)
{
    const json_t *value = json_object_get(object, name);
    *out = 0;
    return json_is_null(value) ? !required : id_parse(json_get_str(object, name), prefix, out);
}

static bool claim_lists(struct service_call *c, const json_t *object, struct client_session *out)
{
    size_t i;
    json_t *one;
    const json_t *capabilities = json_object_get(object, "capabilities"), *origins = json_object_get(object, "origins");
    if (json_array_size(origins) > CLIENT_SESSION_ORIGINS_MAX)
        return false;
    json_array_foreach(capabilities, i, one) out->capabilities |= client_capability(str_of(json_string_value(one)));
    json_array_foreach(origins, i, one)
        out->origins[out->origin_count++] = arena_str(c->arena, str_of(json_string_value(one)));
    return out->capabilities && out->origin_count;
}

bool service_client_session_open(struct service_call *c, struct cardea_str token, struct client_session *out)
{
    struct cardea_str head = STR(HEAD "_");
    *out = (struct client_session){0};
    if (token.len > TOKEN_MAX || !str_starts(token, head))
        return false;
    json_t *object = session_signer_open(c->arena, c->svc->signer, token, head.len);
    bool ok = object && json_object_size(object) == 9 && claim_id(object, "id", "csn", true, &out->id) &&
              claim_id(object, "account", "acc", true, &out->account_id) &&
              claim_id(object, "user", "usr", false, &out->user_id) &&
              claim_id(object, "key", "key", false, &out->key_id) &&
              claim_id(object, "session", "ses", false, &out->session_id) && claim_lists(c, object, out);
    if (ok) {
        out->issued_at = json_get_int(object, "iat", INT64_MAX);
        out->expires_at = json_get_int(object, "exp", 0);
        ok = out->issued_at <= c->now + SKEW_SEC;
    }
    json_decref(object);
    return ok;
}

bool service_client_session_allows(const struct client_session *s, struct cardea_str origin)
{
    for (size_t i = 0; i < s->origin_count; i++)
        if (str_eq(s->origins[i], origin))
            return true;
    return false;
}
