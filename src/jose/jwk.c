#include "jose/jwk.h"

#include <cardea/secret.h>

#include "base/json_read.h"
#include "base/str.h"
#include "jose/jwk_key.h"
#include "jose/jws.h"

static struct jwk_set *set_new(size_t count)
{
    struct jwk_set *set = calloc(1, sizeof(*set) + count * sizeof(set->keys[0]));
    if (!set)
        return NULL;
    set->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    set->hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    set->count = count;
    if (!set->sha256 || !set->hmac) {
        jwk_set_free(set);
        return NULL;
    }
    return set;
}

void jwk_set_free(struct jwk_set *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < set->count; i++)
        jwk_release(&set->keys[i]);
    EVP_MD_free(set->sha256);
    EVP_MAC_free(set->hmac);
    free(set);
}

/* Two keys of one type and one kid: a token that names them would be checked with whichever came first, or with the one
 * whose numbers are right, which is not always the one that was meant. */
static void leave_out_twins(struct jwk_set *set)
{
    bool twin[JWK_SET_KEYS_MAX] = {false};
    for (size_t i = 0; i < set->count; i++)
        for (size_t j = 0; j < i; j++) {
            const struct jwk *a = &set->keys[i], *b = &set->keys[j];
            if (a->meant && a->meant == b->meant && a->kid && b->kid && a->kid_len == b->kid_len &&
                memcmp(a->kid, b->kid, a->kid_len) == 0)
                twin[i] = twin[j] = true;
        }
    for (size_t i = 0; i < set->count; i++)
        if (twin[i]) {
            set->keys[i].left_out = "another key of its type has the same kid";
            set->keys[i].alg = 0;
        }
}

static struct jwk_set *read_set(enum jwk_origin origin, const json_t *document, const char **why)
{
    const json_t *keys = json_object_get(document, "keys"), *entry;
    size_t count = json_array_size(keys), i;
    *why = !json_is_array(keys)       ? "the document has no array \"keys\""
           : count > JWK_SET_KEYS_MAX ? "the document has more than 64 keys"
                                      : NULL;
    json_array_foreach(keys, i, entry) if (origin == JWK_SECRET &&
                                           !jwk_is_secret(entry)) *why = "a file of secrets holds a key that is none";
    if (*why)
        return NULL;
    struct jwk_set *set = set_new(count);
    if (!set) {
        *why = "libcrypto does not offer SHA-256 and HMAC, or memory is out";
        return NULL;
    }
    json_array_foreach(keys, i, entry) jwk_read(&set->keys[i], origin, entry);
    leave_out_twins(set);
    return set;
}

/* jansson does not wipe what it frees. */
static void wipe_secrets(json_t *document)
{
    size_t i;
    const json_t *entry;
    json_array_foreach(json_object_get(document, "keys"), i, entry)
    {
        struct cardea_str k = json_get_str(entry, "k");
        if (k.ptr)
            cardea_wipe((void *)(uintptr_t)k.ptr, k.len);
    }
}

struct jwk_set *jwk_set_parse(enum jwk_origin origin, struct cardea_str text, const char **why)
{
    struct arena arena = {0};
    struct json_problem problem;
    struct jwk_set *set = NULL;
    if (text.len > JWK_SET_TEXT_MAX) {
        *why = "the document is larger than 64 KiB";
        return NULL;
    }
    json_t *document = json_read(&arena, text, &problem);
    if (json_is_object(document))
        set = read_set(origin, document, why);
    else
        *why = document ? "the document is not an object" : problem.message;
    wipe_secrets(document);
    json_decref(document);
    arena_release(&arena);
    return set;
}

struct jwk_set *jwk_set_of_secret(const uint8_t *secret, size_t len)
{
    if (len < JWK_SECRET_MIN || len > JWK_SECRET_MAX)
        return NULL;
    struct jwk_set *set = set_new(1);
    if (!set || !(set->keys[0].secret = malloc(len))) {
        jwk_set_free(set);
        return NULL;
    }
    memcpy(set->keys[0].secret, secret, len);
    set->keys[0].secret_len = len;
    set->keys[0].alg = JWS_HS256;
    set->any_kid = true;
    return set;
}

size_t jwk_set_count(const struct jwk_set *set)
{
    return set->count;
}

size_t jwk_set_usable(const struct jwk_set *set)
{
    size_t usable = 0;
    for (size_t i = 0; i < set->count; i++)
        usable += !set->keys[i].left_out;
    return usable;
}

const char *jwk_set_left_out(const struct jwk_set *set, size_t i)
{
    return set->keys[i].left_out;
}

struct cardea_str jwk_set_kid(const struct jwk_set *set, size_t i)
{
    return (struct cardea_str){set->keys[i].kid, set->keys[i].kid_len};
}
