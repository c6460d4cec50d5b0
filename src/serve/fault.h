/* serve/fault.h - outlives an activity file that a verifier has cut short under our mapping. */
#ifndef SERVE_FAULT_H
#define SERVE_FAULT_H

#include <stdbool.h>

/* Reading a mapped page that its file no longer has raises SIGBUS. From now on such a page is replaced by an empty one
 * of our own: what it counted is lost, and whoever is metered in it gets nothing, until the next start makes the file
 * anew. */
void fault_survive(void);
/* Whether that happened since the last call. */
bool fault_happened(void);

#endif
