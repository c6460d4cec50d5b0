#include "service/push_secret.h"

#include <string.h>

#include "base/str.h"
#include "service/agents.h"
#include "service/seal.h"

/* What is sealed for one agent opens for no other. */
static struct cardea_str name_of(struct arena *a, int64_t agent_id)
{
    return arena_printf(a, "push secret of %lld", (long long)agent_id);
}

static enum service_err put(struct service_call *c, int64_t agent_id, const uint8_t secret[PUSH_SECRET_LEN])
{
    struct service *svc = c->svc;
    struct store_push_secret row, before;
    struct cardea_str plain = {(const char *)secret, PUSH_SECRET_LEN};
    enum store_err err = store_push_secret_get(c->db, c->arena, agent_id, &before);
    if (err != STORE_OK && err != STORE_NOTFOUND)
        return service_store_error(c, err);
    row = (struct store_push_secret){.agent_id = agent_id, .made_at = c->now};
    if (err == STORE_OK) {
        row.previous = before.sealed;
        row.previous_until = c->now + PUSH_SECRET_OVERLAP_SEC;
    }
    if (!seal(c->arena, svc->master_key, name_of(c->arena, agent_id), plain, svc->random, svc->random_arg, &row.sealed))
        return service_fail(c, SERVICE_UNAVAILABLE, "store_unavailable",
                            "There is no randomness. Nothing was changed.");
    err = store_push_secret_put(c->db, &row);
    return err == STORE_OK ? SERVICE_OK : service_store_error(c, err);
}

enum service_err service_push_secret_make(struct service_call *c, struct cardea_str account, struct cardea_str agent,
                                          struct store_agent *of, char out[WEBHOOK_SECRET_TEXT])
{
    uint8_t secret[PUSH_SECRET_LEN];
    enum service_err err = service_agent_admit(c, true);
    if (err == SERVICE_OK)
        err = service_agent_find(c, account, agent, of);
    if (err == SERVICE_OK && of->deleted)
        err = service_fail(c, SERVICE_CONFLICT, "conflict", "The agent is deleted.");
    if (err != SERVICE_OK)
        return err;
    if (!c->svc->random(c->svc->random_arg, secret, sizeof(secret)))
        return service_fail(c, SERVICE_UNAVAILABLE, "store_unavailable",
                            "There is no randomness. Nothing was changed.");
    err = put(c, of->id, secret);
    if (err == SERVICE_OK)
        err = service_record(c, "agent.push_secret_made", "agt", of->id, of->account_id, (struct cardea_str){0});
    webhook_secret_text(secret, sizeof(secret), out);
    cardea_wipe(secret, sizeof(secret));
    return err;
}

bool service_push_secret_open(struct service *svc, struct arena *a, const struct store_push_secret *row, int64_t now,
                              struct cardea_str out[2], size_t *count)
{
    struct cardea_str name = name_of(a, row->agent_id);
    *count = 0;
    if (!seal_open(a, svc->master_key, name, row->sealed, &out[0]))
        return false;
    *count = 1;
    if (now < row->previous_until && row->previous.len && seal_open(a, svc->master_key, name, row->previous, &out[1]))
        *count = 2;
    return true;
}
