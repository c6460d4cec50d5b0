#include "service/standing.h"

#include "base/str.h"
#include "core/network.h"
#include "service/networks.h"

static enum service_err no_more(struct service_call *c)
{
    return service_fail(c, SERVICE_UNAUTHENTICATED, "unauthenticated",
                        "The key that this session acts for is not valid, or not any more.");
}

static bool is_allowed(struct cardea_str networks, const uint8_t *ip)
{
    struct cardea_str piece;
    struct cardea_network network;
    if (!networks.len)
        return true;
    while (ip && str_cut(&networks, ' ', &piece))
        if (piece.len && network_parse(piece, &network) == NETWORK_OK &&
            network_contains(network.address, network.prefix_len, ip))
            return true;
    return false;
}

enum service_err service_standing(struct service_call *c, const struct standing *s, struct store_key *key,
                                  struct store_account *account)
{
    enum store_err err = store_key_get(c->db, c->arena, s->key_id, key);
    if (err == STORE_OK)
        err = store_account_get(c->db, c->arena, key->account_id, account);
    if (err == STORE_NOTFOUND)
        return no_more(c);
    if (err != STORE_OK)
        return service_store_error(c, err);
    if (key->state != CARDEA_KEY_ACTIVE || (key->expires_at && c->now >= key->expires_at) ||
        account->status == STORE_ACCOUNT_DELETED || (!s->anywhere && !is_allowed(key->ip_allow, s->ip)))
        return no_more(c);
    if (account->status == STORE_ACCOUNT_SUSPENDED)
        return service_fail(c, SERVICE_FORBIDDEN, "ACCOUNT_SUSPENDED", "The account is suspended.");
    return SERVICE_OK;
}
