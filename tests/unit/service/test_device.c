/* Logging in by the browser, with a clock that the test moves: codes, names, waiting, ending. */
#include "service_rig.h"

#include "service/device.h"
#include "service/throttle.h"

static int64_t acme, ada;
static const struct profile *oanim;
static struct device_codes codes;
static struct device_reply reply;

static int setup(void **state)
{
    rig_setup(state);
    oanim = profile_set_find(&rig.profiles, STR("open-animate"));
    acme = rig_account("open-animate", "acme");
    ada = rig_user("ada@example.com", STR(""));
    rig_member(acme, ada, CARDEA_ROLE_MEMBER);
    rig.actor = (struct actor){.kind = ACTOR_NOBODY, .profile = -1};
    rig.source = STR("192.0.2.1");
    return 0;
}

/* ---- units ---- */

static enum service_err start_unit(struct service_call *c, void *arg)
{
    return service_device_start(c, oanim, STR("oanim on laptop"), &codes);
}

static enum service_err redeem_unit(struct service_call *c, void *arg)
{
    return service_device_redeem(c, arg, codes.device_code, &reply);
}

static enum device_answer ask(void)
{
    rig.actor = (struct actor){.kind = ACTOR_NOBODY, .profile = -1};
    assert_done(rig_run(redeem_unit, (void *)(uintptr_t)oanim));
    return reply.answer;
}

static struct device_view view;

static enum service_err find(struct cardea_str typed)
{
    rig.actor = (struct actor){.kind = ACTOR_NOBODY, .profile = -1};
    return service_device_find(rig_call(), oanim, typed, &view);
}

struct approval {
    int64_t user_id, account_id;
    bool full;
};

static enum service_err approve_unit(struct service_call *c, void *arg)
{
    struct approval *a = arg;
    return service_device_approve(c, &view.grant.device_code, a->user_id, a->account_id, &a->full);
}

static enum service_err deny_unit(struct service_call *c, void *arg)
{
    return service_device_deny(c, &view.grant.device_code);
}

static void begin(void)
{
    assert_done(rig_run(start_unit, NULL));
    assert_done(find(str_of(codes.user_code.text)));
}

/* ---- codes and names ---- */

static void codes_are_consonants(void **state)
{
    unsigned counts[128] = {0};
    for (int i = 0; i < 5000; i++) {
        struct device_user_code code, again;
        assert_true(device_user_code_make(cardea_random_system, NULL, &code));
        assert_int_equal(strlen(code.text), 9);
        assert_int_equal(code.text[4], '-');
        assert_true(device_user_code_read(str_of(code.text), &again));
        assert_string_equal(again.text, code.text);
        for (int k = 0; k < 9; k++)
            counts[(unsigned char)code.text[k]]++;
    }
    for (const char *p = "BCDFGHJKLMNPQRSTVWXZ"; *p; p++) {
        /* 40,000 letters, 2,000 of each: a standard deviation is 44 */
        assert_in_range(counts[(unsigned char)*p], 1700, 2300);
        counts[(unsigned char)*p] = 0;
    }
    counts['-'] = 0;
    for (int i = 0; i < 128; i++)
        assert_int_equal(counts[i], 0);
}

static bool no_randomness(void *arg, void *out, size_t len)
{
    return false;
}

static void without_randomness_there_is_no_code(void **state)
{
    struct device_user_code code;
    assert_false(device_user_code_make(no_randomness, NULL, &code));
}

static void codes_are_read_as_people_type_them(void **state)
{
    static const char *const good[] = {"BCDF-GHJK",   "bcdf-ghjk",       "bcdfghjk",
                                       " BCDF GHJK ", "b-c-d-f-g-h-j-k", "BCDF\tGHJK"};
    static const char *const bad[] = {"",          "BCDF-GHJ",  "BCDF-GHJKL", "ACDF-GHJK",
                                      "BCDF-GHJ1", "BCDF_GHJK", "BCDF-GHJK\n"};
    struct device_user_code code;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(device_user_code_read(str_of(good[i]), &code));
        assert_string_equal(code.text, "BCDF-GHJK");
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(device_user_code_read(str_of(bad[i]), &code));
    assert_false(device_user_code_read((struct cardea_str){"BCDF\0GHJK", 9}, &code));
}

static void names_are_made_fit_to_be_shown(void **state)
{
    static const struct {
        const char *said, *shown;
    } rows[] = {
        {"oanim on laptop", "oanim on laptop"},
        {"", "it"},
        {" \t\xc2\xa0\xe3\x80\x80", "it"},
        {"\xe2\x80\xae\xe2\x80\x8f", "it"},
        {"gnp\xe2\x80\xae.exe", "gnp.exe"}, /* U+202E turns the direction */
        {"a\xe2\x81\xa6"
         "b\xe2\x81\xa9"
         "c",
         "abc"}, /* isolates do too */
        {"a\xf3\xa0\x81\x81"
         "b",
         "ab"}, /* a tag */
        {"a\xef\xb8\x8f"
         "b",
         "ab"}, /* a variation selector */
        {"a \n\n\xe2\x80\xa8 b", "a b"},
        {"\x1b[1mx", "[1mx"},
        {"a\xff"
         "b\xc3",
         "ab"},
        {"\xf0\x9f\x92\xbb \xd0\x96", "\xf0\x9f\x92\xbb \xd0\x96"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_text(device_client_text(&rig.arena, str_of(rows[i].said), STR("it")), rows[i].shown);
    char text[1000];
    memset(text, 'x', sizeof(text));
    text[DEVICE_CLIENT_MAX - 1] = ' ';
    assert_int_equal(device_client_text(&rig.arena, (struct cardea_str){text, sizeof(text)}, STR("it")).len,
                     DEVICE_CLIENT_MAX - 1);
    for (size_t i = 0; i + 4 <= sizeof(text); i += 4)
        memcpy(text + i, "\xf0\x9f\x92\xbb", 4);
    assert_int_equal(device_client_text(&rig.arena, (struct cardea_str){text, sizeof(text)}, STR("it")).len,
                     4 * DEVICE_CLIENT_MAX);
}

/* ---- the way of a request ---- */

static void allowed_it_makes_one_key(void **state)
{
    struct approval a = {ada, acme, true};
    begin();
    assert_text(view.grant.client, "oanim on laptop");
    assert_int_equal(ask(), DEVICE_PENDING);
    assert_done(rig_run(approve_unit, &a));
    assert_false(a.full);
    assert_int_equal(ask(), DEVICE_KEY);
    assert_true(reply.secret.len > 0);
    assert_int_equal(reply.key.row.user_id, ada);
    assert_int_equal(reply.key.row.account_id, acme);
    assert_text(reply.key.row.name, "oanim on laptop");
    assert_int_equal(ask(), DEVICE_UNKNOWN);
    assert_int_equal(reply.secret.len, 0);
    assert_refused(find(str_of(codes.user_code.text)), SERVICE_NOTFOUND, "not_found");
    assert_refused(rig_run(approve_unit, &a), SERVICE_NOTFOUND, "not_found");
}

static void time_ends_it(void **state)
{
    struct approval a = {ada, acme, false};
    begin();
    rig.now += DEVICE_TTL_SEC - 1;
    assert_done(find(str_of(codes.user_code.text)));
    assert_int_equal(ask(), DEVICE_PENDING);
    rig.now += 1;
    assert_int_equal(ask(), DEVICE_EXPIRED);
    assert_int_equal(ask(), DEVICE_EXPIRED);
    assert_refused(find(str_of(codes.user_code.text)), SERVICE_NOTFOUND, "not_found");
    assert_refused(rig_run(approve_unit, &a), SERVICE_NOTFOUND, "not_found");
    assert_refused(rig_run(deny_unit, NULL), SERVICE_NOTFOUND, "not_found");
    assert_int_equal(ask(), DEVICE_EXPIRED);
}

static void allowed_in_time_and_asked_too_late(void **state)
{
    struct approval a = {ada, acme, false};
    begin();
    assert_done(rig_run(approve_unit, &a));
    rig.now += DEVICE_TTL_SEC;
    assert_int_equal(ask(), DEVICE_EXPIRED);
    assert_int_equal(reply.secret.len, 0);
}

static void denied_it_stays_denied(void **state)
{
    struct approval a = {ada, acme, false};
    begin();
    assert_done(rig_run(deny_unit, NULL));
    assert_int_equal(ask(), DEVICE_DENIED);
    assert_refused(rig_run(approve_unit, &a), SERVICE_NOTFOUND, "not_found");
    assert_int_equal(ask(), DEVICE_DENIED);
}

/* Five seconds more each time, up to a bound; then nothing is written, and waiting long enough helps. */
static void haste_makes_it_wait(void **state)
{
    begin();
    assert_int_equal(ask(), DEVICE_PENDING);
    rig.now += 4;
    assert_int_equal(ask(), DEVICE_SLOW_DOWN); /* 10 */
    rig.now += 9;
    assert_int_equal(ask(), DEVICE_SLOW_DOWN); /* 15 */
    rig.now += 15;
    assert_int_equal(ask(), DEVICE_PENDING);
    for (int i = 0; i < 100; i++)
        assert_int_equal(ask(), DEVICE_SLOW_DOWN);
    assert_done(find(str_of(codes.user_code.text)));
    assert_int_equal(view.grant.interval_sec, DEVICE_INTERVAL_MAX_SEC);
    rig.now += DEVICE_INTERVAL_MAX_SEC;
    assert_int_equal(ask(), DEVICE_PENDING);
}

static void it_is_one_product_s(void **state)
{
    const struct profile *other = profile_set_find(&rig.profiles, STR("animam"));
    begin();
    assert_refused(service_device_find(rig_call(), other, str_of(codes.user_code.text), &view), SERVICE_NOTFOUND,
                   "not_found");
    assert_done(rig_run(redeem_unit, (void *)(uintptr_t)other));
    assert_int_equal(reply.answer, DEVICE_UNKNOWN);
    assert_int_equal(ask(), DEVICE_PENDING);
    /* Nor is it allowed in another product's account. */
    struct approval a = {ada, rig_account("animus", "acme"), false};
    rig_member(a.account_id, ada, CARDEA_ROLE_OWNER);
    assert_done(find(str_of(codes.user_code.text)));
    assert_refused(rig_run(approve_unit, &a), SERVICE_FORBIDDEN, "forbidden");
    assert_int_equal(ask(), DEVICE_SLOW_DOWN);
}

static void only_who_may_make_keys_allows_it(void **state)
{
    struct approval a = {ada, acme, false};
    begin();
    rig_member(acme, ada, CARDEA_ROLE_VIEWER);
    assert_refused(rig_run(approve_unit, &a), SERVICE_FORBIDDEN, "forbidden");
    rig_member(acme, ada, CARDEA_ROLE_NONE);
    assert_refused(rig_run(approve_unit, &a), SERVICE_UNAUTHENTICATED, "unauthenticated");
    assert_int_equal(ask(), DEVICE_PENDING);
    rig_member(acme, ada, CARDEA_ROLE_MEMBER);
    assert_done(rig_run(approve_unit, &a));
    rig_member(acme, ada, CARDEA_ROLE_VIEWER); /* and still may when it is made */
    assert_int_equal(ask(), DEVICE_REFUSED);
    assert_int_equal(reply.secret.len, 0);
    assert_int_equal(ask(), DEVICE_UNKNOWN);
}

static void a_full_account_hears_what_could_go(void **state)
{
    struct approval a = {ada, acme, false};
    struct store_key keys[10];
    for (int i = 0; i < 10; i++) {
        char name[8];
        snprintf(name, sizeof(name), "k%d", i);
        keys[i] = rig_key(acme, ada, "key", name, "");
        keys[i].last_used_at = i == 4 ? 0 : rig.now - 100 * i;
        rig_key_update(&keys[i]);
    }
    begin();
    assert_done(rig_run(approve_unit, &a));
    assert_true(a.full);
    assert_int_equal(ask(), DEVICE_LIMIT);
    assert_int_equal(reply.secret.len, 0);
    assert_int_equal(reply.unused_count, DEVICE_UNUSED_MAX);
    static const int order[] = {4, 9, 8, 7, 6, 5, 3, 2, 1, 0};
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(reply.unused[i].row.id, keys[order[i]].id);
    assert_int_equal(ask(), DEVICE_UNKNOWN);
}

/* ---- how often ---- */

static void wrong_codes_are_counted_and_right_ones_do_not_help(void **state)
{
    begin();
    for (unsigned i = 0; i < throttle_user_code.max; i++) {
        assert_refused(find(STR("BCDF-GHJK")), SERVICE_NOTFOUND, "not_found");
        if (i + 1 < throttle_user_code.max)
            assert_done(find(str_of(codes.user_code.text)));
        assert_refused(find(STR("no code")), SERVICE_INVALID, "invalid_request"); /* nothing was looked up */
    }
    assert_refused(find(str_of(codes.user_code.text)), SERVICE_BUSY, "busy");
    assert_int_equal(rig.call.retry_after_sec, throttle_user_code.window_sec);
    rig.source = STR("192.0.2.2");
    assert_done(find(str_of(codes.user_code.text)));
}

static void questions_are_counted_and_bounded(void **state)
{
    for (unsigned i = 0; i < throttle_device_code.max; i++)
        assert_done(rig_run(start_unit, NULL));
    assert_refused(rig_run(start_unit, NULL), SERVICE_BUSY, "busy");
    for (unsigned i = throttle_device_code.max; i < DEVICE_PENDING_MAX; i++) {
        char source[32];
        int len = snprintf(source, sizeof(source), "198.51.%u.%u", i / 250, i % 250);
        rig.source = (struct cardea_str){source, (size_t)len};
        assert_done(rig_run(start_unit, NULL));
    }
    rig.source = STR("203.0.113.1");
    assert_refused(rig_run(start_unit, NULL), SERVICE_BUSY, "busy");
    rig.now += DEVICE_TTL_SEC;
    assert_done(rig_run(start_unit, NULL));
}

static void rules_count_apart_and_networks_together(void **state)
{
    struct throttle *t = throttle_new(cardea_random_system, NULL);
    struct cardea_str none = {0};
    for (unsigned i = 0; i < throttle_user_code.max; i++)
        assert_int_equal(throttle_attempt(t, &throttle_user_code, none, STR("2001:db8::1"), rig.now), 0);
    assert_int_not_equal(throttle_attempt(t, &throttle_user_code, none, STR("2001:db8::2"), rig.now), 0);
    assert_int_not_equal(throttle_attempt(t, &throttle_user_code, none, STR("2001:db8:0:0:ffff::"), rig.now), 0);
    assert_int_equal(throttle_attempt(t, &throttle_user_code, none, STR("2001:db8:0:1::1"), rig.now), 0);
    assert_int_equal(throttle_attempt(t, &throttle_login, none, STR("2001:db8::1"), rig.now), 0);
    throttle_undo(t, &throttle_user_code, none, STR("2001:db8::3"));
    assert_int_equal(throttle_attempt(t, &throttle_user_code, none, STR("2001:db8::4"), rig.now), 0);
    assert_int_not_equal(throttle_attempt(t, &throttle_user_code, none, STR("2001:db8::4"), rig.now), 0);
    throttle_free(t);
}

#define test(function) cmocka_unit_test_setup_teardown(function, setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(codes_are_consonants),
        test(without_randomness_there_is_no_code),
        test(codes_are_read_as_people_type_them),
        test(names_are_made_fit_to_be_shown),
        test(allowed_it_makes_one_key),
        test(time_ends_it),
        test(allowed_in_time_and_asked_too_late),
        test(denied_it_stays_denied),
        test(haste_makes_it_wait),
        test(it_is_one_product_s),
        test(only_who_may_make_keys_allows_it),
        test(a_full_account_hears_what_could_go),
        test(wrong_codes_are_counted_and_right_ones_do_not_help),
        test(questions_are_counted_and_bounded),
        test(rules_count_apart_and_networks_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
