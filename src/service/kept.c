#include "service/kept.h"

#include "base/id.h"
#include "service/seal.h"

/* One look of the ticker: a text may have a quarter of a megabyte, and the writer has others waiting. */
#define PRUNE_SLICE 200

/* Each account's texts under a key of its own: one that was moved to another account does not open there. */
static void derive(const struct service *svc, int64_t account_id, uint8_t key[SEAL_KEY_LEN])
{
    char text[ID_TEXT_MAX];
    size_t len = id_format(text, "acc", account_id);
    seal_derive(svc->master_key, "kept content", (struct cardea_str){text, len}, key);
}

enum service_err service_kept_put(struct service_call *c, const struct kept *what)
{
    uint8_t key[SEAL_KEY_LEN];
    char name[ID_TEXT_MAX];
    struct store_kept_content row = {.scan_id = what->scan_id,
                                     .account_id = what->account_id,
                                     .policy_id = what->policy_id,
                                     .version = what->version,
                                     .made_at = c->now};
    if (!what->account_id || what->text.len > KEPT_TEXT_MAX)
        return SERVICE_OK;
    derive(c->svc, what->account_id, key);
    bool sealed = seal(c->arena, key, (struct cardea_str){name, id_format(name, "scn", what->scan_id)}, what->text,
                       c->svc->random, c->svc->random_arg, &row.sealed);
    cardea_wipe(key, sizeof(key));
    if (!sealed)
        return service_fail(c, SERVICE_UNAVAILABLE, "store_unavailable", "There is no randomness to seal the text.");
    enum store_err err = store_content_insert(c->db, &row);
    return err == STORE_OK ? SERVICE_OK : service_store_error(c, err);
}

bool service_kept_get(struct service_call *c, int64_t account_id, int64_t scan_id, struct cardea_str *text)
{
    uint8_t key[SEAL_KEY_LEN];
    char name[ID_TEXT_MAX];
    struct store_kept_content row;
    *text = (struct cardea_str){0};
    if (store_content_get(c->db, c->arena, scan_id, &row) != STORE_OK || row.account_id != account_id ||
        row.made_at <= c->now - KEPT_SEC)
        return false;
    derive(c->svc, account_id, key);
    bool opened = seal_open(c->arena, key, (struct cardea_str){name, id_format(name, "scn", scan_id)}, row.sealed,
                            text);
    cardea_wipe(key, sizeof(key));
    return opened;
}

enum store_err service_kept_prune(struct store_conn *db, int64_t now, bool *more)
{
    int64_t count = 0;
    enum store_err err = store_content_prune(db, now - KEPT_SEC, PRUNE_SLICE, &count);
    *more = count == PRUNE_SLICE;
    return err;
}
