/* service/origins.h - networks that keys were used from, as readers tell of them; and `key.new_network` for one that a
 * key was never used from before.
 *
 * A network is the first 24 bits of an IPv4 address or the first 48 of an IPv6 one: what a site or a provider's
 * customer has, and less than what tells who a person is. A key's first one is no sign of anything. */
#ifndef SERVICE_ORIGINS_H
#define SERVICE_ORIGINS_H

#include "service/service.h"

#define ORIGINS_OF_KEY    32           /* those that were used last are known */
#define ORIGINS_KEPT_SEC  (90 * 86400) /* after its last use; by then a key's use is odd by itself (usage_hours.h) */
#define ORIGINS_FRESH_SEC 86400        /* what was noted so lately is not written again */
#define ORIGINS_EVERY_SEC 3600         /* a key is told of once in that time: one that wanders does so all day */

/* In a unit of work: this key was used from the network of `ip` (16 bytes, IPv4 as ::ffff:a.b.c.d) at `at`.
 * STORE_NOTFOUND when there is no such key. */
enum store_err service_origin_seen(struct service_call *c, int64_t key_id, const uint8_t ip[16], int64_t at);

/* `*more`: another slice is due. */
enum store_err service_origins_prune(struct store_conn *db, int64_t now, bool *more);

#endif
