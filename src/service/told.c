/* What is told once in a while only. */
#include <stdlib.h>

#include "service/keys_internal.h"
#include "service/reminders.h"

#define PRUNE_SLICE 1000

bool service_tell_again(struct service_call *c, int64_t subject_id, struct cardea_str what, int64_t every_sec)
{
    int64_t at = 0;
    enum store_err err = store_told_get(c->db, subject_id, what, &at);
    if (err != STORE_OK && err != STORE_NOTFOUND)
        return false;
    /* A time that lies ahead was told by a clock that has been set back since. */
    if (err == STORE_OK && llabs(c->now - at) < every_sec)
        return false;
    return store_told_put(c->db, subject_id, what, c->now) == STORE_OK;
}

enum store_err service_told_prune(struct store_conn *db, int64_t now)
{
    return store_told_prune(db, now - TOLD_KEPT_SEC, PRUNE_SLICE);
}

void service_tell_limit(struct service_call *c, const struct key_account *account, int kind)
{
    struct service_call told = *c; /* the refusal that is on its way stays as it is */
    const char *name = account->profile->core.kinds[kind].name;
    struct cardea_str what = arena_printf(c->arena, "key.limit_reached %s", name);
    if (!service_tell_again(&told, account->row.id, what, LIMIT_TOLD_SEC))
        return;
    struct cardea_str detail = arena_printf(c->arena, "{\"kind\":\"%s\",\"limit\":\"keys\",\"max_active\":%lld}", name,
                                            (long long)account->profile->kinds[kind].max_active);
    c->stands = service_notify(&told, "key.limit_reached", "acc", account->row.id, account->row.id, detail) ==
                SERVICE_OK;
}
