#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "service/usage.h"
#include "store/usage.h"

/* 2^32 ordinals. */
#define SEGMENTS_MAX (UINT32_MAX / CARDEA_ACTIVITY_SEGMENT + 1)

#define SLOT_BYTES 64 /* a cache line each, behind the file's header */

/* "1": activity files were made for keys that are in a snapshot already. */
#define META_REMADE "activity_remade"

struct prepare {
    struct service *svc;
    struct cardea_why *why;
    bool missing[SEGMENTS_MAX];
    uint32_t missing_count, segments;   /* in use */
    uint32_t ordinals[USAGE_UNIT_ROWS]; /* rows to write next */
    size_t count, total;
};

static bool read_failed(struct prepare *p, struct store_conn *c)
{
    snprintf(p->why->text, sizeof(p->why->text), "the keys cannot be read: %s", store_error_text(c));
    return false;
}

/* Whoever verifies may write these files. One that was cut short has no slots for the keys at its end, so that nobody
 * could draw on them: it makes room for a new one, and who still has it mapped keeps it. */
static bool is_missing(const struct prepare *p, uint32_t segment)
{
    char path[4096];
    struct stat st;
    snprintf(path, sizeof(path), "%s/activity.%u", p->svc->runtime_dir, segment);
    if (lstat(path, &st) != 0)
        return errno == ENOENT;
    if ((uint64_t)st.st_size >= (uint64_t)CARDEA_ACTIVITY_SEGMENT * SLOT_BYTES)
        return false;
    log_warn("%s was cut short: it is made anew", path);
    return unlink(path) == 0;
}

/* Ordinals are dense: a segment is in use when its first one is. */
static bool find_missing(struct prepare *p, struct store_conn *c)
{
    struct arena arena = {0};
    enum store_err err = STORE_OK;
    for (uint32_t segment = 0; err == STORE_OK && segment < SEGMENTS_MAX; segment++) {
        struct store_key key;
        err = store_key_by_ordinal(c, &arena, segment * CARDEA_ACTIVITY_SEGMENT, &key);
        arena_clear(&arena);
        if (err == STORE_OK)
            p->segments = segment + 1;
        if (err == STORE_OK && is_missing(p, segment)) {
            p->missing[segment] = true;
            p->missing_count++;
        }
    }
    arena_release(&arena);
    return err == STORE_OK || err == STORE_NOTFOUND || read_failed(p, c);
}

static enum store_err reset_unit(struct store_conn *c, void *arg)
{
    const struct prepare *p = arg;
    enum store_err err = STORE_OK;
    for (size_t i = 0; i < p->count && err == STORE_OK; i++) {
        struct store_key_usage nothing = {.ordinal = p->ordinals[i]};
        err = store_key_add_usage(c, &nothing);
        if (err == STORE_OK)
            err = store_usage_seen_reset(c, p->ordinals[i]);
    }
    return err;
}

static enum store_err reset_rows(struct prepare *p)
{
    enum store_err err = p->count ? store_run(p->svc->store, reset_unit, p) : STORE_OK;
    if (err != STORE_OK)
        snprintf(p->why->text, sizeof(p->why->text), "the store cannot be written");
    p->total += p->count;
    p->count = 0;
    return err;
}

static enum store_err note_row(void *arg, const struct store_key *row)
{
    struct prepare *p = arg;
    if (!p->missing[row->ordinal / CARDEA_ACTIVITY_SEGMENT])
        return STORE_OK;
    if (!row->slot_uses && !row->slot_denials && !row->slot_drawn)
        return STORE_OK;
    p->ordinals[p->count++] = row->ordinal;
    return p->count < USAGE_UNIT_ROWS ? STORE_OK : reset_rows(p);
}

/* Those of an earlier version, and those that lost their end only, get it: what they count starts there at zero. */
static bool make_segments(struct prepare *p)
{
    for (uint32_t segment = 0; segment < p->segments; segment++)
        if (cardea_activity_reserve(p->svc->activity, segment * CARDEA_ACTIVITY_SEGMENT) != CARDEA_OK) {
            snprintf(p->why->text, sizeof(p->why->text), "an activity file cannot be made in %s: %s",
                     p->svc->runtime_dir, strerror(errno));
            return false;
        }
    return true;
}

/* ---- remembered until a snapshot with all grants is there ---- */

static enum store_err mark_unit(struct store_conn *c, void *arg)
{
    return store_meta_put(c, META_REMADE, str_of(arg));
}

static bool mark(struct service *svc, const char *value, struct cardea_why *why)
{
    char text[4];
    snprintf(text, sizeof(text), "%s", value);
    if (store_run(svc->store, mark_unit, text) == STORE_OK)
        return true;
    snprintf(why->text, sizeof(why->text), "the store cannot be written");
    return false;
}

static bool is_marked(struct store_conn *c)
{
    struct arena arena = {0};
    struct cardea_str value = {0};
    bool marked = store_meta_get(c, &arena, META_REMADE, &value) == STORE_OK && str_eq(value, STR("1"));
    arena_release(&arena);
    return marked;
}

bool service_usage_prepared(struct service *svc, struct cardea_why *why)
{
    return mark(svc, "0", why);
}

bool service_usage_prepare(struct service *svc, struct store_conn *c, bool *remade, struct cardea_why *why)
{
    struct prepare p = {.svc = svc, .why = why};
    why->text[0] = 0;
    *remade = is_marked(c);
    if (!find_missing(&p, c))
        return false;
    if (p.missing_count == 0)
        return make_segments(&p);
    *remade = true;
    if (!mark(svc, "1", why))
        return false;
    if (store_key_each(c, note_row, &p) != STORE_OK || reset_rows(&p) != STORE_OK)
        return why->text[0] ? false : read_failed(&p, c);
    if (p.total)
        log_info("the activity files are new: %zu keys count on from what the store knows", p.total);
    return make_segments(&p);
}
