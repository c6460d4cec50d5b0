#include "jose/jws.h"

#include "base/base64.h"
#include "base/json_read.h"
#include "base/str.h"
#include "jose/jws_check.h"

static const struct {
    unsigned alg;
    const char *name;
} algs[] = {{JWS_RS256, "RS256"}, {JWS_ES256, "ES256"}, {JWS_EDDSA, "EdDSA"}, {JWS_HS256, "HS256"}};

unsigned jws_alg_parse(struct cardea_str name)
{
    for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++)
        if (str_eq(name, str_of(algs[i].name)))
            return algs[i].alg;
    return 0;
}

const char *jws_alg_name(enum jws_alg alg)
{
    for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++)
        if (algs[i].alg == (unsigned)alg)
            return algs[i].name;
    return "unknown";
}

const char *jws_result_text(enum jws_result result)
{
    static const char *const texts[JWS_RESULT_COUNT] = {
        [JWS_OK] = "the signature is right",
        [JWS_TOO_LONG] = "the token is longer than 16 KiB",
        [JWS_MALFORMED] = "the token is not three parts of base64url",
        [JWS_BAD_HEADER] = "the token's header is not a JSON object with alg, kid and typ as strings",
        [JWS_HEADER_REFUSED] = "the token's header has crit, b64, zip, enc, jwk, jku, x5u or x5c",
        [JWS_ALG_REFUSED] = "the token's algorithm is not one that this issuer may use",
        [JWS_UNKNOWN_KID] = "no key of the issuer has the token's kid",
        [JWS_NO_KEY] = "the token names no key, and no key of the issuer fits its algorithm",
        [JWS_AMBIGUOUS] = "the token names no key, and several keys of the issuer fit its algorithm",
        [JWS_KEY_MISFIT] = "the key with the token's kid cannot be used for its algorithm",
        [JWS_BAD_SIGNATURE] = "the token's signature is wrong",
    };
    return (unsigned)result < JWS_RESULT_COUNT ? texts[result] : "unknown";
}

struct parts {
    struct cardea_str input; /* what was signed: header, dot, payload, as sent */
    struct cardea_str header, payload, signature;
};

/* Exactly two dots. */
static bool split(struct cardea_str token, struct parts *p)
{
    if (token.len == 0)
        return false;
    const char *end = token.ptr + token.len;
    const char *dot = memchr(token.ptr, '.', token.len);
    const char *dot2 = dot ? memchr(dot + 1, '.', (size_t)(end - dot - 1)) : NULL;
    if (!dot2 || memchr(dot2 + 1, '.', (size_t)(end - dot2 - 1)))
        return false;
    p->header = (struct cardea_str){token.ptr, (size_t)(dot - token.ptr)};
    p->payload = (struct cardea_str){dot + 1, (size_t)(dot2 - dot - 1)};
    p->signature = (struct cardea_str){dot2 + 1, (size_t)(end - dot2 - 1)};
    p->input = (struct cardea_str){token.ptr, (size_t)(dot2 - token.ptr)};
    return true;
}

static bool decode(struct arena *a, struct cardea_str text, struct cardea_str *out)
{
    uint8_t *bytes = arena_alloc(a, BASE64URL_DATA_MAX(text.len));
    out->ptr = (const char *)bytes;
    return base64url_decode(text, bytes, &out->len);
}

/* An optional string, copied to the arena; false when it is something else. */
static bool header_str(struct arena *a, const json_t *header, const char *name, struct cardea_str *out)
{
    struct cardea_str text = json_get_str(header, name);
    *out = text.ptr ? arena_str(a, text) : text;
    return text.ptr || !json_object_get(header, name);
}

static enum jws_result check_header(struct arena *a, const json_t *header, unsigned allowed_algs, struct jws *out)
{
    /* Each either changes what is signed or how to read it, or brings a key of the sender's own choice. */
    static const char *const refused[] = {"crit", "b64", "zip", "enc", "jwk", "jku", "x5u", "x5c"};
    struct cardea_str alg = json_get_str(header, "alg");
    if (!json_is_object(header) || !alg.ptr || !header_str(a, header, "kid", &out->kid) ||
        !header_str(a, header, "typ", &out->typ))
        return JWS_BAD_HEADER;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        if (json_object_get(header, refused[i]))
            return JWS_HEADER_REFUSED;
    unsigned bit = jws_alg_parse(alg);
    out->alg = (enum jws_alg)bit;
    return bit && (bit & allowed_algs) ? JWS_OK : JWS_ALG_REFUSED;
}

static enum jws_result read_header(struct arena *a, struct cardea_str text, unsigned allowed_algs, struct jws *out)
{
    struct json_problem problem;
    json_t *header = json_read(a, text, &problem);
    enum jws_result result = check_header(a, header, allowed_algs, out);
    json_decref(header);
    return result;
}

static enum jws_result select_by_kid(const struct jwk_set *set, const struct jws *jws, const struct jwk **out)
{
    bool known = false;
    for (size_t i = 0; i < set->count; i++) {
        const struct jwk *key = &set->keys[i];
        if (!key->kid || !str_eq(jws->kid, (struct cardea_str){key->kid, key->kid_len}))
            continue;
        known = true;
        if (key->alg == (unsigned)jws->alg)
            *out = key; /* the only one: the set has left out twins */
    }
    return *out ? JWS_OK : known ? JWS_KEY_MISFIT : JWS_UNKNOWN_KID;
}

static enum jws_result select_by_alg(const struct jwk_set *set, const struct jws *jws, const struct jwk **out)
{
    size_t fit = 0;
    for (size_t i = 0; i < set->count; i++)
        if (set->keys[i].alg == (unsigned)jws->alg) {
            *out = &set->keys[i];
            fit++;
        }
    return fit == 1 ? JWS_OK : fit ? JWS_AMBIGUOUS : JWS_NO_KEY;
}

enum jws_result jws_verify(struct arena *a, const struct jwk_set *set, unsigned allowed_algs, struct cardea_str token,
                           struct jws *out)
{
    struct parts p;
    struct cardea_str header, signature;
    struct jws jws = {0};
    if (token.len > JWS_TEXT_MAX)
        return JWS_TOO_LONG;
    if (!split(token, &p) || p.header.len == 0 || !decode(a, p.header, &header) ||
        !decode(a, p.payload, &jws.payload) || !decode(a, p.signature, &signature))
        return JWS_MALFORMED;
    enum jws_result result = read_header(a, header, allowed_algs, &jws);
    if (result != JWS_OK)
        return result;
    const struct jwk *key = NULL;
    result = jws.kid.ptr && !set->any_kid ? select_by_kid(set, &jws, &key) : select_by_alg(set, &jws, &key);
    if (result != JWS_OK)
        return result;
    if (!jws_check(set, key, p.input, (const uint8_t *)signature.ptr, signature.len))
        return JWS_BAD_SIGNATURE;
    *out = jws;
    return JWS_OK;
}
