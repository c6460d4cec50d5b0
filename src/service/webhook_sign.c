#include "service/webhook_sign.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* EVP fails here only when memory is out. */
static void must(bool ok)
{
    if (!ok)
        abort();
}

void webhook_sign(struct cardea_str secret, struct cardea_str id, int64_t timestamp, struct cardea_str body,
                  char out[WEBHOOK_SIGNATURE_MAX])
{
    char digest[] = "SHA256", between[24];
    unsigned char mac[32];
    size_t len = 0;
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string("digest", digest, 0), OSSL_PARAM_construct_end()};
    int n = snprintf(between, sizeof(between), ".%lld.", (long long)timestamp);
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *ctx = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
    must(ctx && EVP_MAC_init(ctx, (const unsigned char *)secret.ptr, secret.len, params) == 1);
    must(EVP_MAC_update(ctx, (const unsigned char *)id.ptr, id.len) == 1);
    must(EVP_MAC_update(ctx, (const unsigned char *)between, (size_t)n) == 1);
    must(EVP_MAC_update(ctx, (const unsigned char *)body.ptr, body.len) == 1);
    must(EVP_MAC_final(ctx, mac, &len, sizeof(mac)) == 1 && len == sizeof(mac));
    EVP_MAC_CTX_free(ctx);
    EVP_MAC_free(hmac);
    memcpy(out, "v1,", 3);
    EVP_EncodeBlock((unsigned char *)out + 3, mac, sizeof(mac)); /* with its NUL */
}

void webhook_secret_text(const uint8_t secret[WEBHOOK_SECRET_LEN], char out[WEBHOOK_SECRET_TEXT])
{
    memcpy(out, "whsec_", 6);
    EVP_EncodeBlock((unsigned char *)out + 6, secret, WEBHOOK_SECRET_LEN);
}
