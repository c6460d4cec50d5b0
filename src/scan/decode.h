/* scan/decode.h - one encoded run: what it says, when it says something that people or models read. */
#ifndef SCAN_DECODE_H
#define SCAN_DECODE_H

#include <cardea/types.h>

/* Each looks at s[at] and returns how many bytes the run there has, 0 when there is none; what it says is in `out`
 * (`cap` bytes, longer runs are cut there), its length in *len. */
size_t decode_percent(struct cardea_str s, size_t at, char *out, size_t *len); /* one %XX; at least 4 bytes of room */
size_t decode_entity(struct cardea_str s, size_t at, char *out, size_t *len);  /* one &...; ditto */
size_t decode_escape(struct cardea_str s, size_t at, char *out, size_t *len);  /* one \xXX, \uXXXX, \u{X}; ditto */
/* These may look far: how far is added to *steps, whatever came of it. */
size_t decode_hex(struct cardea_str s, size_t at, char *out, size_t cap, size_t *len, size_t *steps);
size_t decode_base64(struct cardea_str s, size_t at, char *out, size_t cap, size_t *len, size_t *steps);

#endif
