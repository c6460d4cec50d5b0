/* cardea/scan_json.h - the texts that stand at given places of a JSON document, to be scanned before it goes on. */
#ifndef CARDEA_SCAN_JSON_H
#define CARDEA_SCAN_JSON_H

#include <cardea/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CARDEA_SCAN_JSON_DEPTH_MAX 64

/* Writes the texts of all that `fields` lead to into `out`, one behind the other with a line feed between them, and
 * their bytes into `*len`; 0: the document has none. `out` holds at least json.len bytes. At most
 * CARDEA_SCAN_FIELDS_MAX fields, each as cardea_scan_field_mistake() wants it.
 *
 * A field is a JSON pointer (RFC 6901) in which `*` is each element or member. What it leads to counts with all
 * beneath: strings, names of members, numbers as they are written. Members are found in whatever case they are written,
 * since some servers read them so.
 *
 * The document is read as strictly as any reader behind may read it: one value, UTF-8, no byte order mark, no NUL (not
 * even escaped), no lone surrogate, at most CARDEA_SCAN_JSON_DEPTH_MAX deep; a member that a field names stands once.
 * CARDEA_E_FORMAT with the mistake in `why`, which quotes nothing of the document; `out` may then hold parts of it. */
CARDEA_API enum cardea_err cardea_scan_json(struct cardea_str json, const struct cardea_str *fields, size_t count,
                                            char *out, size_t *len, struct cardea_why *why);

#ifdef __cplusplus
}
#endif
#endif
