/* base/base64.h - base64 (RFC 4648, section 4, with padding) and base64url (section 5, without), where each value has
 * exactly one text. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <cardea/types.h>

/* Characters that `len` bytes become, and the most bytes that `len` characters can be. */
#define BASE64_TEXT_LEN(len)    (((len) + 2) / 3 * 4)
#define BASE64_DATA_MAX(len)    ((len) / 4 * 3)
#define BASE64URL_TEXT_LEN(len) (((len)*4 + 2) / 3)
#define BASE64URL_DATA_MAX(len) ((len) / 4 * 3 + 2)

/* Writes so many characters and no NUL; returns their number. */
size_t base64_encode(const void *in, size_t len, char *out);
size_t base64url_encode(const void *in, size_t len, char *out);

/* False for wrong padding (base64url: any), white space, characters of other alphabets, impossible lengths, and bits
 * left over at the end that are not zero. `out` has room for as many bytes as there can be. */
bool base64_decode(struct cardea_str in, uint8_t *out, size_t *len);
bool base64url_decode(struct cardea_str in, uint8_t *out, size_t *len);

#endif
