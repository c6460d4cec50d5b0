#include "service/seal.h"

#include "base/str.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>

/* Fetched once: each implicit fetch walks the providers under a lock. */
static EVP_CIPHER *aes_256_gcm;
static EVP_MAC *hmac;
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

static void fetch(void)
{
    aes_256_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
}

/* What fails here is a libcrypto without AES or HMAC, or out of memory: nothing that could go on safely. */
static void must(bool ok)
{
    if (!ok)
        abort();
}

static EVP_CIPHER_CTX *cipher_new(void)
{
    pthread_once(&fetched, fetch);
    must(aes_256_gcm);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    must(ctx);
    return ctx;
}

bool seal(struct arena *a, const uint8_t key[SEAL_KEY_LEN], struct cardea_str name, struct cardea_str plain,
          cardea_random_fn random, void *random_arg, struct cardea_str *out)
{
    uint8_t *bytes = arena_alloc(a, SEAL_OVERHEAD + plain.len);
    uint8_t *body = bytes + SEAL_NONCE_LEN;
    int len = 0;
    *out = (struct cardea_str){NULL, 0};
    if (plain.len > INT32_MAX || !random(random_arg, bytes, SEAL_NONCE_LEN))
        return false;
    EVP_CIPHER_CTX *ctx = cipher_new();
    must(EVP_EncryptInit_ex2(ctx, aes_256_gcm, key, bytes, NULL) == 1);
    must(EVP_EncryptUpdate(ctx, NULL, &len, (const uint8_t *)name.ptr, (int)name.len) == 1);
    must(EVP_EncryptUpdate(ctx, body, &len, (const uint8_t *)plain.ptr, (int)plain.len) == 1);
    must(EVP_EncryptFinal_ex(ctx, body + plain.len, &len) == 1);
    must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG_LEN, body + plain.len) == 1);
    EVP_CIPHER_CTX_free(ctx);
    *out = (struct cardea_str){(const char *)bytes, SEAL_OVERHEAD + plain.len};
    return true;
}

bool seal_open(struct arena *a, const uint8_t key[SEAL_KEY_LEN], struct cardea_str name, struct cardea_str sealed,
               struct cardea_str *out)
{
    *out = (struct cardea_str){NULL, 0};
    if (sealed.len < SEAL_OVERHEAD || sealed.len > INT32_MAX)
        return false;
    size_t plain_len = sealed.len - SEAL_OVERHEAD;
    const uint8_t *bytes = (const uint8_t *)sealed.ptr, *body = bytes + SEAL_NONCE_LEN;
    uint8_t tag[SEAL_TAG_LEN];
    uint8_t *plain = arena_alloc(a, plain_len + 1);
    int len = 0;
    memcpy(tag, body + plain_len, sizeof(tag));
    EVP_CIPHER_CTX *ctx = cipher_new();
    must(EVP_DecryptInit_ex2(ctx, aes_256_gcm, key, bytes, NULL) == 1);
    must(EVP_DecryptUpdate(ctx, NULL, &len, (const uint8_t *)name.ptr, (int)name.len) == 1);
    must(EVP_DecryptUpdate(ctx, plain, &len, body, (int)plain_len) == 1);
    must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG_LEN, tag) == 1);
    bool ok = EVP_DecryptFinal_ex(ctx, plain + plain_len, &len) == 1;
    EVP_CIPHER_CTX_free(ctx);
    if (!ok) {
        cardea_wipe(plain, plain_len); /* deciphered, but not what was sealed */
        return false;
    }
    *out = (struct cardea_str){(const char *)plain, plain_len};
    return true;
}

void seal_derive(const uint8_t key[SEAL_KEY_LEN], const char *label, struct cardea_str text, uint8_t out[32])
{
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                           OSSL_PARAM_construct_end()};
    size_t len = 0;
    pthread_once(&fetched, fetch);
    must(hmac);
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(hmac);
    must(ctx && EVP_MAC_init(ctx, key, SEAL_KEY_LEN, params) == 1);
    must(EVP_MAC_update(ctx, (const uint8_t *)label, strlen(label) + 1) == 1);
    must(EVP_MAC_update(ctx, (const uint8_t *)text.ptr, text.len) == 1);
    must(EVP_MAC_final(ctx, out, &len, 32) == 1 && len == 32);
    EVP_MAC_CTX_free(ctx);
}
