/* core/snapshot_reader.c - opening a snapshot to decide by it, and following it when the writer moves on. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/gcra.h"
#include "core/reader.h"
#include "core/text.h"
#include "core/why.h"

#define LOOK_NS   UINT64_C(1000000000)
#define MOVES_MAX 4

static enum cardea_err load(struct cardea_reader *r, struct cardea_why *why, bool *changed)
{
    struct snapshot s;
    enum cardea_err err = snapshot_open(&s, r->path, false, r->boot_id, why);
    if (err != CARDEA_OK)
        return err;
    /* Not twice the same: one that was put back at the path after it was superseded would never tell of a change. */
    if (r->s.header != NULL && sys_map_same(&s.map, &r->s.map)) {
        snapshot_close(&s);
        return why_fail(why, CARDEA_E_FORMAT, "the snapshot at the path is the one that was superseded");
    }
    *changed = r->s.header == NULL ||
               memcmp(s.header->fixed.profiles_sha256, r->s.header->fixed.profiles_sha256, CARDEA_DIGEST_LEN) != 0;
    if (*changed) {
        size_t len;
        const uint8_t *bytes = snapshot_profiles(&s, &len);
        struct profile_list profiles;
        err = profile_decode(&profiles, bytes, len, why);
        if (err != CARDEA_OK) {
            snapshot_close(&s);
            return err;
        }
        profile_list_release(&r->profiles);
        r->profiles = profiles;
    }
    snapshot_close(&r->s);
    r->s = s;
    return CARDEA_OK;
}

enum cardea_err cardea_reader_open(struct cardea_reader **out, const struct cardea_reader_options *options,
                                   struct cardea_why *why)
{
    struct cardea_reader *r = calloc(1, sizeof *r);
    if (r == NULL)
        return why_fail(why, CARDEA_E_NOMEM, "out of memory");
    sys_boot_id(r->boot_id);
    r->boot_mark = gcra_boot_mark(r->boot_id);
    r->serve_stale = options->serve_stale;
    r->recording = options->activity_dir != NULL;
    r->count_later = options->count_later;
    r->path = strdup(options->path);
    r->activity.dir = r->recording ? strdup(options->activity_dir) : NULL;
    bool changed;
    enum cardea_err err = r->path == NULL || (r->recording && r->activity.dir == NULL)
                              ? why_fail(why, CARDEA_E_NOMEM, "out of memory")
                              : load(r, why, &changed);
    if (err != CARDEA_OK) {
        int saved = errno;
        cardea_reader_free(r);
        errno = saved;
        return err;
    }
    *out = r;
    return CARDEA_OK;
}

void cardea_reader_free(struct cardea_reader *r)
{
    if (r == NULL)
        return;
    cardea_reader_flush(r);
    snapshot_close(&r->s);
    profile_list_release(&r->profiles);
    activity_map_release(&r->activity);
    notices_map_release(&r->notices);
    free(r->path);
    free(r);
}

void cardea_reader_flush(struct cardea_reader *r)
{
    grants_flush(&r->grants, &r->activity, &r->notices);
}

static enum reader_state follow(struct cardea_reader *r, uint64_t boot_ns, int *profile)
{
    struct cardea_why why;
    bool changed;
    bool known = *profile >= 0 && (size_t)*profile < r->profiles.count;
    char *name = strdup(known ? r->profiles.items[*profile].name : "");
    if (name == NULL || load(r, &why, &changed) != CARDEA_OK) {
        free(name);
        return READER_LOST;
    }
    if (changed && *profile >= 0)
        *profile = known ? cardea_reader_profile_named(r, text_of(name)) : -1;
    free(name);
    r->checked_ns = boot_ns;
    return changed ? READER_CHANGED : READER_MOVED;
}

enum reader_state reader_recheck(struct cardea_reader *r, uint64_t boot_ns, unsigned moves, int *profile)
{
    if (moves == MOVES_MAX)
        return READER_CURRENT;
    /* The loads before this one must not drift behind it: a file that is superseded only afterwards was still complete.
     */
    atomic_thread_fence(memory_order_acquire);
    if (atomic_load_explicit(&r->s.header->superseded, memory_order_acquire) != 0)
        return follow(r, boot_ns, profile);
    /* A file that was deleted or cut short is never marked: nobody would tell of a revocation. One look a second. */
    if (boot_ns - r->checked_ns >= LOOK_NS) {
        if (sys_map_is_lost(&r->s.map))
            return follow(r, boot_ns, profile);
        r->checked_ns = boot_ns;
    }
    return READER_CURRENT;
}

/* Where that fails, the file in use stays, and the next decision says STALE. */
void cardea_reader_follow(struct cardea_reader *r)
{
    int none = -1;
    if (atomic_load_explicit(&r->s.header->superseded, memory_order_acquire) != 0)
        follow(r, r->checked_ns, &none);
}

bool reader_is_stale(const struct cardea_reader *r, uint64_t boot_ns)
{
    const struct layout_header *h = r->s.header;
    uint32_t max_ms = atomic_load_explicit(&h->max_staleness_ms, memory_order_relaxed);
    if (max_ms == 0 || r->serve_stale)
        return false;
    uint64_t beat = atomic_load_explicit(&h->heartbeat_ns, memory_order_relaxed);
    return beat == 0 || (boot_ns > beat && boot_ns - beat > (uint64_t)max_ms * 1000000u);
}

uint64_t cardea_reader_position(const struct cardea_reader *r)
{
    return atomic_load(&r->s.header->position);
}

uint64_t cardea_reader_generation(const struct cardea_reader *r)
{
    return r->s.header->fixed.generation;
}

size_t cardea_reader_profile_count(const struct cardea_reader *r)
{
    return r->profiles.count;
}

const struct cardea_profile *cardea_reader_profile(const struct cardea_reader *r, size_t index)
{
    return index < r->profiles.count ? &r->profiles.items[index] : NULL;
}

int cardea_reader_profile_named(const struct cardea_reader *r, struct cardea_str name)
{
    for (size_t i = 0; i < r->profiles.count; i++) {
        if (text_equal(text_of(r->profiles.items[i].name), name))
            return (int)i;
    }
    return -1;
}

/* "[::1]:8080" and "example.org:8080" without the port. */
static struct cardea_str without_port(struct cardea_str host)
{
    size_t colons = 0;
    size_t last_colon = 0;
    size_t bracket_end = 0;
    for (size_t i = 0; i < host.len; i++) {
        if (host.ptr[i] == ':') {
            colons++;
            last_colon = i;
        } else if (host.ptr[i] == ']') {
            bracket_end = i + 1;
        }
    }
    if (colons > 0 && (bracket_end > 0 ? last_colon == bracket_end : colons == 1))
        host.len = last_colon;
    return host;
}

int cardea_reader_profile_of_host(const struct cardea_reader *r, struct cardea_str host)
{
    host = without_port(host);
    for (size_t i = 0; i < r->profiles.count; i++) {
        for (size_t j = 0; j < r->profiles.items[i].host_count; j++) {
            if (text_equal_nocase(text_of(r->profiles.items[i].hosts[j]), host))
                return (int)i;
        }
    }
    return -1;
}
