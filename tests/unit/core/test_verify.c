/* test_verify.c - a key and what it is wanted for; limits; what a reader does when the file moves or goes. */
#include "rig.h"

#include <sys/stat.h>
#include <unistd.h>

struct world {
    struct rig rig;
    struct cardea_reader *r;
    struct cardea_secret key;
    struct cardea_decision d;
};

static void begin(struct world *w, bool recording)
{
    rig_begin(&w->rig);
    rig_write(&w->rig);
    rig_fill(&w->rig);
    if (recording)
        rig_record(&w->rig);
    w->r = rig_reader(&w->rig);
}

static void end(struct world *w)
{
    cardea_reader_free(w->r);
    rig_end(&w->rig);
}

/* `check` with the named key; returns the code. */
static enum cardea_code ask(struct world *w, const char *name, struct cardea_check check)
{
    rig_key(&w->rig, name, &w->key);
    check.key = cardea_secret_reveal(&w->key);
    if (check.now.boot_ns == 0)
        check.now = rig_time();
    cardea_verify(w->r, &check, &w->d);
    return w->d.code;
}

#define ASK(name, ...) ask(&w, name, (struct cardea_check){__VA_ARGS__})

static void what_a_key_is_wanted_for(void **state)
{
    struct world w;
    begin(&w, false);
    assert_int_equal(ASK("reader", .scope = S("corpus:read")), CARDEA_VALID);
    assert_int_equal(ASK("reader", .scope = S("corpus:write")), CARDEA_INSUFFICIENT_SCOPE);
    assert_int_equal(w.d.missing_scope, 1);
    assert_int_equal(ASK("all", .scope = S("no:such")), CARDEA_INSUFFICIENT_SCOPE);
    assert_int_equal(w.d.missing_scope, -1);
    assert_int_equal(ASK("all", .scope = S("*")), CARDEA_INSUFFICIENT_SCOPE);
    assert_int_equal(ASK("reader", .account = S("acme-co"), .account_id = 1), CARDEA_VALID);
    assert_int_equal(ASK("reader", .account = S("globex")), CARDEA_WRONG_ACCOUNT);
    assert_int_equal(ASK("reader", .account_id = 2), CARDEA_WRONG_ACCOUNT);
    assert_int_equal(ASK("reader", .account = S("acme-co"), .account_id = 2), CARDEA_WRONG_ACCOUNT);
    assert_int_equal(ASK("root", .account_id = 2), CARDEA_VALID);
    assert_int_equal(ASK("scout", .agent = S("scout"), .agent_id = 20), CARDEA_VALID);
    assert_int_equal(ASK("scout", .agent_id = 22), CARDEA_WRONG_AGENT);
    assert_int_equal(ASK("scout", .agent = S("scou")), CARDEA_WRONG_AGENT);
    assert_int_equal(ASK("follow-admin", .min_role = CARDEA_ROLE_ADMIN), CARDEA_VALID);
    assert_int_equal(w.d.role, CARDEA_ROLE_ADMIN);
    assert_int_equal(w.d.user_id, 10);
    assert_int_equal(ASK("follow-admin", .min_role = CARDEA_ROLE_OWNER), CARDEA_INSUFFICIENT_ROLE);
    assert_int_equal(ASK("reader", .kinds = 1u << RIG_TOKEN), CARDEA_VALID);
    assert_int_equal(ASK("reader", .kinds = 1u << RIG_ROOT), CARDEA_INSUFFICIENT_SCOPE);
    assert_int_equal(ASK("server", .from_browser = true), CARDEA_CLIENT_SIDE);
    assert_int_equal(ASK("old", .legacy = true), CARDEA_VALID);
    assert_int_equal(ASK("old", .legacy = false), CARDEA_MALFORMED);
    assert_int_equal(ASK("reader", .legacy = true), CARDEA_NOT_FOUND);
    end(&w);
}

static void keys_of_any_profile(void **state)
{
    struct world w;
    begin(&w, false);
    /* both begin with ak_: told apart by digest */
    assert_int_equal(ASK("scout", .profile = CARDEA_ANY_PROFILE), CARDEA_VALID);
    assert_int_equal(w.d.profile, 0);
    assert_int_equal(ASK("other", .profile = CARDEA_ANY_PROFILE), CARDEA_VALID);
    assert_int_equal(w.d.profile, 1);
    assert_int_equal(ASK("other", .profile = 0), CARDEA_NOT_FOUND);
    assert_int_equal(w.d.key_id, 0);
    assert_int_equal(ASK("other", .profile = 1), CARDEA_VALID);
    assert_int_equal(ASK("reader", .profile = 5), CARDEA_MALFORMED);
    assert_int_equal(ASK("unknown", .profile = CARDEA_ANY_PROFILE), CARDEA_NOT_FOUND);
    assert_int_equal(ASK("unknown-old", .profile = CARDEA_ANY_PROFILE), CARDEA_MALFORMED);
    assert_int_equal(ASK("unknown-old", .profile = CARDEA_ANY_PROFILE, .legacy = true), CARDEA_NOT_FOUND);
    assert_int_equal(ASK("old", .profile = CARDEA_ANY_PROFILE, .legacy = true), CARDEA_VALID);
    struct cardea_check none = {.now = rig_time()};
    cardea_verify(w.r, &none, &w.d);
    assert_int_equal(w.d.code, CARDEA_MISSING);
    char text[CARDEA_KEY_MAX + 1];
    memset(text, 'x', sizeof text);
    none.key = (struct cardea_str){text, sizeof text};
    none.legacy = true;
    cardea_verify(w.r, &none, &w.d);
    assert_int_equal(w.d.code, CARDEA_MALFORMED);
    end(&w);
}

static void limits_are_drawn_on_grants_only(void **state)
{
    struct world w;
    begin(&w, true);
    assert_int_equal(cardea_activity_grant_credits(w.rig.activity, 131, 10), CARDEA_OK);
    assert_int_equal(ASK("both", .cost = 0), CARDEA_VALID);
    assert_true(w.d.limited);
    assert_int_equal(w.d.rate_remaining, 3);
    assert_int_equal(w.d.credits_remaining, 10);
    assert_int_equal(ASK("both", .cost = 1, .scope = S("corpus:write")), CARDEA_INSUFFICIENT_SCOPE);
    assert_int_equal(ASK("both", .cost = 2), CARDEA_VALID);
    assert_int_equal(w.d.rate_remaining, 1);
    assert_int_equal(w.d.credits_remaining, 8);
    assert_int_equal(ASK("both", .cost = 2), CARDEA_RATE_LIMITED);
    assert_int_equal(w.d.retry_after_ms, 20000);
    assert_int_equal(ASK("both", .cost = 1), CARDEA_VALID);
    assert_int_equal(w.d.credits_remaining, 7);
    assert_int_equal(w.d.rate_reset_ms, 60000);
    /* credits gone: the tokens that were taken come back */
    assert_int_equal(cardea_activity_grant_credits(w.rig.activity, 131, 4), CARDEA_OK);
    struct cardea_time later = rig_time();
    later.boot_ns += UINT64_C(60000000000);
    assert_int_equal(ASK("both", .cost = 2, .now = later), CARDEA_CREDITS_EXHAUSTED);
    assert_int_equal(w.d.credits_remaining, 1);
    assert_int_equal(ASK("both", .cost = 0, .now = later), CARDEA_VALID);
    assert_int_equal(w.d.rate_remaining, 3);
    struct cardea_activity_slot slot;
    assert_int_equal(cardea_activity_read(w.rig.activity, 131, 1, &slot), CARDEA_OK);
    assert_int_equal(slot.uses, 2);
    assert_int_equal(slot.denials, 3);
    assert_int_equal(slot.credits_drawn, 3);
    assert_int_equal(slot.credits_granted, 4);
    assert_int_equal(slot.last_used, RIG_NOW);
    end(&w);
}

static uint64_t uses_of(struct world *w, uint32_t ordinal)
{
    struct cardea_activity_slot slot;
    assert_int_equal(cardea_activity_read(w->rig.activity, ordinal, 1, &slot), CARDEA_OK);
    return slot.uses;
}

static void grants_can_be_counted_later(void **state)
{
    struct world w;
    struct cardea_why why;
    begin(&w, true);
    cardea_reader_free(w.r);
    struct cardea_reader_options o = {.path = w.rig.path, .activity_dir = w.rig.dir, .count_later = true};
    assert_int_equal(cardea_reader_open(&w.r, &o, &why), CARDEA_OK);
    assert_int_equal(ASK("reader", .cost = 1), CARDEA_VALID);
    uint32_t reader = w.d.ordinal;
    assert_int_equal(uses_of(&w, reader), 0);
    assert_int_equal(ASK("reader", .cost = 0), CARDEA_VALID);
    cardea_reader_flush(w.r);
    cardea_reader_flush(w.r);
    assert_int_equal(uses_of(&w, reader), 1);
    /* what is drawn from is drawn at once */
    assert_int_equal(cardea_activity_grant_credits(w.rig.activity, 131, 10), CARDEA_OK);
    assert_int_equal(ASK("both", .cost = 2), CARDEA_VALID);
    assert_int_equal(uses_of(&w, 131), 1);
    /* no more of them wait than there is room for, and none beyond the reader's end */
    for (int i = 0; i < 65; i++)
        assert_int_equal(ASK("reader", .cost = 1), CARDEA_VALID);
    assert_int_equal(uses_of(&w, reader), 65);
    cardea_reader_free(w.r);
    assert_int_equal(uses_of(&w, reader), 66);
    w.r = NULL;
    end(&w);
}

static void a_reader_follows_the_writer(void **state)
{
    struct world w;
    bool adopted;
    struct cardea_why why;
    begin(&w, false);
    int other = cardea_reader_profile_named(w.r, S("other"));
    assert_int_equal(other, 1);
    assert_int_equal(cardea_reader_profile_of_host(w.r, S("API.acme.example:8080")), 0);
    assert_int_equal(cardea_reader_profile_of_host(w.r, S("other.localhost")), 1);
    assert_int_equal(cardea_reader_profile_of_host(w.r, S("other.localhost:")), 1);
    assert_int_equal(cardea_reader_profile_of_host(w.r, S("[::1]:80")), -1);
    assert_int_equal(cardea_reader_profile_of_host(w.r, (struct cardea_str){NULL, 0}), -1);
    assert_int_equal(cardea_reader_profile_count(w.r), 2);
    assert_null(cardea_reader_profile(w.r, 2));
    /* the profiles change places: an index that the caller holds is carried over by name */
    cardea_writer_free(w.rig.w);
    w.rig.list[0] = &w.rig.profiles[1];
    w.rig.list[1] = &w.rig.profiles[0];
    struct cardea_writer_options o = rig_options(&w.rig);
    assert_int_equal(cardea_writer_open(&w.rig.w, &o, &adopted, &why), CARDEA_OK);
    assert_false(adopted);
    struct cardea_account_entry a = {.id = 5, .profile = 0, .slug = S("acme-co")};
    assert_int_equal(cardea_writer_put_account(w.rig.w, &a), CARDEA_OK);
    struct cardea_key_entry e;
    rig_entry(&w.rig, "other", &e);
    assert_int_equal(cardea_writer_put_key(w.rig.w, &e), CARDEA_OK);
    assert_int_equal(ASK("other", .profile = 1), CARDEA_VALID);
    assert_int_equal(w.d.profile, 0);
    assert_int_equal(cardea_reader_profile_named(w.r, S("other")), 0);
    /* kinds cannot be: their numbers are another profile's now */
    cardea_writer_free(w.rig.w);
    w.rig.profiles[1].realm = "changed";
    assert_int_equal(cardea_writer_open(&w.rig.w, &o, &adopted, &why), CARDEA_OK);
    assert_int_equal(ASK("other", .profile = 0, .kinds = 1), CARDEA_STALE);
    assert_int_equal(ASK("other", .profile = 0, .kinds = 1), CARDEA_NOT_FOUND);
    /* a profile that is gone */
    cardea_writer_free(w.rig.w);
    o.profile_count = 1;
    assert_int_equal(cardea_writer_open(&w.rig.w, &o, &adopted, &why), CARDEA_OK);
    assert_int_equal(ASK("reader", .profile = 1), CARDEA_NOT_FOUND);
    end(&w);
}

static void without_a_file_nothing_is_granted(void **state)
{
    struct world w;
    bool adopted;
    struct cardea_why why = {""};
    struct cardea_reader *r;
    begin(&w, false);
    assert_int_equal(ASK("reader", .cost = 0), CARDEA_VALID);
    assert_int_equal(unlink(w.rig.path), 0);
    struct cardea_time now = rig_time();
    now.boot_ns += 999999999;
    assert_int_equal(ASK("reader", .now = now), CARDEA_VALID); /* one look a second */
    now.boot_ns += 1;
    assert_int_equal(ASK("reader", .now = now), CARDEA_STALE);
    assert_int_equal(ASK("reader", .now = now), CARDEA_STALE);
    struct cardea_reader_options o = {.path = w.rig.path};
    assert_int_equal(cardea_reader_open(&r, &o, &why), CARDEA_E_IO);
    /* and it comes back */
    cardea_writer_free(w.rig.w);
    struct cardea_writer_options wo = rig_options(&w.rig);
    assert_int_equal(cardea_writer_open(&w.rig.w, &wo, &adopted, &why), CARDEA_OK);
    assert_false(adopted);
    assert_int_equal(ASK("reader", .now = now), CARDEA_NOT_FOUND);
    rig_fill(&w.rig);
    assert_int_equal(ASK("reader", .now = now), CARDEA_VALID);
    /* superseded, and put back: it would never tell of a revocation */
    char aside[sizeof w.rig.path + 8];
    snprintf(aside, sizeof aside, "%s.aside", w.rig.path);
    assert_int_equal(link(w.rig.path, aside), 0);
    cardea_writer_free(w.rig.w);
    wo.fresh = true;
    assert_int_equal(cardea_writer_open(&w.rig.w, &wo, &adopted, &why), CARDEA_OK);
    assert_int_equal(rename(aside, w.rig.path), 0);
    assert_int_equal(ASK("reader", .now = now), CARDEA_STALE);
    /* superseded by something that is no snapshot */
    cardea_writer_free(w.rig.w);
    assert_int_equal(cardea_writer_open(&w.rig.w, &wo, &adopted, &why), CARDEA_OK);
    assert_int_equal(truncate(w.rig.path, 100), 0);
    assert_int_equal(ASK("reader", .now = now), CARDEA_STALE);
    cardea_writer_free(w.rig.w);
    w.rig.w = NULL;
    end(&w);
}

static void profiles_are_followed_before_a_decision(void **state)
{
    struct world w;
    struct cardea_why why;
    bool adopted;
    begin(&w, false);
    uint64_t first = cardea_reader_generation(w.r);
    cardea_reader_follow(w.r);
    assert_int_equal(cardea_reader_generation(w.r), first);
    cardea_writer_free(w.rig.w);
    w.rig.profiles[0].realm = "changed";
    struct cardea_writer_options o = rig_options(&w.rig);
    assert_int_equal(cardea_writer_open(&w.rig.w, &o, &adopted, &why), CARDEA_OK);
    assert_string_not_equal(cardea_reader_profile(w.r, 0)->realm, "changed");
    cardea_reader_follow(w.r);
    assert_string_equal(cardea_reader_profile(w.r, 0)->realm, "changed");
    /* to something that is no snapshot: the profiles stay, and nothing is granted */
    cardea_writer_free(w.rig.w);
    o.fresh = true;
    assert_int_equal(cardea_writer_open(&w.rig.w, &o, &adopted, &why), CARDEA_OK);
    assert_int_equal(truncate(w.rig.path, 100), 0);
    cardea_reader_follow(w.r);
    assert_string_equal(cardea_reader_profile(w.r, 0)->realm, "changed");
    assert_int_equal(ASK("reader", .cost = 0), CARDEA_STALE);
    cardea_writer_free(w.rig.w);
    w.rig.w = NULL;
    end(&w);
}

static void staleness_can_be_served(void **state)
{
    struct world w;
    struct cardea_reader *r;
    struct cardea_why why;
    bool adopted;
    begin(&w, false);
    cardea_writer_free(w.rig.w);
    struct cardea_writer_options wo = rig_options(&w.rig);
    wo.max_staleness_ms = 10;
    assert_int_equal(cardea_writer_open(&w.rig.w, &wo, &adopted, &why), CARDEA_OK);
    assert_int_equal(ASK("reader", .cost = 0), CARDEA_STALE);
    struct cardea_reader_options o = {.path = w.rig.path, .serve_stale = true};
    assert_int_equal(cardea_reader_open(&r, &o, &why), CARDEA_OK);
    assert_int_equal(rig_verify(r, &w.rig, "reader"), CARDEA_VALID);
    cardea_reader_free(r);
    cardea_writer_heartbeat(w.rig.w, rig_time());
    assert_int_equal(ASK("reader", .cost = 0), CARDEA_VALID);
    /* the floor never falls */
    assert_int_equal(cardea_writer_heartbeat(w.rig.w, (struct cardea_time){RIG_NOW + 50, RIG_BOOT_NS}), 0);
    assert_int_equal(cardea_writer_heartbeat(w.rig.w, (struct cardea_time){RIG_NOW - 50, RIG_BOOT_NS}), 100);
    assert_int_equal(ASK("lasting", .cost = 0), CARDEA_EXPIRED);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_key_is_wanted_for),
        cmocka_unit_test(keys_of_any_profile),
        cmocka_unit_test(limits_are_drawn_on_grants_only),
        cmocka_unit_test(grants_can_be_counted_later),
        cmocka_unit_test(a_reader_follows_the_writer),
        cmocka_unit_test(without_a_file_nothing_is_granted),
        cmocka_unit_test(profiles_are_followed_before_a_decision),
        cmocka_unit_test(staleness_can_be_served),
    };
    return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
