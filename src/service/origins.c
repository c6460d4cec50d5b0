#include "service/origins.h"

#include "base/json_write.h"
#include "base/str.h"
#include "service/networks.h"
#include "service/reminders.h"
#include "store/origins.h"

#include <string.h>

#define TYPE       "key.new_network"
#define DETAIL_MAX 4096

#define IPV4_PREFIX 120 /* 24 bits behind the 96 of ::ffff: */
#define IPV6_PREFIX 48

/* Whoever told of it may have written any address. */
static struct cardea_network network_of(const uint8_t ip[16])
{
    static const uint8_t ipv4[12] = {[10] = 0xff, [11] = 0xff};
    bool is_ipv4 = memcmp(ip, ipv4, sizeof(ipv4)) == 0;
    struct cardea_network network = {.prefix_len = is_ipv4 ? IPV4_PREFIX : IPV6_PREFIX};
    memcpy(network.address, ip, network.prefix_len / 8);
    return network;
}

/* The network stands beside the detail, where addresses do: it can be erased. */
static enum store_err tell(struct service_call *c, const struct store_key *key, const struct cardea_network *network,
                           int64_t at, int64_t known)
{
    struct buf b;
    struct json_writer w;
    char text[NETWORK_TEXT_MAX];
    buf_init(&b, DETAIL_MAX);
    jw_init(&w, &b);
    jw_object_begin(&w);
    jw_member_str(&w, "prefix", key->prefix);
    jw_member_str(&w, "kind", key->kind);
    jw_member_time(&w, "seen_at", at);
    jw_member_int(&w, "known_networks", known);
    jw_object_end(&w);
    struct cardea_str detail = b.failed ? STR("{}") : arena_str(c->arena, buf_str(&b));
    buf_release(&b);
    c->source_ip = (struct cardea_str){text, network_format(network, text)};
    enum service_err err = service_record_seen(c, TYPE, "key", key->id, key->account_id, detail);
    c->source_ip = (struct cardea_str){0};
    return err == SERVICE_OK ? STORE_OK : STORE_UNAVAILABLE;
}

static enum store_err note_first(struct service_call *c, const struct store_key *key, const struct store_origin *row,
                                 const struct cardea_network *network)
{
    int64_t known = 0;
    enum store_err err = store_origin_count(c->db, key->id, &known);
    if (err == STORE_OK && known >= ORIGINS_OF_KEY)
        err = store_origin_trim(c->db, key->id, ORIGINS_OF_KEY - 1);
    if (err == STORE_OK)
        err = store_origin_put(c->db, row);
    if (err != STORE_OK || known == 0 || !service_tell_again(c, key->id, STR(TYPE), ORIGINS_EVERY_SEC))
        return err;
    return tell(c, key, network, row->last_at, known);
}

enum store_err service_origin_seen(struct service_call *c, int64_t key_id, const uint8_t ip[16], int64_t at)
{
    struct cardea_network network = network_of(ip);
    struct store_origin row;
    struct store_key key;
    at = at > c->now ? c->now : at;
    enum store_err err = store_origin_get(c->db, key_id, network.address, &row);
    if (err == STORE_OK && at - row.last_at < ORIGINS_FRESH_SEC)
        return STORE_OK;
    if (err == STORE_OK) {
        row.last_at = at;
        return store_origin_put(c->db, &row);
    }
    if (err == STORE_NOTFOUND)
        err = store_key_get(c->db, c->arena, key_id, &key);
    if (err != STORE_OK)
        return err;
    row = (struct store_origin){.key_id = key_id, .first_at = at, .last_at = at};
    memcpy(row.network, network.address, sizeof(row.network));
    return note_first(c, &key, &row, &network);
}

enum store_err service_origins_prune(struct store_conn *db, int64_t now, bool *more)
{
    size_t count = 0;
    enum store_err err = store_origin_prune(db, now - ORIGINS_KEPT_SEC, &count);
    *more = err == STORE_OK && count == STORE_ORIGIN_PRUNE_MAX;
    return err;
}
