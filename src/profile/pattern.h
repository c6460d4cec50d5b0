/* profile/pattern.h - the regular expression of a kind's keys, for registration with those who scan for leaked secrets.
 */
#ifndef PROFILE_PATTERN_H
#define PROFILE_PATTERN_H

#include "base/buf.h"
#include "profile/profile.h"

/* Exactly the texts of this format's length, literals and alphabets, standing as a word of their own; what no regular
 * expression can tell is the checksum. In the syntax that PCRE, RE2, Hyperscan and Python's `re` share. */
void profile_pattern(struct buf *out, const struct cardea_key_format *format);
/* Whether it ends in a checksum, CRC-32 of all before it as six digits of base62. */
bool profile_pattern_checked(const struct cardea_key_format *format);

#endif
