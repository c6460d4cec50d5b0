/* cardea/fault.h - outlives a file that was cut short under our mapping.
 *
 * Whoever may verify may write activity files, so may shorten them; reading a mapped page that its file no longer has
 * raises SIGBUS. What to do about a signal is the program's business and never a library's: nothing here happens unless
 * the program calls it. This is the one place with process-wide state. */
#ifndef CARDEA_FAULT_H
#define CARDEA_FAULT_H

#include <cardea/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Takes over SIGBUS: from now on a page that its file no longer has is replaced by an empty one of our own. */
CARDEA_API void cardea_fault_survive(void);

/* Whether that happened since the last call. What was read through a mapping meanwhile may be wrong: free the reader,
 * open it anew and decide again. It then refuses what needs the lost file (STALE), until the daemon makes it anew. */
CARDEA_API bool cardea_fault_happened(void);

#ifdef __cplusplus
}
#endif
#endif
