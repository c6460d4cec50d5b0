/* cardea/cardea.h - libcardea: API keys, from template to decision.
 *
 * Rules that hold everywhere:
 *  - No pointer argument may be NULL unless its comment says so. Breaking that is a bug in the caller, not an error.
 *  - `struct x **out` hands over ownership: release it with the matching `_free`. A returned `const *` is borrowed.
 *  - Structs without a `_free` are the caller's own storage and need no initialisation before they are filled.
 *  - Functions return enum cardea_err; on failure nothing is handed over and nothing has changed.
 *  - Nothing here logs, starts threads, reads environment variables or keeps global state, but for one digest context a
 * thread.
 *  - Objects belong to one thread at a time. Any number of processes and threads may each open a reader of one file.
 *  - Text is counted bytes (struct cardea_str), never trusted to be UTF-8 or NUL-terminated.
 *  - Time and randomness come in as arguments. Units are in the names. */
#ifndef CARDEA_CARDEA_H
#define CARDEA_CARDEA_H

#include <cardea/activity.h>
#include <cardea/authorize.h>
#include <cardea/fault.h>
#include <cardea/id.h>
#include <cardea/key_format.h>
#include <cardea/notices.h>
#include <cardea/profile.h>
#include <cardea/refusal.h>
#include <cardea/secret.h>
#include <cardea/snapshot_writer.h>
#include <cardea/types.h>
#include <cardea/webhook.h>

#endif
