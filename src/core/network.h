/* core/network.h - does an address lie in a network? */
#ifndef CORE_NETWORK_H
#define CORE_NETWORK_H

#include <cardea/snapshot_writer.h>

/* `ip` has 16 bytes. A prefix longer than 128 bits holds nothing. */
bool network_contains(const uint8_t *address, unsigned prefix_len, const uint8_t *ip);

#endif
