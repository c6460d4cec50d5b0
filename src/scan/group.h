/* scan/group.h - the same pattern with its alternatives by their first character: `(?:cat|dog|cow)` is
 * `(?:c(?:at|ow)|dog)`.
 *
 * PCRE2 tries alternatives one after the other at every place of a text; so it has few to try. Which begin with
 * different characters cannot both match in one place, so that their order means nothing; the order of the others is
 * kept: what is matched stays the same, captures too. */
#ifndef SCAN_GROUP_H
#define SCAN_GROUP_H

#include "base/arena.h"

/* In the arena; `pattern` itself where there is nothing to gain. `flags` of enum fields_flag. */
struct cardea_str pattern_grouped(struct arena *a, struct cardea_str pattern, unsigned flags);

#endif
