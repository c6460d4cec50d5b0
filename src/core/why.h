/* core/why.h - saying why, while returning. */
#ifndef CORE_WHY_H
#define CORE_WHY_H

#include <cardea/types.h>

/* Writes `why` and returns `err`; errno is kept. */
enum cardea_err why_fail(struct cardea_why *why, enum cardea_err err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
