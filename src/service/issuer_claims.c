#include "service/issuer_claims.h"

#include "base/base64.h"
#include "base/str.h"

#define TIME_MAX INT64_C(253402300799) /* the year 9999 */

json_t *issuer_claims_peek(struct arena *a, struct cardea_str token, struct cardea_str *iss)
{
    struct cardea_str rest = token, header, payload;
    struct json_problem problem;
    size_t len;
    if (token.len > JWS_TEXT_MAX || !str_cut(&rest, '.', &header) || !str_cut(&rest, '.', &payload))
        return NULL;
    uint8_t *bytes = arena_alloc(a, BASE64URL_DATA_MAX(payload.len));
    if (!base64url_decode(payload, bytes, &len))
        return NULL;
    json_t *claims = json_read(a, (struct cardea_str){(const char *)bytes, len}, &problem);
    *iss = json_get_str(claims, "iss");
    if (json_is_object(claims) && iss->len)
        return claims;
    json_decref(claims);
    return NULL;
}

/* A NumericDate may have a fraction, which is cut off: a token ends rather too early than too late. */
static bool read_time(const json_t *claims, const char *name, bool *there, int64_t *out)
{
    const json_t *v = json_object_get(claims, name);
    *there = v != NULL;
    if (!v)
        return true;
    double seconds = json_number_value(v);
    if (!json_is_number(v) || !(seconds >= 0 && seconds <= (double)TIME_MAX))
        return false;
    *out = json_is_integer(v) ? json_integer_value(v) : (int64_t)seconds;
    return true;
}

static const char *check_times(const json_t *claims, const struct issuer *issuer, int64_t now, int64_t *expires_at)
{
    bool has_exp, has_nbf, has_iat;
    int64_t nbf = 0, iat = 0;
    if (!read_time(claims, "exp", &has_exp, expires_at) || !read_time(claims, "nbf", &has_nbf, &nbf) ||
        !read_time(claims, "iat", &has_iat, &iat))
        return "exp, nbf or iat is not a time";
    if (!has_exp)
        return "it has no exp";
    if (now >= *expires_at)
        return "it has expired";
    if (has_nbf && nbf > now + issuer->clock_skew_sec)
        return "nbf lies in the future";
    if (has_iat && iat > now + issuer->clock_skew_sec)
        return "iat lies in the future";
    if (issuer->max_age_sec == ISSUER_AGE_NEVER)
        return NULL;
    if (!has_iat)
        return "it has no iat, which max_age needs";
    return now - iat > issuer->max_age_sec ? "it is older than max_age" : NULL;
}

/* One text, or a list of texts of which one is ours. */
static bool has_audience(const json_t *aud, struct cardea_str ours)
{
    size_t i;
    json_t *one;
    bool found = false;
    if (json_is_string(aud))
        return str_eq((struct cardea_str){json_string_value(aud), json_string_length(aud)}, ours);
    json_array_foreach(aud, i, one)
    {
        if (!json_is_string(one))
            return false;
        found |= str_eq((struct cardea_str){json_string_value(one), json_string_length(one)}, ours);
    }
    return found;
}

/* A signed token made for another purpose (a log-out token, a security event) is no log-in: RFC 8725, 3.11. */
static bool is_for_access(struct cardea_str typ)
{
    struct cardea_str prefix = STR("application/");
    if (!typ.ptr)
        return true;
    if (typ.len > prefix.len && str_eq_nocase((struct cardea_str){typ.ptr, prefix.len}, prefix))
        typ = (struct cardea_str){typ.ptr + prefix.len, typ.len - prefix.len};
    return str_eq_nocase(typ, STR("JWT")) || str_eq_nocase(typ, STR("at+jwt"));
}

const char *issuer_claims_check(struct arena *a, const json_t *claims, struct cardea_str typ,
                                const struct issuer *issuer, int64_t now, struct issuer_claims *out)
{
    *out = (struct issuer_claims){.from = issuer};
    if (!is_for_access(typ))
        return "its typ is another kind of token's";
    if (!str_eq(json_get_str(claims, "iss"), issuer->issuer))
        return "iss is another";
    if (!has_audience(json_object_get(claims, "aud"), issuer->audience))
        return "aud does not name us";
    const char *wrong = check_times(claims, issuer, now, &out->expires_at);
    if (wrong)
        return wrong;
    struct cardea_str sub = json_get_str(claims, "sub");
    if (sub.len == 0 || sub.len > ISSUER_TEXT_MAX)
        return "sub is missing, empty or too long";
    out->subject = arena_str(a, sub);
    const json_t *account = issuer->account_claim ? json_object_get(claims, issuer->account_claim) : NULL;
    if (!account)
        return NULL;
    /* Taken for none, one that is not understood would open another account than the issuer meant. */
    if (!json_is_string(account) || json_string_length(account) == 0 || json_string_length(account) > ISSUER_TEXT_MAX)
        return "the claim that names the account is no text";
    out->account = arena_str(a, (struct cardea_str){json_string_value(account), json_string_length(account)});
    return NULL;
}
