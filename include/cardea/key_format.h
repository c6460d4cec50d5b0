/* cardea/key_format.h - templates such as `anim_{id:8}_{secret:24}` or `anm_{secret:32}{check:6}`. */
#ifndef CARDEA_KEY_FORMAT_H
#define CARDEA_KEY_FORMAT_H

#include <cardea/secret.h>

#ifdef __cplusplus
extern "C" {
#endif

enum cardea_alphabet {
    CARDEA_BASE36, /* 0-9 a-z */
    CARDEA_BASE62, /* 0-9 A-Z a-z */
};

/* Least entropy of the part that is never shown, in bits (OWASP ASVS 5.0, 6.5.2). */
#define CARDEA_SECRET_BITS_MIN    112
#define CARDEA_FORMAT_PARTS_MAX   8
#define CARDEA_FORMAT_LITERAL_MAX 32

enum cardea_part_type { CARDEA_PART_LITERAL, CARDEA_PART_ID, CARDEA_PART_SECRET, CARDEA_PART_CHECK };

struct cardea_format_part {
    enum cardea_part_type type;
    uint16_t len;
    char literal[CARDEA_FORMAT_LITERAL_MAX];
};

/* A compiled template: caller-allocated plain data, freely copied. */
struct cardea_key_format {
    enum cardea_alphabet alphabet;
    uint16_t part_count;
    uint16_t key_len;     /* of every key of this format */
    uint16_t visible_len; /* leading bytes that may be stored and shown: up to and with {id}, or, in a template
                             without one, the leading literal and 4 characters of the secret */
    struct cardea_format_part parts[CARDEA_FORMAT_PARTS_MAX];
};

/* Compiles `tmpl`. It starts with a literal, has exactly one {secret:N}, at most one {id:N} before it, and at most
 * one {check:6}, last. The secret that stays hidden has at least CARDEA_SECRET_BITS_MIN bits.
 * CARDEA_E_FORMAT with the reason in `why`. */
CARDEA_API enum cardea_err cardea_key_format_compile(struct cardea_key_format *f, struct cardea_str tmpl,
                                                     enum cardea_alphabet alphabet, struct cardea_why *why);

/* Makes a key with unbiased characters. CARDEA_E_IO when `random` fails; `out` is then empty. */
CARDEA_API enum cardea_err cardea_key_format_mint(const struct cardea_key_format *f, cardea_random_fn random, void *arg,
                                                  struct cardea_secret *out);

/* True when `key` has this shape: length, literals, alphabet and, where there is one, checksum. */
CARDEA_API bool cardea_key_format_match(const struct cardea_key_format *f, struct cardea_str key);

/* True when `key` begins with the template's leading literal, whatever follows. */
CARDEA_API bool cardea_key_format_claims(const struct cardea_key_format *f, struct cardea_str key);

/* CRC-32 (ISO-HDLC) of `text` as 6 base62 digits, most significant first. */
CARDEA_API void cardea_key_checksum(struct cardea_str text, char out[6]);

#ifdef __cplusplus
}
#endif
#endif
