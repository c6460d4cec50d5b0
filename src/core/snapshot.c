/* core/snapshot.c - opening a snapshot file: everything is checked that a decision relies on without looking. */
#include "core/snapshot.h"

#include <string.h>

#include "core/profile_codec.h"
#include "core/why.h"

size_t snapshot_entry_len(enum layout_region_id id)
{
    static const size_t len[LAYOUT_REGIONS] = {
        [LAYOUT_PROFILES] = 1,
        [LAYOUT_ACCOUNTS] = sizeof(struct layout_account),
        [LAYOUT_MEMBERS] = sizeof(struct layout_member),
        [LAYOUT_AGENTS] = sizeof(struct layout_agent),
        [LAYOUT_GRANTS] = sizeof(struct layout_grant),
        [LAYOUT_NETWORKS] = sizeof(struct layout_network),
        [LAYOUT_KEYS] = sizeof(struct layout_key),
    };
    return len[id];
}

static void *region(struct snapshot *s, enum layout_region_id id)
{
    return (uint8_t *)s->map.base + s->header->fixed.regions[id].offset;
}

void snapshot_bind(struct snapshot *s)
{
    s->header = s->map.base;
    const struct layout_fixed *f = &s->header->fixed;
    s->accounts = region(s, LAYOUT_ACCOUNTS);
    s->members = region(s, LAYOUT_MEMBERS);
    s->agents = region(s, LAYOUT_AGENTS);
    s->grants = region(s, LAYOUT_GRANTS);
    s->networks = region(s, LAYOUT_NETWORKS);
    s->keys = region(s, LAYOUT_KEYS);
    s->seed[0] = f->seed[0];
    s->seed[1] = f->seed[1];
    s->slots = f->regions[LAYOUT_KEYS].capacity;
    for (int i = 0; i < LAYOUT_KEYS; i++)
        s->capacity[i] = (uint32_t)f->regions[i].capacity;
}

static enum cardea_err check_fixed(const struct layout_fixed *f, size_t file_len, struct cardea_why *why)
{
    uint64_t end = LAYOUT_HEADER_LEN;
    for (int i = 0; i < LAYOUT_REGIONS; i++) {
        const struct layout_region *r = &f->regions[i];
        uint64_t room = r->offset <= file_len ? file_len - r->offset : 0;
        if (r->offset < end || r->offset % LAYOUT_ALIGN != 0 ||
            r->capacity > room / snapshot_entry_len((enum layout_region_id)i) ||
            (i < LAYOUT_KEYS && r->capacity >= LAYOUT_NONE))
            return why_fail(why, CARDEA_E_FORMAT, "region %d of the snapshot lies outside the file", i);
        end = r->offset + r->capacity * snapshot_entry_len((enum layout_region_id)i);
    }
    if (f->regions[LAYOUT_KEYS].capacity == 0)
        return why_fail(why, CARDEA_E_FORMAT, "the snapshot has no key table");
    if (f->regions[LAYOUT_PROFILES].capacity > PROFILES_LEN_MAX)
        return why_fail(why, CARDEA_E_FORMAT, "the profiles in the snapshot are too large");
    return CARDEA_OK;
}

static enum cardea_err check(const struct snapshot *s, const uint8_t boot_id[16], struct cardea_why *why)
{
    if (s->map.len < LAYOUT_HEADER_LEN)
        return why_fail(why, CARDEA_E_FORMAT, "too short for a snapshot");
    const struct layout_header *h = s->map.base;
    const struct layout_fixed *f = &h->fixed;
    if (memcmp(f->magic, LAYOUT_MAGIC, sizeof f->magic) != 0)
        return why_fail(why, CARDEA_E_FORMAT, "not a Cardea snapshot");
    if (f->version != LAYOUT_VERSION || f->header_len != LAYOUT_HEADER_LEN)
        return why_fail(why, CARDEA_E_FORMAT, "a snapshot of version %u; this is version %d", f->version,
                        LAYOUT_VERSION);
    struct cardea_digest sum;
    cardea_digest((struct cardea_str){(const char *)f, sizeof *f}, &sum);
    if (memcmp(sum.bytes, h->checksum, sizeof sum.bytes) != 0)
        return why_fail(why, CARDEA_E_FORMAT, "the snapshot's header is damaged");
    if (f->file_len != s->map.len)
        return why_fail(why, CARDEA_E_FORMAT, "the snapshot has %zu bytes of %llu", s->map.len,
                        (unsigned long long)f->file_len);
    enum cardea_err err = check_fixed(f, s->map.len, why);
    if (err != CARDEA_OK)
        return err;
    if (memcmp(f->boot_id, boot_id, sizeof f->boot_id) != 0)
        return why_fail(why, CARDEA_E_FORMAT,
                        "the snapshot is from before this machine started; the daemon makes a new one");
    const struct layout_region *p = &f->regions[LAYOUT_PROFILES];
    cardea_digest((struct cardea_str){(const char *)s->map.base + p->offset, p->capacity}, &sum);
    if (memcmp(sum.bytes, f->profiles_sha256, sizeof sum.bytes) != 0)
        return why_fail(why, CARDEA_E_FORMAT, "the profiles in the snapshot are damaged");
    return CARDEA_OK;
}

enum cardea_err snapshot_open(struct snapshot *s, const char *path, bool writable, const uint8_t boot_id[16],
                              struct cardea_why *why)
{
    struct snapshot opened = {.map = {.base = NULL}};
    enum cardea_err err = sys_map_open(&opened.map, path, writable);
    if (err == CARDEA_E_FORMAT)
        return why_fail(why, err, "empty, or not a regular file");
    if (err != CARDEA_OK)
        return why_fail(why, err, "cannot open the snapshot");
    err = check(&opened, boot_id, why);
    if (err != CARDEA_OK) {
        sys_map_close(&opened.map);
        return err;
    }
    snapshot_bind(&opened);
    *s = opened;
    return CARDEA_OK;
}

void snapshot_close(struct snapshot *s)
{
    sys_map_close(&s->map);
    *s = (struct snapshot){.map = {.base = NULL}};
}
