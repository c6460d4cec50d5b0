/* Key sets: what is taken, what is left out and why, and which documents are refused as a whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/err.h>

#include "base/str.h"
#include "jose/jwk.h"
#include "jose_rig.h"

/* RFC 7517, appendix A.1, and RFC 8037, appendix A.2. */
#define EC_X   "\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\""
#define EC_Y   "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\""
#define EC     "\"kty\":\"EC\",\"crv\":\"P-256\"," EC_X "," EC_Y
#define ED_X   "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\""
#define OKP    "\"kty\":\"OKP\",\"crv\":\"Ed25519\"," ED_X
#define A43    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define OCT(k) "\"kty\":\"oct\",\"k\":\"" k "\""
#define RSA(e) "\"kty\":\"RSA\",\"n\":\"%N\",\"e\":\"" e "\"" /* %N: the number of the row */

static struct arena arena;

static int release(void **state)
{
    arena_release(&arena);
    return 0;
}

/* ff..ff of `bits`, which is odd; with `low` its last byte. */
static const char *modulus(unsigned bits, uint8_t low)
{
    size_t len = (bits + 7) / 8;
    uint8_t *n = arena_alloc(&arena, len);
    memset(n, 0xff, len);
    if (bits % 8)
        n[0] = (uint8_t)((1 << bits % 8) - 1);
    n[len - 1] = low;
    return rig_base64url(&arena, (struct cardea_str){(char *)n, len}).ptr;
}

static const struct row {
    enum jwk_origin origin;
    const char *entry, *left_out; /* NULL: usable */
    unsigned bits;                /* of %N */
    uint8_t low;
} rows[] = {
    {JWK_PUBLISHED, "{" EC "}", NULL},
    {JWK_PUBLISHED, "{" OKP "}", NULL},
    {JWK_PUBLISHED, "{" EC ",\"kid\":\"\",\"alg\":\"ES256\",\"use\":\"sig\",\"x5c\":[],\"future\":1}", NULL},
    {JWK_PUBLISHED, "{" OKP ",\"alg\":\"EdDSA\",\"key_ops\":[\"verify\"]}", NULL},
    {JWK_PUBLISHED, "{" EC ",\"key_ops\":[\"sign\",\"verify\"]}", NULL},
    /* not for us */
    {JWK_PUBLISHED, "7", "it is not an object"},
    {JWK_PUBLISHED, "{}", "its kty"},
    {JWK_PUBLISHED, "{\"kty\":7}", "its kty"},
    {JWK_PUBLISHED, "{\"kty\":\"AKP\"}", "its kty"},
    {JWK_PUBLISHED, "{\"kty\":\"ec\",\"crv\":\"P-256\"," EC_X "," EC_Y "}", "its kty"},
    {JWK_PUBLISHED, "{" EC ",\"use\":\"enc\"}", "its use or key_ops"},
    {JWK_PUBLISHED, "{" EC ",\"use\":[\"sig\"]}", "its use or key_ops"},
    {JWK_PUBLISHED, "{" EC ",\"use\":null}", "its use or key_ops"},
    {JWK_PUBLISHED, "{" EC ",\"key_ops\":[]}", "its use or key_ops"},
    {JWK_PUBLISHED, "{" EC ",\"key_ops\":\"verify\"}", "its use or key_ops"},
    {JWK_PUBLISHED, "{" EC ",\"key_ops\":[\"encrypt\",7]}", "its use or key_ops"},
    {JWK_PUBLISHED, "{" EC ",\"use\":\"sig\",\"key_ops\":[\"sign\"]}", "its use or key_ops"},
    {JWK_PUBLISHED, "{" EC ",\"alg\":\"ES384\"}", "its alg"},
    {JWK_PUBLISHED, "{" EC ",\"alg\":\"RS256\"}", "its alg"},
    {JWK_PUBLISHED, "{" EC ",\"alg\":7}", "its alg"},
    {JWK_PUBLISHED, "{" OKP ",\"alg\":\"ES256\"}", "its alg"},
    {JWK_PUBLISHED, "{" RSA("AQAB") ",\"alg\":\"PS256\"}", "its alg", 2048, 0xff},
    {JWK_PUBLISHED, "{" RSA("AQAB") ",\"alg\":\"HS256\"}", "its alg", 2048, 0xff},
    {JWK_PUBLISHED, "{" EC ",\"kid\":7}", "its kid"},
    {JWK_PUBLISHED, "{" EC ",\"kid\":null}", "its kid"},
    /* secrets where none belong */
    {JWK_PUBLISHED, "{" OCT(A43) "}", "it is a secret"},
    {JWK_PUBLISHED, "{" EC ",\"d\":\"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE\"}", "it holds a private key"},
    {JWK_PUBLISHED, "{" OKP ",\"d\":\"\"}", "it holds a private key"},
    {JWK_PUBLISHED, "{" RSA("AQAB") ",\"qi\":null}", "it holds a private key", 2048, 0xff},
    {JWK_PUBLISHED, "{" EC ",\"k\":\"" A43 "\"}", "it holds a private key"},
    /* EC */
    {JWK_PUBLISHED, "{\"kty\":\"EC\",\"crv\":\"P-384\"," EC_X "," EC_Y "}", "its curve is not P-256"},
    {JWK_PUBLISHED, "{\"kty\":\"EC\",\"crv\":\"secp256k1\"," EC_X "," EC_Y "}", "its curve is not P-256"},
    {JWK_PUBLISHED, "{\"kty\":\"EC\"," EC_X "," EC_Y "}", "its curve is not P-256"},
    {JWK_PUBLISHED, "{\"kty\":\"EC\",\"crv\":\"P-256\"," EC_X "}", "its x and y"},
    {JWK_PUBLISHED, "{\"kty\":\"EC\",\"crv\":\"P-256\"," EC_X ",\"y\":\"4Etl\"}", "its x and y"},
    {JWK_PUBLISHED, "{\"kty\":\"EC\",\"crv\":\"P-256\"," EC_X ",\"y\":\"AA" A43 "\"}", "its x and y"},
    {JWK_PUBLISHED, "{\"kty\":\"EC\",\"crv\":\"P-256\"," EC_X ",\"y\":\"" A43 "\"}", "its point"},
    {JWK_PUBLISHED, "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" A43 "\",\"y\":\"" A43 "\"}", "its point"},
    {JWK_PUBLISHED,
     "{\"kty\":\"EC\",\"crv\":\"P-256\"," EC_X ",\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM=\"}",
     "its x and y"},
    /* OKP */
    {JWK_PUBLISHED, "{\"kty\":\"OKP\",\"crv\":\"Ed448\"," ED_X "}", "its curve is not Ed25519"},
    {JWK_PUBLISHED, "{\"kty\":\"OKP\",\"crv\":\"X25519\"," ED_X "}", "its curve is not Ed25519"},
    {JWK_PUBLISHED, "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg\"}", "its x is not 32"},
    {JWK_PUBLISHED, "{\"kty\":\"OKP\",\"crv\":\"Ed25519\"}", "its x is not 32"},
    /* RSA */
    {JWK_PUBLISHED, "{" RSA("AQAB") "}", NULL, 2048, 0xff},
    {JWK_PUBLISHED, "{" RSA("Aw") "}", NULL, 2048, 0xff},
    {JWK_PUBLISHED, "{" RSA("AQAB") "}", NULL, 8192, 0xff},
    {JWK_PUBLISHED, "{" RSA("AQAB") "}", "its RSA modulus is shorter", 2047, 0xff},
    {JWK_PUBLISHED, "{" RSA("AQAB") "}", "its RSA modulus is shorter", 1024, 0xff},
    {JWK_PUBLISHED, "{" RSA("AQAB") "}", "its n is missing, longer", 8193, 0xff},
    {JWK_PUBLISHED, "{" RSA("AQAB") "}", "its RSA modulus is even", 2048, 0xfe},
    {JWK_PUBLISHED, "{" RSA("AQ") "}", "its RSA exponent", 2048, 0xff},
    {JWK_PUBLISHED, "{" RSA("Ag") "}", "its RSA exponent", 2048, 0xff},
    {JWK_PUBLISHED, "{" RSA("AQAA") "}", "its RSA exponent", 2048, 0xff},
    {JWK_PUBLISHED, "{" RSA("AA") "}", "its n or e starts with a zero", 2048, 0xff},
    {JWK_PUBLISHED, "{" RSA("AAEAAQ") "}", "its n or e starts with a zero", 2048, 0xff},
    {JWK_PUBLISHED, "{" RSA("") "}", "its e is missing", 2048, 0xff},
    {JWK_PUBLISHED, "{" RSA("AQAAAAAAAAAB") "}", "its e is missing, longer", 2048, 0xff},
    {JWK_PUBLISHED, "{" RSA("AQAB==") "}", "its e is missing", 2048, 0xff},
    {JWK_PUBLISHED, "{\"kty\":\"RSA\",\"e\":\"AQAB\"}", "its n is missing"},
    {JWK_PUBLISHED, "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"\"}", "its n is missing"},
    /* secrets where they belong */
    {JWK_SECRET, "{" OCT(A43) "}", NULL},
    {JWK_SECRET, "{" OCT(A43) ",\"alg\":\"HS256\",\"use\":\"sig\"}", NULL},
    {JWK_SECRET, "{" OCT(A43) ",\"alg\":\"HS512\"}", "its alg"},
    {JWK_SECRET, "{" OCT(A43) ",\"use\":\"enc\"}", "its use"},
    {JWK_SECRET, "{" OCT("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA") "}", "its k is not 32"}, /* 31 bytes */
    {JWK_SECRET, "{" OCT("") "}", "its k is not 32"},
    {JWK_SECRET, "{" OCT("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB") "}", "its k is not 32"}, /* stray bits */
    {JWK_SECRET, "{\"kty\":\"oct\"}", "its k is not 32"},
};

static const char *with_modulus(const struct row *row)
{
    const char *mark = strstr(row->entry, "%N");
    if (!mark)
        return row->entry;
    return arena_printf(&arena, "%.*s%s%s", (int)(mark - row->entry), row->entry, modulus(row->bits, row->low),
                        mark + 2)
        .ptr;
}

static void takes_what_is_good_and_says_why_not(void **state)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct jwk_set *set = rig_set(&arena, rows[i].origin, with_modulus(&rows[i]), NULL, NULL);
        const char *got = jwk_set_left_out(set, 0), *want = rows[i].left_out;
        assert_int_equal(jwk_set_count(set), 1);
        assert_int_equal(jwk_set_usable(set), !want);
        if (!got != !want || (want && strncmp(got, want, strlen(want)) != 0))
            fail_msg("%s: %s, not %s", rows[i].entry, got ? got : "taken", want ? want : "taken");
        jwk_set_free(set);
    }
    assert_int_equal(ERR_peek_error(), 0);
}

/* The rest of a set works on, whatever stands beside it. */
static void leaves_out_only_what_is_bad(void **state)
{
    struct jwk_set *set = rig_set(&arena, JWK_PUBLISHED, "{\"kty\":\"AKP\",\"kid\":\"a\"}", "{" EC ",\"kid\":\"b\"}",
                                  "{" OCT(A43) ",\"kid\":\"c\"}");
    assert_int_equal(jwk_set_count(set), 3);
    assert_int_equal(jwk_set_usable(set), 1);
    assert_null(jwk_set_left_out(set, 1));
    assert_true(str_eq(jwk_set_kid(set, 0), STR("a")) && str_eq(jwk_set_kid(set, 1), STR("b")));
    jwk_set_free(set);
}

static size_t usable(const char *one, const char *two, const char *three)
{
    struct jwk_set *set = rig_set(&arena, JWK_PUBLISHED, one, two, three);
    size_t n = jwk_set_usable(set);
    jwk_set_free(set);
    return n;
}

static void one_kid_names_one_key_of_a_type(void **state)
{
    const char *ec = "{" EC ",\"kid\":\"k\"}", *okp = "{" OKP ",\"kid\":\"k\"}";
    assert_int_equal(usable(ec, ec, okp), 1);
    assert_int_equal(usable(ec, okp, NULL), 2);
    assert_int_equal(usable(ec, "{" EC ",\"kid\":\"K\"}", "{" EC "}"), 3);
    assert_int_equal(usable("{" EC "}", "{" EC "}", NULL), 2);
    /* A second one that is for something else is no twin; one that is broken is. */
    assert_int_equal(usable(ec, "{" EC ",\"kid\":\"k\",\"use\":\"enc\"}", NULL), 1);
    assert_int_equal(usable(ec, "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k\"," EC_X "}", NULL), 0);
}

static void bounds_kids(void **state)
{
    char *kid = arena_alloc(&arena, JWK_KID_MAX + 2);
    memset(kid, 'k', JWK_KID_MAX);
    assert_int_equal(usable(arena_printf(&arena, "{" EC ",\"kid\":\"%s\"}", kid).ptr, NULL, NULL), 1);
    kid[JWK_KID_MAX] = 'k';
    assert_int_equal(usable(arena_printf(&arena, "{" EC ",\"kid\":\"%s\"}", kid).ptr, NULL, NULL), 0);
}

static void refused(enum jwk_origin origin, const char *text, const char *want)
{
    const char *why = NULL;
    struct jwk_set *set = jwk_set_parse(origin, str_of(text), &why);
    if (set || !why || strncmp(why, want, strlen(want)) != 0)
        fail_msg("%.80s: %s, not %s", text, why ? why : "taken", want);
}

static void refuses_whole_documents(void **state)
{
    refused(JWK_PUBLISHED, "", "The text ends");
    refused(JWK_PUBLISHED, "[]", "the document is not an object");
    refused(JWK_PUBLISHED, "null", "the document is not an object");
    refused(JWK_PUBLISHED, "{}", "the document has no array");
    refused(JWK_PUBLISHED, "{\"keys\":{}}", "the document has no array");
    refused(JWK_PUBLISHED, "{" EC "}", "the document has no array");
    refused(JWK_PUBLISHED, "{\"keys\":[],\"keys\":[]}", "The object has this member twice");
    refused(JWK_PUBLISHED, "{\"keys\":[{" EC ",\"crv\":\"P-256\"}]}", "The object has this member twice");
    refused(JWK_PUBLISHED, "{\"keys\":[]} x", "More text follows");
    refused(JWK_SECRET, "{\"keys\":[{" OCT(A43) "},{" EC "}]}", "a file of secrets");
    refused(JWK_SECRET, "{\"keys\":[{" OKP "}]}", "a file of secrets");
    refused(JWK_SECRET, "{\"keys\":[7]}", "a file of secrets");
}

/* {"keys":[{},{},...]}, padded with spaces to `len`. */
static const char *document(size_t entries, size_t len)
{
    char *text = arena_alloc(&arena, len + entries * 3 + 32);
    size_t n = (size_t)snprintf(text, 16, "{\"keys\":[");
    for (size_t i = 0; i < entries; i++) {
        memcpy(text + n, "{},", 3);
        n += i + 1 < entries ? 3 : 2;
    }
    memcpy(text + n, "]}", 2);
    if (n + 2 < len)
        memset(text + n + 2, ' ', len - n - 2);
    return text;
}

static void bounds_documents(void **state)
{
    const char *why;
    struct jwk_set *set = jwk_set_parse(JWK_PUBLISHED, str_of(document(64, JWK_SET_TEXT_MAX)), &why);
    assert_non_null(set);
    assert_int_equal(jwk_set_count(set), 64);
    assert_int_equal(jwk_set_usable(set), 0);
    jwk_set_free(set);
    refused(JWK_PUBLISHED, document(1, JWK_SET_TEXT_MAX + 1), "the document is larger");
    refused(JWK_PUBLISHED, document(65, 0), "the document has more than 64");
    set = jwk_set_parse(JWK_PUBLISHED, STR("{\"keys\":[]}"), &why);
    assert_int_equal(jwk_set_count(set), 0);
    jwk_set_free(set);
    jwk_set_free(NULL);
}

static void bounds_secrets(void **state)
{
    uint8_t secret[JWK_SECRET_MAX + 1] = {1};
    assert_null(jwk_set_of_secret(secret, JWK_SECRET_MIN - 1));
    assert_null(jwk_set_of_secret(secret, JWK_SECRET_MAX + 1));
    for (size_t len = JWK_SECRET_MIN; len <= JWK_SECRET_MAX; len += JWK_SECRET_MAX - JWK_SECRET_MIN) {
        struct jwk_set *set = jwk_set_of_secret(secret, len);
        assert_int_equal(jwk_set_usable(set), 1);
        assert_null(jwk_set_kid(set, 0).ptr);
        jwk_set_free(set);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(takes_what_is_good_and_says_why_not, release),
        cmocka_unit_test_teardown(leaves_out_only_what_is_bad, release),
        cmocka_unit_test_teardown(one_kid_names_one_key_of_a_type, release),
        cmocka_unit_test_teardown(bounds_kids, release),
        cmocka_unit_test_teardown(refuses_whole_documents, release),
        cmocka_unit_test_teardown(bounds_documents, release),
        cmocka_unit_test_teardown(bounds_secrets, release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
