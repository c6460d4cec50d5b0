/* policy/glob.h - names of rules by pattern: `secret.aws-*`. */
#ifndef POLICY_GLOB_H
#define POLICY_GLOB_H

#include <cardea/types.h>

#define POLICY_GLOB_MAX 128

/* What is wrong with it; NULL when nothing is. */
const char *policy_glob_check(struct cardea_str glob);
/* `*` is any text, `?` any one character. Steps: at most the product of the lengths. */
bool policy_glob_matches(const char *glob, const char *name);

#endif
