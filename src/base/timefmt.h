/* base/timefmt.h - RFC 3339 in UTC, whole seconds. */
#ifndef BASE_TIMEFMT_H
#define BASE_TIMEFMT_H

#include <cardea/types.h>

#define TIMEFMT_LEN 21

/* "2026-11-21T05:15:00Z" and a NUL. */
void timefmt_rfc3339(char out[TIMEFMT_LEN], int64_t unix_sec);
/* Accepts any offset and fractions (cut off); false on anything else or out of 1970-9999. */
bool timefmt_parse(struct cardea_str text, int64_t *out);
/* "90d", "12h", "30m", "45s" and bare seconds. */
bool timefmt_parse_duration(struct cardea_str text, int64_t *out_sec);

#endif
