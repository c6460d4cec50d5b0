/* core/writer_file.c - a new snapshot file: made beside the old one, renamed over it, and the old one's readers sent
 * on. */
#include <errno.h>
#include <string.h>

#include "core/writer.h"

static uint64_t round_up(uint64_t n)
{
    return (n + LAYOUT_ALIGN - 1) / LAYOUT_ALIGN * LAYOUT_ALIGN;
}

enum cardea_err writer_make_file(const struct cardea_writer *w, const struct writer_plan *plan, struct snapshot *out)
{
    struct layout_fixed f = {.version = LAYOUT_VERSION,
                             .header_len = LAYOUT_HEADER_LEN,
                             .generation = plan->generation,
                             .seed = {plan->seed[0], plan->seed[1]}};
    memcpy(f.magic, LAYOUT_MAGIC, sizeof f.magic);
    memcpy(f.deployment_id, w->deployment_id, sizeof f.deployment_id);
    memcpy(f.boot_id, w->boot_id, sizeof f.boot_id);
    memcpy(f.profiles_sha256, w->profile_sha256, sizeof f.profiles_sha256);
    uint64_t at = LAYOUT_HEADER_LEN;
    for (int i = 0; i < LAYOUT_REGIONS; i++) {
        uint64_t entry = snapshot_entry_len((enum layout_region_id)i);
        if (plan->capacity[i] > (UINT64_C(1) << 46) / entry || (i < LAYOUT_KEYS && plan->capacity[i] >= LAYOUT_NONE))
            return CARDEA_E_FULL;
        f.regions[i] = (struct layout_region){.offset = at, .capacity = plan->capacity[i]};
        at = round_up(at + plan->capacity[i] * entry);
    }
    f.file_len = at;

    struct snapshot made = {.map = {.base = NULL}};
    enum cardea_err err = sys_map_create(&made.map, w->tmp_path, at, w->mode);
    if (err != CARDEA_OK)
        return err;
    struct layout_header *h = made.map.base;
    h->fixed = f;
    struct cardea_digest sum;
    cardea_digest((struct cardea_str){(const char *)&h->fixed, sizeof h->fixed}, &sum);
    memcpy(h->checksum, sum.bytes, sizeof sum.bytes);
    atomic_init(&h->max_staleness_ms, plan->max_staleness_ms);
    snapshot_bind(&made);
    memcpy((uint8_t *)made.map.base + f.regions[LAYOUT_PROFILES].offset, w->profile_bytes, w->profile_len);
    *out = made;
    return CARDEA_OK;
}

enum cardea_err writer_publish(const struct cardea_writer *w, struct snapshot *made, struct layout_header *old)
{
    if (w->aside)
        return CARDEA_OK;
    enum cardea_err err = sys_rename(w->tmp_path, w->path);
    if (err != CARDEA_OK) {
        sys_unlink(w->tmp_path);
        int saved = errno;
        snapshot_close(made);
        errno = saved;
        return err;
    }
    /* After the rename: whoever sees the mark finds the new file at the path. */
    if (old != NULL)
        atomic_store(&old->superseded, 1);
    return CARDEA_OK;
}
