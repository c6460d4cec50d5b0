/* core/why.c - saying why, while returning. */
#include "core/why.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

enum cardea_err why_fail(struct cardea_why *why, enum cardea_err err, const char *fmt, ...)
{
    int saved = errno;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(why->text, sizeof why->text, fmt, ap);
    va_end(ap);
    errno = saved;
    return err;
}
