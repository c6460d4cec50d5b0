/* service/device_internal.h - what both sides of logging in by the browser share. */
#ifndef SERVICE_DEVICE_INTERNAL_H
#define SERVICE_DEVICE_INTERNAL_H

#include "service/device.h"

struct cardea_digest device_digest(struct cardea_str code);
/* Whether scopes are to be asked for when the key is made, and which: all that may be given, since what logs in stands
 * for the person. */
bool device_asks_scopes(const struct profile *profile);
bool device_asks_scope(const struct profile *profile, unsigned scope);

#endif
