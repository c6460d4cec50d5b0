/* Logging in, staying in, being put out. */
#include "service_rig.h"

#include "service/password.h"
#include "service/throttle.h"

static int64_t acme, other, ada;
static struct cardea_str jwt;

#define EMAIL    STR("ada@example.com")
#define PASSWORD STR("correct horse battery")

/* Hashing is slow: once for all tests. */
static char hash[256];

static int setup(void **state)
{
    rig_setup(state);
    if (!hash[0]) {
        struct cardea_str made;
        assert_done(service_password_hash(rig_call(), PASSWORD, &made));
        snprintf(hash, sizeof(hash), "%.*s", STR_ARG(made));
    }
    acme = rig_account("shop", "acme");
    other = rig_account("animus", "acme");
    ada = rig_user("ada@example.com", str_of(hash));
    rig_member(acme, ada, CARDEA_ROLE_ADMIN);
    rig.actor = (struct actor){.kind = ACTOR_NOBODY, .profile = -1};
    return 0;
}

static struct session_login login;

static enum service_err check(struct cardea_str email, struct cardea_str password, const char *account)
{
    rig.actor = (struct actor){.kind = ACTOR_NOBODY, .profile = -1};
    return service_session_check(rig_call(), email, password, str_of(account), STR(""), &login);
}

static enum service_err start_unit(struct service_call *c, void *arg)
{
    struct session_view view;
    enum service_err err = service_session_start(c, &login, 3600, &view);
    if (err == SERVICE_OK) {
        jwt = view.jwt;
        assert_int_equal(view.expires_at, rig.now + 3600);
    }
    return err;
}

static enum service_err authenticate(void)
{
    rig.actor = (struct actor){.kind = ACTOR_NOBODY, .profile = -1};
    enum service_err err = service_session_authenticate(rig_call(), jwt);
    rig.actor = rig.call.actor;
    return err;
}

static void log_in(void)
{
    assert_done(check(EMAIL, PASSWORD, "shop/acme"));
    assert_done(rig_run(start_unit, NULL));
}

static void a_right_password_opens(void **state)
{
    assert_done(check(EMAIL, PASSWORD, ""));
    assert_int_equal(login.account_id, acme);
    assert_int_equal(login.role, CARDEA_ROLE_ADMIN);
    assert_done(check(STR("ADA@Example.com"), PASSWORD, ""));
    assert_done(rig_run(start_unit, NULL));
    assert_done(authenticate());
    assert_int_equal(rig.actor.kind, ACTOR_USER);
    assert_int_equal(rig.actor.user_id, ada);
    assert_int_equal(rig.actor.account_id, acme);
    assert_int_equal(rig.actor.role, CARDEA_ROLE_ADMIN);
    assert_int_equal(rig.actor.profile, profile_set_index(&rig.profiles, STR("shop")));
}

static void every_refusal_looks_the_same(void **state)
{
    char long_text[200];
    memset(long_text, 'x', sizeof(long_text));
    const struct {
        struct cardea_str email, password;
    } rows[] = {
        {EMAIL, STR("wrong")},
        {EMAIL, STR("")},
        {EMAIL, STR("correct horse batter")},
        {EMAIL, STR("Correct horse battery")},
        {STR("nobody@example.com"), PASSWORD},
        {STR(""), PASSWORD},
        {{long_text, sizeof(long_text)}, PASSWORD},
        {EMAIL, {long_text, sizeof(long_text)}},
    };
    char message[200] = "";
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_refused(check(rows[i].email, rows[i].password, ""), SERVICE_UNAUTHENTICATED, "unauthenticated");
        if (message[0])
            assert_string_equal(rig.call.message, message);
        snprintf(message, sizeof(message), "%s", rig.call.message);
    }
}

/* The least of several: others on the same core can only lengthen it. */
static int64_t time_of_check(struct cardea_str email, struct cardea_str password)
{
    int64_t least = INT64_MAX;
    for (int i = 0; i < 3; i++) {
        struct timespec a, b;
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
        check(email, password, "");
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
        int64_t took = (b.tv_sec - a.tv_sec) * INT64_C(1000000000) + b.tv_nsec - a.tv_nsec;
        least = took < least ? took : least;
    }
    return least;
}

/* Argon2id takes tens of milliseconds, a look-up microseconds: a factor of two tells them apart for certain. */
static void an_unknown_email_costs_the_same(void **state)
{
    check(STR("warm@example.com"), PASSWORD, "");
    int64_t wrong = time_of_check(EMAIL, STR("wrong")), unknown = time_of_check(STR("nobody@example.com"), PASSWORD);
    assert_true(wrong > 5000000);
    assert_true(unknown > wrong / 2 && wrong > unknown / 2);
}

static void several_accounts_are_asked_about(void **state)
{
    rig_member(other, ada, CARDEA_ROLE_VIEWER);
    assert_refused(check(EMAIL, PASSWORD, ""), SERVICE_CONFLICT, "account_required");
    assert_int_equal(login.choice_count, 2);
    assert_refused(check(EMAIL, PASSWORD, "acme"), SERVICE_CONFLICT, "account_required");
    assert_done(check(EMAIL, PASSWORD, "animus/acme"));
    assert_int_equal(login.account_id, other);
    assert_int_equal(login.role, CARDEA_ROLE_VIEWER);
    assert_done(check(EMAIL, PASSWORD, rig_id("acc", acme).ptr));
    assert_int_equal(login.account_id, acme);
    int64_t foreign = rig_account("shop", "foreign");
    assert_refused(check(EMAIL, PASSWORD, "foreign"), SERVICE_FORBIDDEN, "forbidden");
    assert_refused(check(EMAIL, PASSWORD, rig_id("acc", foreign).ptr), SERVICE_FORBIDDEN, "forbidden");
    assert_refused(check(EMAIL, PASSWORD, "nothing"), SERVICE_FORBIDDEN, "forbidden");
    /* Who may choose is known only to who knows the password. */
    assert_refused(check(EMAIL, STR("wrong"), ""), SERVICE_UNAUTHENTICATED, "unauthenticated");
    assert_int_equal(login.choice_count, 0);
}

static void nobody_s_member_gets_nowhere(void **state)
{
    rig_member(acme, ada, CARDEA_ROLE_NONE);
    assert_refused(check(EMAIL, PASSWORD, ""), SERVICE_FORBIDDEN, "forbidden");
}

static void a_role_is_as_of_now(void **state)
{
    log_in();
    rig_member(acme, ada, CARDEA_ROLE_VIEWER);
    assert_done(authenticate());
    assert_int_equal(rig.actor.role, CARDEA_ROLE_VIEWER);
    rig_member(acme, ada, CARDEA_ROLE_NONE);
    assert_refused(authenticate(), SERVICE_UNAUTHENTICATED, "unauthenticated");
}

static enum service_err disable_unit(struct service_call *c, void *arg)
{
    struct user_patch patch = {.has_disabled = true, .disabled = *(bool *)arg};
    struct store_user row;
    return service_user_patch(c, rig_id("usr", ada), &patch, &row);
}

static void disabling_ends_sessions_for_good(void **state)
{
    bool disabled = true;
    log_in();
    rig_as_root();
    assert_done(rig_run(disable_unit, &disabled));
    assert_refused(authenticate(), SERVICE_UNAUTHENTICATED, "unauthenticated");
    assert_refused(check(EMAIL, PASSWORD, ""), SERVICE_UNAUTHENTICATED, "unauthenticated");
    disabled = false;
    rig_as_root();
    assert_done(rig_run(disable_unit, &disabled));
    assert_refused(authenticate(), SERVICE_UNAUTHENTICATED, "unauthenticated");
    assert_done(check(EMAIL, PASSWORD, ""));
}

/* Between the password's check and the session's begin, on another thread, time goes by. */
static void much_may_happen_while_hashing(void **state)
{
    bool disabled = true;
    assert_done(check(EMAIL, PASSWORD, ""));
    rig_as_root();
    assert_done(rig_run(disable_unit, &disabled));
    assert_refused(rig_run(start_unit, NULL), SERVICE_UNAUTHENTICATED, "unauthenticated");
}

static enum service_err end_unit(struct service_call *c, void *arg)
{
    return service_session_end(c);
}

static void a_session_ends(void **state)
{
    log_in();
    assert_done(authenticate());
    assert_done(rig_run(end_unit, NULL));
    assert_refused(authenticate(), SERVICE_UNAUTHENTICATED, "unauthenticated");
    log_in();
    rig.now += 3599;
    assert_done(authenticate());
    rig.now += 1;
    assert_refused(authenticate(), SERVICE_UNAUTHENTICATED, "unauthenticated");
}

static void it_outlives_a_restart(void **state)
{
    log_in();
    rig_stop();
    rig_start();
    assert_done(authenticate());
}

static void guessing_is_slowed_down(void **state)
{
    rig.source = STR("192.0.2.1");
    for (int i = 0; i < (int)throttle_login.max; i++)
        assert_refused(check(EMAIL, STR("wrong"), ""), SERVICE_UNAUTHENTICATED, "unauthenticated");
    rig.now += 100;
    assert_refused(check(EMAIL, PASSWORD, ""), SERVICE_BUSY, "busy"); /* even the right one, now */
    assert_int_equal(rig.call.retry_after_sec, throttle_login.window_sec - 100);
    assert_refused(check(STR("ADA@example.com"), PASSWORD, ""), SERVICE_BUSY, "busy");
    rig.source = STR("192.0.2.2"); /* the owner, at home */
    assert_done(check(EMAIL, PASSWORD, ""));
    rig.source = STR("192.0.2.1");
    rig.now += throttle_login.window_sec - 100;
    assert_done(check(EMAIL, PASSWORD, ""));
}

static void a_success_forgets_failures(void **state)
{
    struct throttle *t = throttle_new(cardea_random_system, NULL);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < (int)throttle_login.max; i++)
            assert_int_equal(throttle_attempt(t, &throttle_login, EMAIL, STR("x"), rig.now), 0);
        assert_int_not_equal(throttle_attempt(t, &throttle_login, EMAIL, STR("x"), rig.now), 0);
        throttle_passed(t, &throttle_login, EMAIL, STR("x"));
    }
    throttle_free(t);
}

/* A flood of other names does not free the one that is being guessed at, as long as it is not many times the table. */
static void a_flood_keeps_its_bounds(void **state)
{
    struct throttle *t = throttle_new(cardea_random_system, NULL);
    for (int i = 0; i < 100 * THROTTLE_SLOTS; i++) {
        char email[32];
        int len = snprintf(email, sizeof(email), "u%d@example.com", i);
        throttle_attempt(t, &throttle_login, (struct cardea_str){email, (size_t)len}, STR("x"), rig.now + i / 1000);
    }
    assert_int_equal(throttle_attempt(t, &throttle_login, EMAIL, STR("x"), rig.now), 0);
    throttle_free(t);
}

static void passwords_have_a_rule(void **state)
{
    char text[USER_PASSWORD_MAX + 1];
    memset(text, 'x', sizeof(text));
    struct cardea_str made;
    assert_refused(service_password_hash(rig_call(), (struct cardea_str){text, 7}, &made), SERVICE_INVALID,
                   "invalid_request");
    assert_refused(service_password_hash(rig_call(), (struct cardea_str){text, 129}, &made), SERVICE_INVALID,
                   "invalid_request");
    assert_refused(service_password_hash(rig_call(), STR("eight\xff\xff\xff"), &made), SERVICE_INVALID,
                   "invalid_request");
    assert_done(service_password_hash(rig_call(), (struct cardea_str){text, 128}, &made));
    assert_true(str_starts(made, STR("$argon2id$")));
    assert_true(password_matches(made, (struct cardea_str){text, 128}));
    assert_false(password_matches(made, (struct cardea_str){text, 127}));
    assert_false(password_matches(STR("$argon2id$garbage"), (struct cardea_str){text, 128}));
    assert_false(password_matches(STR(""), STR("")));
}

#define test(function) cmocka_unit_test_setup_teardown(function, setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_right_password_opens),
        test(every_refusal_looks_the_same),
        test(an_unknown_email_costs_the_same),
        test(several_accounts_are_asked_about),
        test(nobody_s_member_gets_nowhere),
        test(a_role_is_as_of_now),
        test(disabling_ends_sessions_for_good),
        test(much_may_happen_while_hashing),
        test(a_session_ends),
        test(it_outlives_a_restart),
        test(guessing_is_slowed_down),
        test(a_success_forgets_failures),
        test(a_flood_keeps_its_bounds),
        test(passwords_have_a_rule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
