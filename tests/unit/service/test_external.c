/* People by tokens of other issuers: who they are, where they may be, and who says so. */
#include "service_rig.h"

#include "store/audit.h"

#include <openssl/evp.h>

#include "base/base64.h"
#include "service/external.h"

static int64_t acme, other, pets, ada, bob;

static const struct issuer trusted[] = {{.name = "one",
                                         .issuer = {"https://one", 11},
                                         .audience = {"us", 2},
                                         .algs = JWS_HS256,
                                         .source = ISSUER_SECRET_FILE,
                                         .account_claim = "org"}};
static const struct issuer_list list = {trusted, 1};

static const uint8_t secret[JWK_SECRET_MIN] = "0123456789abcdef0123456789abcde";

static enum issuer_outcome fetch(void *arg, struct issuer_fetch *f)
{
    f->set = jwk_set_of_secret(secret, sizeof(secret));
    return ISSUER_FETCHED;
}

static int64_t now_ms(void *arg)
{
    return 1000;
}

static int setup(void **state)
{
    struct issuers_options options = {.fetch = fetch, .now_ms = now_ms, .no_threads = true};
    rig_setup(state);
    acme = rig_account("shop", "acme");
    other = rig_account("shop", "other");
    pets = rig_account("animus", "acme");
    ada = rig_user("ada@example.com", (struct cardea_str){0});
    bob = rig_user("bob@example.com", (struct cardea_str){0});
    rig_member(acme, ada, CARDEA_ROLE_ADMIN);
    rig.svc.issuers = issuers_new(&options);
    issuers_configure(rig.svc.issuers, &list);
    issuers_step(rig.svc.issuers);
    rig_as_root();
    return 0;
}

static int teardown(void **state)
{
    issuers_free(rig.svc.issuers);
    rig.svc.issuers = NULL;
    return rig_teardown(state);
}

struct link {
    int64_t user;
    const char *issuer, *subject;
    bool undo;
};

static enum service_err link_unit(struct service_call *c, void *arg)
{
    struct link *l = arg;
    struct store_identity row;
    struct cardea_str user = rig_id("usr", l->user), issuer = str_of(l->issuer), subject = str_of(l->subject);
    return l->undo ? service_identity_unlink(c, user, issuer, subject)
                   : service_identity_link(c, user, issuer, subject, &row);
}

static enum service_err link_to(int64_t user, const char *issuer, const char *subject)
{
    return rig_run(link_unit, &(struct link){user, issuer, subject, false});
}

static enum service_err unlink_from(int64_t user, const char *issuer, const char *subject)
{
    return rig_run(link_unit, &(struct link){user, issuer, subject, true});
}

static struct cardea_str part(const void *bytes, size_t len)
{
    char *text = arena_alloc(&rig.arena, BASE64URL_TEXT_LEN(len) + 1);
    return (struct cardea_str){text, base64url_encode(bytes, len, text)};
}

static struct external external(const char *subject, const char *more)
{
    static const char header[] = "{\"alg\":\"HS256\"}";
    uint8_t mac[32];
    size_t len;
    struct cardea_str claims = arena_printf(&rig.arena,
                                            "{\"iss\":\"https://one\",\"aud\":\"us\",\"sub\":\"%s\",\"exp\":%lld%s}",
                                            subject, (long long)RIG_START + 600, more);
    struct cardea_str input = arena_printf(&rig.arena, "%s.%s", part(header, sizeof(header) - 1).ptr,
                                           part(claims.ptr, claims.len).ptr);
    assert_non_null(EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, secret, sizeof(secret), (const uint8_t *)input.ptr,
                              input.len, mac, sizeof(mac), &len));
    return (struct external){.token = arena_printf(&rig.arena, "%s.%s", input.ptr, part(mac, len).ptr)};
}

static enum service_err enter(const char *subject, const char *more, const char *profile, const char *tenant)
{
    struct external x = external(subject, more);
    return service_external_authenticate(rig_call(), &x, str_of(profile), str_of(tenant));
}

static void a_link_lets_one_person_in(void **state)
{
    assert_refused(enter("s", "", NULL, NULL), SERVICE_UNAUTHENTICATED, "identity_unknown");
    assert_refused(enter("s", ",\"email\":\"ada@example.com\",\"email_verified\":true", NULL, NULL),
                   SERVICE_UNAUTHENTICATED, "identity_unknown");
    assert_done(link_to(ada, "https://one", "s"));
    assert_done(enter("s", "", NULL, NULL));
    const struct actor *actor = &rig.call.actor;
    assert_int_equal(actor->kind, ACTOR_USER);
    assert_int_equal(actor->user_id, ada);
    assert_int_equal(actor->account_id, acme);
    assert_int_equal(actor->role, CARDEA_ROLE_ADMIN);
    assert_int_equal(actor->session_id, 0);
    assert_int_equal(actor->expires_at, RIG_START + 600);
    assert_refused(enter("S", "", NULL, NULL), SERVICE_UNAUTHENTICATED, "identity_unknown");
    assert_done(unlink_from(ada, "https://one", "s"));
    assert_refused(enter("s", "", NULL, NULL), SERVICE_UNAUTHENTICATED, "identity_unknown");
}

static void links_are_held_to_rules(void **state)
{
    assert_done(link_to(ada, "https://one", "s"));
    assert_done(link_to(ada, "https://one", "s"));
    assert_refused(link_to(bob, "https://one", "s"), SERVICE_CONFLICT, "identity_taken");
    assert_refused(link_to(bob, "https://two", "s"), SERVICE_INVALID, "invalid_request");
    assert_string_equal(rig.call.problems[0].location, "/issuer");
    assert_refused(link_to(bob, "https://one", "\xff"), SERVICE_INVALID, "invalid_request");
    assert_string_equal(rig.call.problems[0].location, "/subject");
    assert_refused(link_to(bob, "https://two", ""), SERVICE_INVALID, "invalid_request");
    assert_int_equal(rig.call.problem_count, 2);
    assert_refused(link_to(12345, "https://one", "t"), SERVICE_NOTFOUND, "not_found");
    assert_refused(unlink_from(bob, "https://one", "s"), SERVICE_NOTFOUND, "not_found");
    assert_refused(unlink_from(ada, "https://one", "t"), SERVICE_NOTFOUND, "not_found");
    rig_as_user(acme, ada, CARDEA_ROLE_ADMIN);
    assert_refused(link_to(ada, "https://one", "t"), SERVICE_FORBIDDEN, "forbidden");
    assert_refused(unlink_from(ada, "https://one", "s"), SERVICE_FORBIDDEN, "forbidden");
}

static void links_are_recorded_without_the_subject(void **state)
{
    int64_t audits, events, audits_after, events_after;
    store_audit_count(rig.db, &audits);
    store_event_count(rig.db, &events);
    assert_done(link_to(ada, "https://one", "ada's own number"));
    assert_done(link_to(ada, "https://one", "ada's own number")); /* no change, no record */
    link_to(bob, "https://one", "ada's own number");
    assert_done(unlink_from(ada, "https://one", "ada's own number"));
    store_audit_count(rig.db, &audits_after);
    store_event_count(rig.db, &events_after);
    assert_int_equal(audits_after - audits, 2);
    assert_int_equal(events_after - events, 2);
    struct store_event_filter all = {.limit = 50};
    struct store_event rows[50];
    size_t count, found = 0;
    int64_t next;
    assert_int_equal(store_event_list(rig.db, &rig.arena, &all, rows, &count, &next), STORE_OK);
    for (size_t i = 0; i < count; i++) {
        char *text = arena_cstr(&rig.arena, rows[i].payload);
        assert_null(strstr(text, "own number"));
        found += strstr(text, "\"identity.linked\"") || strstr(text, "\"identity.unlinked\"");
    }
    assert_int_equal(found, 2);
}

static void a_user_lists_their_own(void **state)
{
    struct store_identity rows[EXTERNAL_LINKS_MAX];
    size_t count;
    assert_done(link_to(ada, "https://one", "b"));
    assert_done(link_to(ada, "https://one", "a"));
    assert_done(service_identity_list(rig_call(), rig_id("usr", ada), rows, &count));
    assert_int_equal(count, 2);
    assert_text(rows[0].subject, "a");
    rig_as_user(acme, ada, CARDEA_ROLE_VIEWER);
    assert_done(service_identity_list(rig_call(), rig_id("usr", ada), rows, &count));
    assert_refused(service_identity_list(rig_call(), rig_id("usr", bob), rows, &count), SERVICE_NOTFOUND, "not_found");
}

static void the_account_is_the_one_that_fits(void **state)
{
    assert_done(link_to(ada, "https://one", "s"));
    rig_member(other, ada, CARDEA_ROLE_VIEWER);
    rig_member(pets, ada, CARDEA_ROLE_OWNER);
    assert_refused(enter("s", "", NULL, NULL), SERVICE_FORBIDDEN, "account_required");
    assert_refused(enter("s", "", "shop", NULL), SERVICE_FORBIDDEN, "account_required");
    assert_done(enter("s", "", "animus", NULL));
    assert_int_equal(rig.call.actor.account_id, pets);
    assert_int_equal(rig.call.actor.role, CARDEA_ROLE_OWNER);
    assert_done(enter("s", "", "shop", "other"));
    assert_int_equal(rig.call.actor.account_id, other);
    assert_refused(enter("s", "", "shop", "nobody"), SERVICE_FORBIDDEN, "forbidden");
    assert_refused(enter("s", "", "cardea", NULL), SERVICE_FORBIDDEN, "forbidden");
    assert_done(enter("s", ",\"org\":\"other\"", NULL, NULL));
    assert_int_equal(rig.call.actor.account_id, other);
    assert_refused(enter("s", ",\"org\":\"acme\"", NULL, NULL), SERVICE_FORBIDDEN, "account_required");
    assert_done(enter("s", ",\"org\":\"acme\"", "shop", NULL));
    assert_int_equal(rig.call.actor.account_id, acme);
    assert_refused(enter("s", ",\"org\":\"acme\"", "shop", "other"), SERVICE_FORBIDDEN, "forbidden");
    assert_refused(enter("s", ",\"org\":\"nobody\"", NULL, NULL), SERVICE_FORBIDDEN, "forbidden");
}

static enum service_err start_unit(struct service_call *c, void *arg)
{
    struct session_view view;
    return service_session_start(c, arg, 60, &view);
}

static void a_token_is_exchanged_as_a_password_is(void **state)
{
    struct session_login login;
    assert_done(link_to(ada, "https://one", "s"));
    rig_member(other, ada, CARDEA_ROLE_VIEWER);
    struct external x = external("s", "");
    struct cardea_str none = {0};
    assert_refused(service_external_check(rig_call(), &x, none, none, &login), SERVICE_CONFLICT, "account_required");
    assert_int_equal(login.choice_count, 2);
    assert_done(service_external_check(rig_call(), &x, STR("other"), none, &login));
    assert_int_equal(login.account_id, other);
    assert_done(rig_run(start_unit, &login));
    assert_refused(service_external_check(rig_call(), &x, STR("acme"), STR("animus"), &login), SERVICE_FORBIDDEN,
                   "forbidden");
    x = external("s", ",\"org\":\"acme\"");
    assert_done(service_external_check(rig_call(), &x, none, none, &login));
    assert_int_equal(login.account_id, acme);
    assert_refused(service_external_check(rig_call(), &x, STR("other"), none, &login), SERVICE_FORBIDDEN, "forbidden");
}

static enum service_err disable_unit(struct service_call *c, void *arg)
{
    struct store_user row;
    struct user_patch patch = {.has_disabled = true, .disabled = true};
    return service_user_patch(c, rig_id("usr", ada), &patch, &row);
}

static enum service_err erase_unit(struct service_call *c, void *arg)
{
    return service_user_erase(c, rig_id("usr", ada));
}

static void who_is_stopped_is_stopped_at_once(void **state)
{
    assert_done(link_to(ada, "https://one", "s"));
    rig_member(acme, ada, CARDEA_ROLE_NONE);
    assert_refused(enter("s", "", NULL, NULL), SERVICE_FORBIDDEN, "forbidden");
    rig_member(acme, ada, CARDEA_ROLE_MEMBER);
    assert_done(enter("s", "", NULL, NULL));
    assert_done(rig_run(disable_unit, NULL));
    assert_refused(enter("s", "", NULL, NULL), SERVICE_UNAUTHENTICATED, "unauthenticated");
    assert_done(rig_run(erase_unit, NULL));
    assert_refused(enter("s", "", NULL, NULL), SERVICE_UNAUTHENTICATED, "identity_unknown");
    assert_refused(link_to(ada, "https://one", "s"), SERVICE_CONFLICT, "conflict");
}

static void without_issuers_no_token_is_good(void **state)
{
    struct issuers *kept = rig.svc.issuers;
    rig.svc.issuers = NULL;
    assert_refused(enter("s", "", NULL, NULL), SERVICE_UNAUTHENTICATED, "unauthenticated");
    assert_refused(link_to(ada, "https://one", "s"), SERVICE_INVALID, "invalid_request");
    rig.svc.issuers = kept;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_link_lets_one_person_in),
        TEST(links_are_held_to_rules),
        TEST(links_are_recorded_without_the_subject),
        TEST(a_user_lists_their_own),
        TEST(the_account_is_the_one_that_fits),
        TEST(a_token_is_exchanged_as_a_password_is),
        TEST(who_is_stopped_is_stopped_at_once),
        TEST(without_issuers_no_token_is_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
