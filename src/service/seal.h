/* service/seal.h - secrets at rest (AES-256-GCM) and keys derived from keys (HMAC-SHA256). */
#ifndef SERVICE_SEAL_H
#define SERVICE_SEAL_H

#include <cardea/cardea.h>

#include "base/arena.h"

#define SEAL_KEY_LEN   32
#define SEAL_NONCE_LEN 12
#define SEAL_TAG_LEN   16
#define SEAL_OVERHEAD  (SEAL_NONCE_LEN + SEAL_TAG_LEN)

/* Seals `plain` as nonce, ciphertext, tag, bound to `name`: what is sealed as one thing does not open as another. A
 * random nonce each time: good for 2^32 seals under one key (NIST SP 800-38D, 8.3). False when there is no randomness.
 */
bool seal(struct arena *a, const uint8_t key[SEAL_KEY_LEN], struct cardea_str name, struct cardea_str plain,
          cardea_random_fn random, void *random_arg, struct cardea_str *out);

/* False for anything that was not sealed under this key and name, or was changed since; `*out` is then empty. */
bool seal_open(struct arena *a, const uint8_t key[SEAL_KEY_LEN], struct cardea_str name, struct cardea_str sealed,
               struct cardea_str *out);

/* HMAC-SHA256 of `label`, a zero byte and `text`. `label` is a literal: one a purpose. */
void seal_derive(const uint8_t key[SEAL_KEY_LEN], const char *label, struct cardea_str text, uint8_t out[32]);

#endif
