/* cardea/id.h - identifiers as people and programs see them: `key_` and 13 characters. */
#ifndef CARDEA_ID_H
#define CARDEA_ID_H

#include <cardea/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CARDEA_ID_MAX 24 /* with the NUL */

/* Writes "prefix_xxxxxxxxxxxxx", lower-case Crockford base32, and a NUL; returns its length. `prefix` is without the
 * underscore, and short enough: "key", "acc", "usr", "agt". */
CARDEA_API size_t cardea_id_format(char out[CARDEA_ID_MAX], const char *prefix, uint64_t id);
/* False when `text` is not such an id with this prefix. */
CARDEA_API bool cardea_id_parse(struct cardea_str text, const char *prefix, uint64_t *out);

#ifdef __cplusplus
}
#endif
#endif
