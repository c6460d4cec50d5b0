/* scan/punycode.h - labels of host names in ASCII and back (RFC 3492). */
#ifndef SCAN_PUNYCODE_H
#define SCAN_PUNYCODE_H

#include <cardea/types.h>

/* What follows `xn--`, from UTF-8 and to UTF-8. False when it is not valid or longer than a label can be; `out` has
 * room for PUNYCODE_MAX bytes. */
#define PUNYCODE_MAX 256
bool punycode_encode(struct cardea_str label, char out[PUNYCODE_MAX], size_t *len);
bool punycode_decode(struct cardea_str label, char out[PUNYCODE_MAX], size_t *len);

#endif
