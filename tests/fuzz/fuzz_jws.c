/* fuzz_jws.c - a line with the document of a key set, and a token: nothing is read out of bounds, every refusal is
 * explained, and no secret that depends on the token ever fits it. */
#include <cardea/secret.h>

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/str.h"
#include "jose/jws.h"

#define ALL ((unsigned)(JWS_ALGS_PUBLIC | JWS_HS256))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool ok)
{
    if (!ok)
        abort();
}

/* A result is told in words, and an accepted token keeps its promises. */
static enum jws_result verify(struct arena *a, const struct jwk_set *set, struct cardea_str token)
{
    struct jws jws = {0};
    enum jws_result result = jws_verify(a, set, ALL, token, &jws);
    need(result < JWS_RESULT_COUNT && jws_result_text(result)[0] != '\0');
    need((result == JWS_OK) == (jws.alg != 0));
    if (result == JWS_OK)
        need(token.len <= JWS_TEXT_MAX && jws.payload.len < token.len && jws.kid.len + jws.typ.len < token.len);
    return result;
}

static void with_set(struct arena *a, enum jwk_origin origin, struct cardea_str document, struct cardea_str token)
{
    const char *why = NULL;
    struct jwk_set *set = jwk_set_parse(origin, document, &why);
    if (!set) {
        need(why != NULL);
        return;
    }
    size_t usable = 0;
    for (size_t i = 0; i < jwk_set_count(set); i++) {
        need(jwk_set_kid(set, i).len <= JWK_KID_MAX);
        usable += jwk_set_left_out(set, i) == NULL;
    }
    need(usable == jwk_set_usable(set) && usable <= JWK_SET_KEYS_MAX);
    enum jws_result result = verify(a, set, token);
    need(usable > 0 || result != JWS_OK);
    jwk_set_free(set);
}

/* What is decoded encodes to the same text: there is no second spelling. */
static void one_spelling(struct cardea_str text)
{
    uint8_t *bytes = malloc(BASE64URL_DATA_MAX(text.len));
    char *again = malloc(text.len + 1);
    size_t len;
    if (bytes && again && base64url_decode(text, bytes, &len))
        need(str_eq(text, (struct cardea_str){again, base64url_encode(bytes, len, again)}));
    free(bytes);
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct cardea_str token = {(const char *)data, size}, line;
    if (!str_cut(&token, '\n', &line))
        return 0;
    one_spelling(line);
    one_spelling(token);
    with_set(&arena, JWK_PUBLISHED, line, token);
    with_set(&arena, JWK_SECRET, line, token);
    /* Nobody can have signed with a secret that is made of the token itself, but for one in 2^256. */
    struct cardea_digest secret;
    cardea_digest(token, &secret);
    struct jwk_set *set = jwk_set_of_secret(secret.bytes, sizeof(secret.bytes));
    need(set != NULL && verify(&arena, set, token) != JWS_OK);
    jwk_set_free(set);
    arena_release(&arena);
    return 0;
}
