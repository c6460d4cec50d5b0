/* jose/base64url.h - base64url without padding (RFC 7515, section 2), where each value has exactly one text. */
#ifndef JOSE_BASE64URL_H
#define JOSE_BASE64URL_H

#include <cardea/types.h>

/* Characters that `len` bytes become, and the most bytes that `len` characters can be. */
#define BASE64URL_TEXT_LEN(len) (((len)*4 + 2) / 3)
#define BASE64URL_DATA_MAX(len) ((len) / 4 * 3 + 2)

/* Writes BASE64URL_TEXT_LEN(len) characters and no NUL; returns that length. */
size_t base64url_encode(const uint8_t *in, size_t len, char *out);

/* False for padding, white space, characters of other alphabets, impossible lengths, and bits left over at the end that
 * are not zero. `out` has room for BASE64URL_DATA_MAX(in.len). */
bool base64url_decode(struct cardea_str in, uint8_t *out, size_t *len);

#endif
