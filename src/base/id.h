/* base/id.h - identifiers: 63 bits, time-ordered, written as `key_` and 13 lower-case characters of Crockford base32.
 */
#ifndef BASE_ID_H
#define BASE_ID_H

#include <cardea/id.h>

#define ID_TEXT_MAX CARDEA_ID_MAX

/* Milliseconds since 2020 above 22 random bits, always above *last, which it updates. Aborts when randomness fails. */
int64_t id_new(int64_t *last, int64_t now_ms, cardea_random_fn random, void *arg);
/* Ids that were made before this time are lower, unless the clock was put back. */
int64_t id_at(int64_t unix_ms);
int64_t id_ms(int64_t id); /* the time that it was made at, as unix milliseconds */
/* Writes "prefix_xxxxxxxxxxxxx" and a NUL; returns its length. `prefix` is without the underscore. */
size_t id_format(char out[ID_TEXT_MAX], const char *prefix, int64_t id);
/* False when `text` is not such an id with this prefix. */
bool id_parse(struct cardea_str text, const char *prefix, int64_t *out);

#endif
