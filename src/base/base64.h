/* base/base64.h - base64 with padding (RFC 4648, section 4), where each value has exactly one text. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <cardea/types.h>

/* Characters that `len` bytes become, and the most bytes that `len` characters can be. */
#define BASE64_TEXT_LEN(len) (((len) + 2) / 3 * 4)
#define BASE64_DATA_MAX(len) ((len) / 4 * 3)

/* Writes BASE64_TEXT_LEN(len) characters and no NUL; returns that length. */
size_t base64_encode(const void *in, size_t len, char *out);

/* False for missing padding, white space, characters of other alphabets, and bits left over at the end that are not
 * zero. `out` has room for BASE64_DATA_MAX(in.len). */
bool base64_decode(struct cardea_str in, uint8_t *out, size_t *len);

#endif
