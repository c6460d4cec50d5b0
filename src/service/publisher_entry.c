#include "service/publisher_entry.h"

#include "base/str.h"
#include "service/networks.h"

/* The snapshot keeps expiry in 34 bits; what is later (the year 2514) is as good as that. */
#define EXPIRES_MAX ((INT64_C(1) << 34) - 1)

static bool networks_parse(struct cardea_str list, struct cardea_network *networks, size_t *count)
{
    struct cardea_str piece;
    *count = 0;
    while (str_cut(&list, ' ', &piece)) {
        if (piece.len == 0)
            continue;
        if (*count == CARDEA_NETWORKS_MAX || network_parse(piece, &networks[*count]) == NETWORK_BAD)
            return false;
        ++*count;
    }
    return true;
}

static bool scopes_parse(struct cardea_str list, const struct profile *profile, struct cardea_scopes *out)
{
    struct cardea_str piece;
    bool known = true;
    while (str_cut(&list, ' ', &piece))
        if (piece.len && cardea_scopes_add(out, &profile->core, piece) != CARDEA_OK)
            known = false;
    return known;
}

unsigned publisher_key_entry(const struct store_key *row, const struct profile *profile,
                             struct cardea_network *networks, struct cardea_key_entry *out)
{
    unsigned odd = 0;
    int kind = cardea_profile_kind(&profile->core, row->kind);
    *out = (struct cardea_key_entry){
        .digest = row->digest,
        .id = (uint64_t)row->id,
        .account_id = (uint64_t)row->account_id,
        .user_id = (uint64_t)row->user_id,
        .agent_id = (uint64_t)row->agent_id,
        .ordinal = row->ordinal,
        .state = row->state,
        .expires_at = row->expires_at > EXPIRES_MAX ? EXPIRES_MAX : row->expires_at,
        .kind = (uint16_t)(kind < 0 ? 0 : kind),
        .rate = row->rate,
        .has_credits = row->credits >= 0 || row->credits_of != 0,
        .credits_ordinal = row->ordinal,
        .has_metadata = row->metadata.len > 0,
        .networks = networks,
    };
    if (kind < 0)
        odd |= PUBLISHER_ODD_KIND;
    else
        out->scopes = profile->kinds[kind].granted;
    if (!scopes_parse(row->scopes, profile, &out->scopes))
        odd |= PUBLISHER_ODD_SCOPE;
    if (!networks_parse(row->ip_allow, networks, &out->network_count)) {
        out->network_count = 0;
        odd |= PUBLISHER_ODD_NETWORK;
    }
    if (row->rate.limit && !row->rate.window_ms) {
        out->rate = (struct cardea_rate){0};
        odd |= PUBLISHER_ODD_LIMIT;
    }
    if (row->expires_at < 0)
        out->expires_at = 1; /* long ago */
    if ((odd & (PUBLISHER_ODD_KIND | PUBLISHER_ODD_NETWORK | PUBLISHER_ODD_LIMIT)) && out->state == CARDEA_KEY_ACTIVE)
        out->state = CARDEA_KEY_DISABLED;
    return odd;
}
