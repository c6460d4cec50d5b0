/* service/signer.h - what tokens of ours are made and opened with. Each kind of them begins otherwise, and what it
 * begins with is signed too: none is ever taken for another. */
#ifndef SERVICE_SIGNER_H
#define SERVICE_SIGNER_H

#include "base/json_read.h"
#include "service/jwt.h"

/* HEAD, the sign `after`, `json` in base64url, a dot, and the signature over all before it. In the arena. */
struct cardea_str session_signer_seal(struct arena *a, const struct session_signer *s, struct cardea_str head,
                                      char after, struct cardea_str json);

/* The object in a token, of which the caller has looked at the first `head_len` bytes; NULL when it is none of ours.
 * The caller's to json_decref(). */
json_t *session_signer_open(struct arena *a, const struct session_signer *s, struct cardea_str token, size_t head_len);

#endif
