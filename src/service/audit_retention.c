#include "service/audit_retention.h"

#include "base/id.h"
#include "base/str.h"
#include "service/bootstrap.h"
#include "store/audit.h"

#define EVERY_SEC 86400
#define SLICE     1000

/* The size of the last checkpoint that was signed so long ago; 0: none. */
static enum store_err size_before(struct service_call *c, int64_t keep_sec, int64_t *size)
{
    struct store_checkpoint cut;
    *size = 0;
    if (!keep_sec)
        return STORE_OK;
    enum store_err err = store_checkpoint_before(c->db, c->arena, c->now_ms - keep_sec * 1000, &cut);
    if (err == STORE_OK)
        *size = cut.size;
    return err == STORE_NOTFOUND ? STORE_OK : err;
}

/* That records went is a record. */
static enum store_err tell(struct service_call *c, int64_t first)
{
    struct store_account system = {0};
    char id[ID_TEXT_MAX];
    enum store_err err = store_account_find(c->db, c->arena, STR(BOOTSTRAP_ACCOUNT_PROFILE),
                                            STR(BOOTSTRAP_ACCOUNT_SLUG), &system);
    if (err != STORE_OK && err != STORE_NOTFOUND)
        return err;
    struct cardea_str subject = {id, id_format(id, "log", first - 1)};
    struct cardea_str detail = arena_printf(c->arena, "{\"first_kept\":%lld}", (long long)first - 1);
    return service_audit_only(c, "audit.pruned", subject, system.id, detail) == SERVICE_OK ? STORE_OK
                                                                                           : STORE_UNAVAILABLE;
}

static enum store_err prune_records(struct service_call *c, int64_t size, bool *more)
{
    struct service *svc = c->svc;
    int64_t count = 0, first = 0;
    enum store_err err = store_audit_prune(c->db, size + 1, SLICE, &count);
    *more = err == STORE_OK && count == SLICE;
    svc->audit_pruning |= count > 0;
    if (err != STORE_OK || *more || !svc->audit_pruning)
        return err;
    svc->audit_pruning = false;
    err = store_audit_first(c->db, &first);
    return err == STORE_OK ? tell(c, first) : err;
}

enum store_err service_audit_prune(struct service_call *c, bool *more)
{
    struct service *svc = c->svc;
    int64_t size = 0, count = 0;
    bool more_records = false, more_addresses = false;
    *more = false;
    if (c->now - svc->audit_pruned_at < EVERY_SEC && c->now >= svc->audit_pruned_at)
        return STORE_OK;
    enum store_err err = size_before(c, svc->audit_keep_sec, &size);
    if (err == STORE_OK && size)
        err = prune_records(c, size, &more_records);
    if (err == STORE_OK)
        err = size_before(c, svc->audit_addresses_keep_sec, &size);
    if (err == STORE_OK && size) {
        err = store_audit_erase_sources(c->db, size + 1, SLICE, &count);
        more_addresses = err == STORE_OK && count == SLICE;
    }
    *more = more_records || more_addresses;
    if (err == STORE_OK && !*more)
        svc->audit_pruned_at = c->now;
    return err;
}
