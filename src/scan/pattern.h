/* scan/pattern.h - one regular expression as PCRE2 sees it: the truth about what matches, and where. */
#ifndef SCAN_PATTERN_H
#define SCAN_PATTERN_H

#include <cardea/types.h>

/* Whether `source` compiles with these flags (of enum fields_flag) and matches nothing empty. */
bool scan_pattern_try(struct cardea_str source, unsigned flags, struct cardea_why *why);

#endif
