/* Content policies: who may change them, what stays as it is once published, and which one applies. */
#include "service_rig.h"

#include "service/policies.h"
#include "service/policies_source.h"

#define DOCUMENT "{\"rules\":[]}"
#define STRICTER "{\"sensitivity\":\"high\",\"rules\":[]}"

struct asked {
    struct cardea_str account, text, document;
    int64_t revision;
    struct policy_patch patch;
    struct policy_publish publish;
};
static struct store_policy got;
static struct store_policy_version version;

static enum service_err create_unit(struct service_call *c, void *arg)
{
    struct asked *a = arg;
    return service_policy_create(c, a->account, a->text, a->document, &got);
}

static enum service_err patch_unit(struct service_call *c, void *arg)
{
    struct asked *a = arg;
    return service_policy_patch(c, a->account, a->text, &a->patch, &got);
}

static enum service_err save_unit(struct service_call *c, void *arg)
{
    struct asked *a = arg;
    return service_policy_save(c, a->account, a->text, a->document, a->revision, &got);
}

static enum service_err publish_unit(struct service_call *c, void *arg)
{
    struct asked *a = arg;
    return service_policy_publish(c, a->account, a->text, &a->publish, &got, &version);
}

static enum service_err delete_unit(struct service_call *c, void *arg)
{
    struct asked *a = arg;
    return service_policy_delete(c, a->account, a->text, &got);
}

static enum service_err create(int64_t account, const char *name)
{
    struct asked a = {
        .account = account ? rig_id("acc", account) : STR(""), .text = str_of(name), .document = STR(DOCUMENT)};
    return rig_run(create_unit, &a);
}

static enum service_err save(int64_t policy, const char *document, int64_t revision)
{
    struct asked a = {.text = rig_id("pol", policy), .document = str_of(document), .revision = revision};
    return rig_run(save_unit, &a);
}

static enum service_err publish(int64_t policy, int64_t of_version, int64_t revision)
{
    struct asked a = {.text = rig_id("pol", policy),
                      .publish = {.version = of_version, .revision = revision, .note = STR("a \"note\"")}};
    return rig_run(publish_unit, &a);
}

static enum service_err make_default(int64_t policy)
{
    struct asked a = {.text = rig_id("pol", policy), .patch = {.make_default = true}};
    return rig_run(patch_unit, &a);
}

static enum service_err rename_to(int64_t policy, const char *name)
{
    struct asked a = {.text = rig_id("pol", policy), .patch = {.has_name = true, .name = str_of(name)}};
    return rig_run(patch_unit, &a);
}

static enum service_err drop(int64_t policy)
{
    struct asked a = {.text = rig_id("pol", policy)};
    return rig_run(delete_unit, &a);
}

static void test_names(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "Upper",
                                      "a b",
                                      "-a",
                                      ".a",
                                      "a\"b",
                                      "ü",
                                      "builtin",
                                      "pol_01jd3v8k2m4ta",
                                      "a2345678901234567890123456789012345678901234567890123456789012345"};
    int64_t account = rig_account("shop", "acme"), other = rig_account("shop", "other");
    rig_as_root();
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        assert_refused(create(account, bad[i]), SERVICE_INVALID, "invalid_request");
        assert_string_equal(rig.call.problems[0].location, "/name");
    }
    assert_refused(create(0, "a"), SERVICE_INVALID, "invalid_request"); /* whose? */
    assert_done(create(account, "no-cards_2.0"));
    assert_refused(create(account, "no-cards_2.0"), SERVICE_CONFLICT, "name_taken");
    assert_done(create(other, "no-cards_2.0"));
    assert_done(create(account, "second"));
    assert_refused(rename_to(got.id, "no-cards_2.0"), SERVICE_CONFLICT, "name_taken");
    assert_done(rename_to(got.id, "third"));
    assert_text(got.name, "third");
}

static void test_many(void **state)
{
    (void)state;
    int64_t account = rig_account("shop", "acme");
    char name[16];
    rig_as_root();
    for (int i = 0; i < POLICY_PER_ACCOUNT; i++) {
        snprintf(name, sizeof(name), "p%d", i);
        assert_done(create(account, name));
    }
    assert_refused(create(account, "one-more"), SERVICE_CONFLICT, "policy_limit_reached");
}

static void test_defaults(void **state)
{
    (void)state;
    int64_t account = rig_account("shop", "acme");
    rig_as_root();
    assert_done(create(account, "first"));
    int64_t first = got.id;
    assert_true(got.is_default);
    assert_done(create(account, "second"));
    int64_t second = got.id;
    assert_false(got.is_default);
    assert_refused(make_default(second), SERVICE_CONFLICT, "policy_unpublished");
    assert_refused(drop(first), SERVICE_CONFLICT, "policy_is_default");
    assert_done(publish(second, 0, 0));
    assert_done(make_default(second));
    assert_int_equal(store_policy_default(rig.db, &rig.arena, account, &got), STORE_OK);
    assert_int_equal(got.id, second);
    assert_done(drop(first));
    assert_done(drop(second)); /* the last may go: the built-in one applies again */
    assert_refused(drop(second), SERVICE_NOTFOUND, "not_found");
}

static void test_versions(void **state)
{
    (void)state;
    int64_t account = rig_account("shop", "acme");
    rig_as_root();
    assert_done(create(account, "p"));
    int64_t id = got.id;
    assert_done(publish(id, 0, 0));
    assert_true(version.version == 1 && got.version == 1 && got.published_revision == got.revision);
    assert_text(version.published_by, "root");
    assert_refused(publish(id, 0, 0), SERVICE_CONFLICT, "policy_unchanged");
    assert_refused(save(id, STRICTER, 7), SERVICE_CONFLICT, "policy_changed");
    assert_done(save(id, STRICTER, 1));
    assert_int_equal(got.revision, 2);
    assert_done(save(id, STRICTER, 2)); /* says the same: nothing changes */
    assert_int_equal(got.revision, 2);
    assert_refused(publish(id, 0, 1), SERVICE_CONFLICT, "policy_changed");
    assert_done(publish(id, 0, 2));
    assert_int_equal(version.version, 2);
    assert_refused(publish(id, 2, 0), SERVICE_CONFLICT, "policy_unchanged");
    assert_refused(publish(id, 9, 0), SERVICE_NOTFOUND, "not_found");
    assert_done(publish(id, 1, 0));
    assert_int_equal(version.version, 3);
    assert_text(version.document, DOCUMENT);
    struct cardea_str draft;
    assert_int_equal(store_policy_draft(rig.db, &rig.arena, id, &draft), STORE_OK);
    assert_text(draft, DOCUMENT); /* nobody's work was in it */
    assert_int_equal(got.revision, got.published_revision);
    assert_done(save(id, "{\"fail_open\":true,\"rules\":[]}", 0));
    assert_done(publish(id, 2, 0));
    assert_int_equal(store_policy_draft(rig.db, &rig.arena, id, &draft), STORE_OK);
    assert_text(draft, "{\"fail_open\":true,\"rules\":[]}"); /* somebody's was */
    assert_int_not_equal(got.revision, got.published_revision);
    assert_int_equal(store_policy_version_get(rig.db, &rig.arena, id, 1, &version), STORE_OK);
    assert_text(version.document, DOCUMENT);
}

static void test_who_may(void **state)
{
    (void)state;
    static const enum cardea_role roles[] = {CARDEA_ROLE_VIEWER, CARDEA_ROLE_MEMBER, CARDEA_ROLE_ADMIN,
                                             CARDEA_ROLE_OWNER};
    int64_t account = rig_account("shop", "acme"), other = rig_account("shop", "other");
    int64_t user = rig_user("a@b.c", STR(""));
    size_t count;
    rig_as_root();
    assert_done(create(account, "p"));
    int64_t id = got.id;
    for (size_t i = 0; i < 4; i++) {
        bool may = roles[i] >= CARDEA_ROLE_ADMIN;
        rig_as_user(account, user, roles[i]);
        assert_done(service_policy_get(rig_call(), STR(""), rig_id("pol", id), false, &got));
        assert_done(service_policy_get(rig_call(), STR(""), STR("p"), false, &got));
        assert_done(service_policy_list(rig_call(), STR(""), 0, 1, &got, &count));
        enum service_err err = save(id, i % 2 ? STRICTER : DOCUMENT, 0);
        assert_int_equal(err, may ? SERVICE_OK : SERVICE_FORBIDDEN);
        assert_int_equal(publish(id, 0, 0), may ? SERVICE_OK : SERVICE_FORBIDDEN);
        assert_int_equal(create(0, i % 2 ? "x" : "y"), may ? SERVICE_OK : SERVICE_FORBIDDEN);
        assert_int_equal(make_default(id), may ? SERVICE_OK : SERVICE_FORBIDDEN);
    }
    rig_as_user(other, user, CARDEA_ROLE_OWNER);
    assert_refused(save(id, DOCUMENT, 0), SERVICE_NOTFOUND, "not_found");
    assert_refused(publish(id, 0, 0), SERVICE_NOTFOUND, "not_found");
    assert_refused(drop(id), SERVICE_NOTFOUND, "not_found");
    assert_refused(create(account, "z"), SERVICE_FORBIDDEN, "forbidden");
    assert_done(service_policy_list(rig_call(), STR(""), 0, 1, &got, &count));
    assert_int_equal(count, 0);
    rig.actor = (struct actor){.kind = ACTOR_VERIFIER, .profile = -1};
    assert_refused(save(id, DOCUMENT, 0), SERVICE_FORBIDDEN, "forbidden");
}

static void test_events(void **state)
{
    (void)state;
    static const char *const types[] = {"policy.deleted", "policy.updated", "policy.published", "policy.draft_saved",
                                        "policy.created"};
    int64_t account = rig_account("shop", "acme"), next;
    struct store_event events[8];
    size_t count;
    rig_as_root();
    assert_done(create(account, "p"));
    int64_t id = got.id;
    assert_done(save(id, STRICTER, 0));
    assert_done(publish(id, 0, 0));
    assert_done(rename_to(id, "q"));
    assert_done(rename_to(id, "q")); /* no change, no event */
    assert_done(drop(id));
    struct store_event_filter f = {.account_id = account, .limit = 5};
    assert_int_equal(store_event_list(rig.db, &rig.arena, &f, events, &count, &next), STORE_OK);
    assert_int_equal(count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_text(events[i].type, types[i]);
    assert_non_null(strstr(events[2].payload.ptr, "\"version\":1,\"note\":\"a \\\"note\\\"\""));
}

/* ---- which one applies ---- */

static enum service_err applies(int64_t account, const char *name, bool draft, struct policy_choice *choice)
{
    return service_policy_source.find(rig_call(), account, str_of(name), draft, choice);
}

static void test_which_applies(void **state)
{
    (void)state;
    int64_t account = rig_account("shop", "acme"), other = rig_account("shop", "other");
    struct policy_choice choice;
    struct cardea_str document;
    rig_as_root();
    assert_done(applies(account, "", false, &choice));
    assert_int_equal(choice.id, 0);
    assert_done(applies(0, "", false, &choice));
    assert_int_equal(choice.id, 0);
    assert_refused(applies(account, "", true, &choice), SERVICE_NOTFOUND, "not_found");
    assert_done(create(account, "p"));
    int64_t id = got.id;
    assert_done(applies(account, "", false, &choice)); /* the default was never published */
    assert_int_equal(choice.id, 0);
    assert_refused(applies(account, "p", false, &choice), SERVICE_CONFLICT, "policy_unpublished");
    assert_done(applies(account, "p", true, &choice));
    assert_true(choice.id == id && choice.version == 0 && choice.revision == 1);
    assert_done(publish(id, 0, 0));
    assert_done(save(id, STRICTER, 0));
    assert_done(applies(account, "", false, &choice));
    assert_true(choice.id == id && choice.version == 1 && choice.revision == 0);
    assert_done(service_policy_source.load(rig_call(), &choice, &document));
    assert_text(document, DOCUMENT);
    assert_done(applies(account, "", true, &choice));
    assert_int_equal(choice.revision, 2);
    assert_done(service_policy_source.load(rig_call(), &choice, &document));
    assert_text(document, STRICTER);
    assert_done(applies(account, "builtin", false, &choice));
    assert_int_equal(choice.id, 0);
    assert_refused(applies(other, rig_id("pol", id).ptr, false, &choice), SERVICE_NOTFOUND, "not_found");
    assert_done(applies(0, rig_id("pol", id).ptr, false, &choice));
    assert_refused(applies(other, "p", false, &choice), SERVICE_NOTFOUND, "not_found");
}

static void test_checked(void **state)
{
    (void)state;
    struct cardea_str document;
    struct json_problem problem;
    json_t *good = json_read(&rig.arena, STR(" {\"sensitivity\" : \"high\", \"rules\": []}"), &problem);
    json_t *bad = json_read(&rig.arena, STR("{\"sensitivity\":\"very\",\"rules\":[{\"id\":\"a\",\"type\":\"nope\"}]}"),
                            &problem);
    assert_done(service_policy_check(rig_call(), good, "/document", &document));
    assert_text(document, STRICTER);
    assert_refused(service_policy_check(rig_call(), bad, "/document", &document), SERVICE_INVALID, "policy_invalid");
    assert_true(rig.call.problem_count >= 2);
    assert_string_equal(rig.call.problems[0].location, "/document/sensitivity");
    json_t *large = json_pack("{s:o}", "replacement", json_null());
    char *text = calloc(1, POLICY_DOCUMENT_MAX + 1);
    memset(text, 'a', POLICY_DOCUMENT_MAX);
    json_object_set_new(large, "replacement", json_string(text));
    assert_refused(service_policy_check(rig_call(), large, "/document", &document), SERVICE_INVALID, "invalid_request");
    free(text);
    json_decref(large);
    json_decref(good);
    json_decref(bad);
}

#define in_rig(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_rig(test_names),   in_rig(test_many),   in_rig(test_defaults),      in_rig(test_versions),
        in_rig(test_who_may), in_rig(test_events), in_rig(test_which_applies), in_rig(test_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
