/* core/verify.c - cardea_verify: a key and what it is wanted for. */
#include "core/reader.h"

static void decide(struct cardea_reader *r, const struct cardea_check *check, struct cardea_decision *out)
{
    decision_clear(out, CARDEA_MALFORMED);
    r->group = 0;
    out->profile = check->profile >= 0 && (size_t)check->profile < r->profiles.count ? check->profile : -1;
    if (check->key.len == 0) {
        out->code = CARDEA_MISSING;
        return;
    }
    if (reader_is_stale(r, check->now.boot_ns)) {
        out->code = CARDEA_STALE;
        return;
    }
    if (check->key.len > CARDEA_KEY_MAX)
        return;
    struct lookup l;
    cardea_digest(check->key, &l.digest);
    lookup_start(r, &l);
    decide_key(r, check, SCOPE_BY_NAME, &l, out);
}

void cardea_verify(struct cardea_reader *r, const struct cardea_check *check, struct cardea_decision *out)
{
    struct cardea_check c = *check;
    for (unsigned moves = 0;; moves++) {
        decide(r, &c, out);
        int profile = c.profile;
        enum reader_state state = reader_recheck(r, c.now.boot_ns, moves, &profile);
        if (state == READER_CURRENT) {
            decide_settle(r, &c, out);
            return;
        }
        /* Indexes of kinds that the caller brought cannot be carried over; it looks them up again. */
        if (state == READER_LOST || (state == READER_CHANGED && c.kinds != 0))
            break;
        if (c.profile >= 0 && profile < 0) {
            decision_clear(out, CARDEA_NOT_FOUND); /* a profile that is gone has no keys */
            return;
        }
        c.profile = profile;
    }
    decision_clear(out, CARDEA_STALE);
}

void cardea_verify_any(struct cardea_reader *r, const struct cardea_check *check, struct cardea_decision *out)
{
    struct cardea_check legacy = *check;
    struct cardea_decision second;
    cardea_verify(r, check, out);
    if (out->code != CARDEA_MALFORMED && out->code != CARDEA_NOT_FOUND)
        return;
    legacy.legacy = true;
    cardea_verify(r, &legacy, &second);
    if (second.key_id != 0)
        *out = second;
}
