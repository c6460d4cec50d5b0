/* cardea/secret.h - a key in clear. A struct, so that printf("%s", key) does not compile. */
#ifndef CARDEA_SECRET_H
#define CARDEA_SECRET_H

#include <cardea/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Longest key in bytes, of any kind, legacy ones included. */
#define CARDEA_KEY_MAX    256
#define CARDEA_DIGEST_LEN 32

/* Caller-allocated. Whoever fills one wipes it. */
struct cardea_secret {
    size_t len;
    char bytes[CARDEA_KEY_MAX];
};

/* SHA-256 of the whole key: what is stored in place of the key. */
struct cardea_digest {
    uint8_t bytes[CARDEA_DIGEST_LEN];
};

/* Copies `text` in; CARDEA_E_INVALID when it is empty or longer than CARDEA_KEY_MAX. */
CARDEA_API enum cardea_err cardea_secret_set(struct cardea_secret *s, struct cardea_str text);

/* Borrows the clear text until `s` changes. The one place to look for where secrets come into the open. */
CARDEA_API struct cardea_str cardea_secret_reveal(const struct cardea_secret *s);

/* Overwrites with zeros in a way that the compiler keeps. */
CARDEA_API void cardea_secret_wipe(struct cardea_secret *s);
CARDEA_API void cardea_wipe(void *ptr, size_t len);

/* SHA-256 through one EVP context a thread. Aborts only when libcrypto cannot provide SHA-256 at all. */
CARDEA_API void cardea_digest(struct cardea_str text, struct cardea_digest *out);

/* Constant time. */
CARDEA_API bool cardea_digest_equal(const struct cardea_digest *a, const struct cardea_digest *b);

#ifdef __cplusplus
}
#endif
#endif
