/* service/publisher_entry.h - a row of the store as an entry of the snapshot. */
#ifndef SERVICE_PUBLISHER_ENTRY_H
#define SERVICE_PUBLISHER_ENTRY_H

#include "service/service.h"

/* What of a key's row could not be said in the profile's words as they are now. None of it grants anything. */
enum publisher_oddity {
    PUBLISHER_ODD_SCOPE = 1u << 0,   /* a scope that the profile no longer knows: left out */
    PUBLISHER_ODD_KIND = 1u << 1,    /* a kind that it no longer knows: published as disabled */
    PUBLISHER_ODD_NETWORK = 1u << 2, /* an allow-list that cannot be read: published as disabled */
    PUBLISHER_ODD_LIMIT = 1u << 3,   /* a rate limit without a window: published as disabled */
};

/* Fills `out`, whose networks stand in `networks`, room for CARDEA_NETWORKS_MAX. Returns the oddities. */
unsigned publisher_key_entry(const struct store_key *row, const struct profile *profile,
                             struct cardea_network *networks, struct cardea_key_entry *out);

#endif
