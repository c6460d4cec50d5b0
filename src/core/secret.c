/* core/secret.c - keys in clear, and the digest that stands for them. */
#include <cardea/secret.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum cardea_err cardea_secret_set(struct cardea_secret *s, struct cardea_str text)
{
    if (text.len == 0 || text.len > CARDEA_KEY_MAX)
        return CARDEA_E_INVALID;
    memcpy(s->bytes, text.ptr, text.len);
    s->len = text.len;
    return CARDEA_OK;
}

struct cardea_str cardea_secret_reveal(const struct cardea_secret *s)
{
    return (struct cardea_str){.ptr = s->bytes, .len = s->len};
}

void cardea_wipe(void *ptr, size_t len)
{
    explicit_bzero(ptr, len);
}

void cardea_secret_wipe(struct cardea_secret *s)
{
    explicit_bzero(s, sizeof *s);
}

bool cardea_digest_equal(const struct cardea_digest *a, const struct cardea_digest *b)
{
    return CRYPTO_memcmp(a->bytes, b->bytes, CARDEA_DIGEST_LEN) == 0;
}

/* Fetched once: a fetch a digest, which is what the one-shot functions do, costs three times the hash and makes threads
 * wait for each other. */
static pthread_once_t fetch_once = PTHREAD_ONCE_INIT;
static EVP_MD *sha256;
static pthread_key_t context_key;
/* Where libcardea is part of a loaded module too, found without a call. */
static __thread __attribute__((tls_model("initial-exec"))) EVP_MD_CTX *context;

static void free_context(void *ctx)
{
    EVP_MD_CTX_free(ctx);
}

static void fetch(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (sha256 == NULL || pthread_key_create(&context_key, free_context) != 0)
        abort();
}

static EVP_MD_CTX *make_context(void)
{
    pthread_once(&fetch_once, fetch);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    /* The key's destructor frees it when the thread ends. */
    if (ctx == NULL || pthread_setspecific(context_key, ctx) != 0)
        abort();
    return ctx;
}

void cardea_digest(struct cardea_str text, struct cardea_digest *out)
{
    if (context == NULL)
        context = make_context();
    if (EVP_DigestInit_ex2(context, sha256, NULL) != 1 || EVP_DigestUpdate(context, text.ptr, text.len) != 1 ||
        EVP_DigestFinal_ex(context, out->bytes, NULL) != 1)
        abort();
}
