/* service/standing.h - those who act for a key without bringing it, such as a browser's session: is that key good now?
 */
#ifndef SERVICE_STANDING_H
#define SERVICE_STANDING_H

#include "service/service.h"

/* Whoever acts for a key, and from where. */
struct standing {
    int64_t key_id;
    const uint8_t *ip; /* 16 bytes; NULL: not known, which only a key without networks allows */
    bool anywhere;     /* the key's networks say nothing of who acts for it */
};

/* What a decision on the key itself would ask of its row and its account's: active, unexpired, from an allowed address.
 * SERVICE_UNAUTHENTICATED; SERVICE_FORBIDDEN "ACCOUNT_SUSPENDED". */
enum service_err service_standing(struct service_call *c, const struct standing *s, struct store_key *key,
                                  struct store_account *account);

#endif
