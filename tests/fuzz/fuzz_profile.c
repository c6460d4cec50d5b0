/* fuzz_profile.c - profiles: either a profile that the library takes, or messages; never both, never neither. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "profile/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What every user of a profile relies on without looking. */
static void check(const struct profile *p)
{
    const struct cardea_profile *core = &p->core;
    if (!core->name || !core->realm || !p->title || core->kind_count == 0 ||
        (size_t)p->default_kind >= core->kind_count)
        abort();
    for (size_t i = 0; i < core->kind_count; i++) {
        bool legacy = (core->kinds[i].flags & CARDEA_KIND_LEGACY) != 0;
        if (!p->kinds[i].title || (!legacy && core->kinds[i].format.part_count == 0) ||
            (legacy && !core->legacy_header))
            abort();
    }
    for (size_t i = 0; i < core->route_count; i++)
        if (core->routes[i].methods == 0 || !core->routes[i].pattern ||
            (core->routes[i].access == CARDEA_ACCESS_SCOPE && core->routes[i].scope >= core->scope_count))
            abort();
    for (size_t i = 0; i < core->denial_count; i++)
        if (core->denials[i].code == CARDEA_VALID || (core->denials[i].body && !core->denials[i].content_type))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct buf errors;
    buf_init(&errors, 1 << 20);
    const struct profile *p = profile_load(&arena, "f", (struct cardea_str){(const char *)data, size}, &errors);
    if ((p != NULL) != (errors.len == 0) || errors.failed)
        abort();
    if (p)
        check(p);
    arena_release(&arena);
    buf_release(&errors);
    return 0;
}
