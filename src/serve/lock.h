/* serve/lock.h - one daemon a folder. */
#ifndef SERVE_LOCK_H
#define SERVE_LOCK_H

#include <cardea/types.h>

/* Makes the folder (mode `mode`, group `cardea` where `shared` and there is one), and holds DIR/lock until the returned
 * descriptor is closed. -1 with one line in `why`. */
int lock_folder(const char *dir, unsigned mode, bool shared, struct cardea_why *why);

#endif
