/* Sessions of others' pages and of the operator's browser: what time, and those who made them, do to them. */
#include "service_rig.h"

#include "service/client_token.h"
#include "service/operator.h"
#include "service/signer.h"

static int64_t acme, ada;
static struct store_key root;
static struct cardea_str token;
static struct client_session made;

static const struct cardea_str capability = {"keys:read", 9};
static const struct cardea_str origin = {"https://app.example", 19};

static int setup(void **state)
{
    rig_setup(state);
    acme = rig_account("shop", "acme");
    ada = rig_user("ada@example.com", STR(""));
    rig_member(acme, ada, CARDEA_ROLE_ADMIN);
    root = rig_key(rig_account("cardea", "operators"), 0, "root", "root", "");
    rig.actor = (struct actor){.kind = ACTOR_ROOT, .key_id = root.id, .profile = -1};
    return 0;
}

static enum service_err mint_unit(struct service_call *c, void *arg)
{
    struct client_session_request in = {.account = rig_id("acc", acme),
                                        .user = arg ? rig_id("usr", ada) : STR(""),
                                        .capabilities = &capability,
                                        .capability_count = 1,
                                        .origins = &origin,
                                        .origin_count = 1};
    enum service_err err = service_client_session_mint(c, &in, &made, &token);
    if (err == SERVICE_OK)
        token = arena_str(&rig.arena, token);
    return err;
}

static enum service_err use(void)
{
    struct service_call *c = rig_call();
    struct client_session s;
    if (!service_client_session_open(c, token, &s))
        return SERVICE_INVALID;
    assert_true(service_client_session_allows(&s, origin));
    assert_false(service_client_session_allows(&s, STR("")));
    c->actor = (struct actor){.kind = ACTOR_NOBODY, .profile = -1};
    return service_client_session_act(c, &s, CLIENT_KEYS_READ);
}

static void it_lasts_fifteen_minutes(void **state)
{
    (void)state;
    assert_done(rig_run(mint_unit, &ada));
    assert_int_equal(made.expires_at, rig.now + 900);
    rig.now += 899;
    assert_done(use());
    assert_int_equal(rig.call.actor.kind, ACTOR_USER);
    assert_int_equal(rig.call.actor.user_id, ada);
    assert_int_equal(rig.call.actor.role, CARDEA_ROLE_ADMIN);
    rig.now += 1;
    assert_refused(use(), SERVICE_UNAUTHENTICATED, "unauthenticated");
    rig.now -= 900 + 61; /* made by a clock that is ahead of ours by more than is forgiven */
    assert_int_equal(use(), SERVICE_INVALID);
}

static void it_is_nobodys_without_a_person(void **state)
{
    (void)state;
    assert_done(rig_run(mint_unit, NULL));
    assert_done(use());
    assert_int_equal(rig.call.actor.user_id, 0);
    assert_int_equal(rig.call.actor.account_id, acme);
    assert_int_equal(rig.call.actor.role, CARDEA_ROLE_ADMIN);
    assert_int_equal(rig.call.actor.profile, profile_set_index(&rig.profiles, STR("shop")));
    char key[ID_TEXT_MAX];
    id_format(key, "key", root.id);
    assert_text(service_actor_text(&rig.call), key);
    root.expires_at = rig.now + 10;
    rig_key_update(&root);
    rig.now += 10;
    assert_refused(use(), SERVICE_UNAUTHENTICATED, "unauthenticated");
}

static void only_what_was_signed_for_this_is_one(void **state)
{
    (void)state;
    assert_done(rig_run(mint_unit, &ada));
    struct cardea_str whole = token;
    struct jwt_claims claims = {ada, acme, 1, CARDEA_ROLE_OWNER, rig.now, rig.now + 900};
    token = jwt_make(&rig.arena, rig.svc.signer, &claims);
    assert_int_equal(use(), SERVICE_INVALID);
    /* Claims that are ours, sealed as another kind. */
    token = session_signer_seal(&rig.arena, rig.svc.signer, STR("opr"), '_', STR("{\"sid\":\"ses_0000000000001\"}"));
    assert_int_equal(use(), SERVICE_INVALID);
    static const char *const odd[] = {"{}", "[]", "{\"id\":\"csn_0000000000001\"}", "1", ""};
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        token = session_signer_seal(&rig.arena, rig.svc.signer, STR("crcs"), '_', str_of(odd[i]));
        assert_int_equal(use(), SERVICE_INVALID);
    }
    for (size_t len = 0; len < whole.len; len++) {
        token = (struct cardea_str){whole.ptr, len};
        assert_int_equal(use(), SERVICE_INVALID);
    }
    char *text = arena_cstr(&rig.arena, whole);
    for (size_t i = 0; i < whole.len; i++) {
        text[i] ^= 1;
        token = (struct cardea_str){text, whole.len};
        assert_int_equal(use(), SERVICE_INVALID);
        text[i] ^= 1;
    }
    token = whole;
    assert_done(use());
}

/* ---- the operator ---- */

static struct operator_session session;

static enum service_err operator_unit(struct service_call *c, void *arg)
{
    enum service_err err = service_operator_start(c, root.id, arg, &session);
    session.token = err == SERVICE_OK ? arena_str(&rig.arena, session.token) : STR("");
    return err;
}

static enum service_err operate(const uint8_t *ip)
{
    return service_operator_authenticate(rig_call(), session.token, ip);
}

static void an_operator_stays_an_hour(void **state)
{
    (void)state;
    assert_done(rig_run(operator_unit, NULL));
    assert_int_equal(session.expires_at, rig.now + 3600);
    rig.now += 3599;
    assert_done(operate(NULL));
    assert_int_equal(rig.call.actor.kind, ACTOR_ROOT);
    assert_int_equal(rig.call.actor.key_id, root.id);
    rig.now += 1;
    assert_refused(operate(NULL), SERVICE_UNAUTHENTICATED, "unauthenticated");
}

static void an_operator_is_where_the_key_may_be(void **state)
{
    (void)state;
    static uint8_t here[16] = {[10] = 0xff, 0xff, 192, 0, 2, 7}, there[16] = {[10] = 0xff, 0xff, 192, 0, 3, 7};
    root.ip_allow = STR("192.0.2.0/24 2001:db8::/32");
    rig_key_update(&root);
    assert_refused(rig_run(operator_unit, there), SERVICE_UNAUTHENTICATED, "unauthenticated");
    assert_refused(rig_run(operator_unit, NULL), SERVICE_UNAUTHENTICATED, "unauthenticated");
    assert_done(rig_run(operator_unit, here));
    assert_done(operate(here));
    assert_refused(operate(there), SERVICE_UNAUTHENTICATED, "unauthenticated");
    assert_refused(operate(NULL), SERVICE_UNAUTHENTICATED, "unauthenticated");
}

/* ---- origins ---- */

static void origins_are_as_browsers_write_them(void **state)
{
    (void)state;
    static const char *const good[] = {"https://app.example", "https://a.b-c.example:8443", "http://localhost",
                                       "http://localhost:1",  "http://127.0.0.1:65535",     "http://x.localhost:3000"};
    static const char *const bad[] = {"",
                                      "null",
                                      "*",
                                      "https://",
                                      "https://a:",
                                      "https://a:443",
                                      "https://a:00",
                                      "https://a:65536",
                                      "https://a:8443/",
                                      "https://a/",
                                      "https://A",
                                      "https://a.",
                                      "https://a..b",
                                      "https://.a",
                                      "https://-a",
                                      "https://a_b",
                                      "https://a b",
                                      "http://a",
                                      "http://localhost.a",
                                      "http://alocalhost",
                                      "http://.localhost",
                                      "http://localhost:80",
                                      "http://127.0.0.2",
                                      "ws://a",
                                      "https//a",
                                      "https://a#",
                                      "https://*.a",
                                      "https://[::1]",
                                      "https://a:1x"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_null(client_origin_mistake(str_of(good[i])));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (!client_origin_mistake(str_of(bad[i])))
            fail_msg("`%s` is taken for an origin", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_lasts_fifteen_minutes, setup, rig_teardown),
        cmocka_unit_test_setup_teardown(it_is_nobodys_without_a_person, setup, rig_teardown),
        cmocka_unit_test_setup_teardown(only_what_was_signed_for_this_is_one, setup, rig_teardown),
        cmocka_unit_test_setup_teardown(an_operator_stays_an_hour, setup, rig_teardown),
        cmocka_unit_test_setup_teardown(an_operator_is_where_the_key_may_be, setup, rig_teardown),
        cmocka_unit_test(origins_are_as_browsers_write_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
