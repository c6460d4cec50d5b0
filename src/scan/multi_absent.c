/* Where neither Hyperscan nor Vectorscan exists: everything is PCRE2's. */
#include "scan/multi.h"

bool multi_self_check(struct cardea_why *why)
{
    snprintf(why->text, sizeof(why->text), "this build has none");
    return false;
}

enum multi_made multi_compile(struct multi **out, const struct multi_word *words, size_t count)
{
    (void)words, (void)count;
    *out = NULL;
    return MULTI_ABSENT;
}

bool multi_write(const struct multi *m, struct buf *out)
{
    (void)m, (void)out;
    return false;
}

bool multi_read(struct multi **out, struct cardea_str bytes)
{
    (void)out, (void)bytes;
    return false;
}

void multi_free(struct multi *m)
{
    (void)m;
}

struct multi_scratch *multi_scratch_new(const struct multi *m)
{
    (void)m;
    return NULL;
}

void multi_scratch_free(struct multi_scratch *s)
{
    (void)s;
}

bool multi_scan(const struct multi *m, struct multi_scratch *s, struct cardea_str text, multi_found_fn found, void *arg)
{
    (void)m, (void)s, (void)text, (void)found, (void)arg;
    return false;
}

const char *multi_version(void)
{
    return NULL;
}
