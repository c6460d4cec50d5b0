/* core/profile_check.h - the rules that every profile keeps, whoever built it: the writer's caller or a file. */
#ifndef CORE_PROFILE_CHECK_H
#define CORE_PROFILE_CHECK_H

#include <cardea/profile.h>

/* CARDEA_E_FORMAT with the first mistake in `why`. Patterns are judged by route_table_compile. */
enum cardea_err profile_check(const struct cardea_profile *p, struct cardea_why *why);

#endif
