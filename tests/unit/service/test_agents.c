/* Agents: who may make and change them, what is refused, and that their keys follow them. */
#include "keys_rig.h"

#include "store/audit.h"

#include "service/agents.h"

struct asked {
    struct cardea_str account, text, name;
    struct agent_patch patch;
};
static struct store_agent got;

static enum service_err create_unit(struct service_call *c, void *arg)
{
    struct asked *a = arg;
    return service_agent_create(c, a->account, a->text, a->name, &got);
}

static enum service_err patch_unit(struct service_call *c, void *arg)
{
    struct asked *a = arg;
    return service_agent_patch(c, a->account, a->text, &a->patch, &got);
}

static enum service_err delete_unit(struct service_call *c, void *arg)
{
    struct asked *a = arg;
    return service_agent_delete(c, a->account, a->text, &got);
}

static enum service_err get_unit(struct service_call *c, void *arg)
{
    struct asked *a = arg;
    return service_agent_get(c, a->account, a->text, &got);
}

static enum service_err list_unit(struct service_call *c, void *arg)
{
    struct asked *a = arg;
    size_t count;
    return service_agent_list(c, a->account, 0, 1, &got, &count);
}

static enum service_err create(int64_t account, const char *slug)
{
    struct asked a = {account ? rig_id("acc", account) : STR(""), str_of(slug), str_of(slug), {0}};
    return rig_run(create_unit, &a);
}

static enum service_err on(rig_fn fn, int64_t agent)
{
    struct asked a = {.text = rig_id("agt", agent)};
    return rig_run(fn, &a);
}

static enum service_err enable(int64_t agent, bool enabled)
{
    struct asked a = {.text = rig_id("agt", agent), .patch = {.has_enabled = true, .enabled = enabled}};
    return rig_run(patch_unit, &a);
}

static void records(int64_t *audit, int64_t *events)
{
    assert_int_equal(store_audit_count(rig.db, audit), STORE_OK);
    assert_int_equal(store_event_count(rig.db, events), STORE_OK);
}

static void each_change_is_recorded_once(void **state)
{
    (void)state;
    int64_t account = rig_account("shop"), audit, events, audit_after, events_after;
    rig_as_root();
    records(&audit, &events);
    assert_done(create(account, "bot"));
    int64_t bot = got.id;
    assert_refused(SERVICE_CONFLICT, "slug_taken", create(account, "bot"));
    assert_done(enable(bot, true)); /* it is */
    assert_done(enable(bot, false));
    assert_string_equal(service_agent_status_name(&got), "disabled");
    assert_done(on(delete_unit, bot));
    assert_done(on(delete_unit, bot));
    assert_string_equal(service_agent_status_name(&got), "deleted");
    assert_refused(SERVICE_CONFLICT, "conflict", enable(bot, true));
    assert_refused(SERVICE_CONFLICT, "slug_taken", create(account, "bot"));
    records(&audit_after, &events_after);
    assert_int_equal(audit_after - audit, 3);
    assert_int_equal(events_after - events, 3);
}

static void keys_follow_their_agent(void **state)
{
    (void)state;
    int64_t account = rig_account("shop");
    rig_as_root();
    assert_done(create(account, "bot"));
    struct key_create in = rig_asked(account, "k", "orders:read");
    in.kind = STR("agent");
    in.agent = STR("bot");
    assert_done(rig_create(&in));
    struct cardea_secret key = rig_key;
    assert_int_equal(rig_view.row.agent_id, got.id);
    assert_int_equal(rig_verify(&key, "orders:read", 1), CARDEA_VALID);
    assert_done(enable(got.id, false));
    assert_int_equal(rig_verify(&key, "orders:read", 1), CARDEA_DISABLED);
    int64_t id = rig_view.row.id;
    assert_done(rig_get(id));
    assert_int_equal(rig_view.status, KEY_STATUS_DISABLED);
    assert_string_equal(rig_view.disabled_reason, "Its agent is disabled.");
    assert_int_equal(rig_view.row.state, CARDEA_KEY_ACTIVE);
    assert_refused(SERVICE_CONFLICT, "conflict", rig_create(&in));
    assert_done(enable(got.id, true));
    assert_int_equal(rig_verify(&key, "orders:read", 1), CARDEA_VALID);
    assert_done(rig_get(id));
    assert_true(rig_view.status == KEY_STATUS_ACTIVE && !rig_view.disabled_reason);
    assert_done(on(delete_unit, got.id));
    assert_int_equal(rig_verify(&key, "orders:read", 1), CARDEA_REVOKED);
    assert_refused(SERVICE_CONFLICT, "conflict", rig_create(&in));
}

/* More than are revoked at a time; those that were revoked before keep their reason, and the others their agent. */
static void deleting_revokes_all_keys(void **state)
{
    (void)state;
    int64_t account = rig_account("shop"), agent = rig_agent(account), other = rig_agent(account), active;
    int64_t ids[150], audit, events, audit_after, events_after;
    rig_as_root();
    struct key_create in = rig_asked(account, "k", "orders:read");
    in.kind = STR("agent");
    for (size_t i = 0; i < 150; i++) {
        in.agent = rig_id("agt", i == 7 ? other : agent);
        assert_done(rig_create(&in));
        ids[i] = rig_view.row.id;
    }
    assert_done(rig_revoke(ids[3], "leaked"));
    records(&audit, &events);
    assert_done(on(delete_unit, agent));
    records(&audit_after, &events_after);
    assert_int_equal(audit_after - audit, 149); /* the agent's own, and one for each key */
    assert_int_equal(events_after - events, 149);
    for (size_t i = 0; i < 150; i++) {
        assert_done(rig_get(ids[i]));
        assert_int_equal(rig_view.status, i == 7 ? KEY_STATUS_ACTIVE : KEY_STATUS_REVOKED);
        assert_text(rig_view.row.revoke_reason, i == 7 ? "" : i == 3 ? "leaked" : "agent deleted");
    }
    assert_int_equal(store_key_count_active(rig.db, account, STR("agent"), rig.now, &active), STORE_OK);
    assert_int_equal(active, 1);
    assert_done(on(delete_unit, agent));
    records(&audit, &events);
    assert_int_equal(audit, audit_after);
}

static void roles(void **state)
{
    (void)state;
    static const struct {
        enum cardea_role role;
        bool writes;
    } cases[] = {
        {CARDEA_ROLE_OWNER, true}, {CARDEA_ROLE_ADMIN, true}, {CARDEA_ROLE_MEMBER, false}, {CARDEA_ROLE_VIEWER, false}};
    int64_t account = rig_account("shop"), agent = rig_agent(account), theirs = rig_agent(rig_account("shop"));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        enum service_err expected = cases[i].writes ? SERVICE_OK : SERVICE_FORBIDDEN;
        rig_as_user(account, rig_user(account, cases[i].role), cases[i].role);
        assert_int_equal(create(0, rig_slug().ptr), expected);
        assert_int_equal(enable(agent, i % 2), expected);
        assert_int_equal(on(delete_unit, rig_agent(account)), expected);
        assert_done(on(get_unit, agent));
        assert_refused(SERVICE_NOTFOUND, "not_found", on(get_unit, theirs));
    }
    rig_as_user(account, 0, CARDEA_ROLE_NONE);
    assert_refused(SERVICE_FORBIDDEN, "forbidden", on(get_unit, agent));
}

static void keys_that_manage(void **state)
{
    (void)state;
    int64_t account = rig_account("shop"), agent = rig_agent(account);
    struct key_view reader = rig_made(account, "orders:read"), none = rig_made(account, "stock:read");
    struct key_view full = rig_made(account, "*");
    struct asked a = {.text = STR("nobody")};
    rig_as_key(&reader);
    assert_done(on(get_unit, agent));
    assert_done(rig_run(list_unit, &(struct asked){.account = STR("")}));
    assert_refused(SERVICE_FORBIDDEN, "INSUFFICIENT_SCOPE", on(delete_unit, agent));
    rig_as_key(&none);
    assert_refused(SERVICE_FORBIDDEN, "INSUFFICIENT_SCOPE", on(get_unit, agent));
    rig_as_key(&full);
    assert_done(create(0, "made-by-key"));
    assert_refused(SERVICE_NOTFOUND, "not_found", rig_run(get_unit, &a));
    assert_refused(SERVICE_FORBIDDEN, "forbidden", create(rig_account("shop"), "abroad"));

    rig_as_root(); /* a key of an agent manages none, whatever its scopes */
    struct key_create in = rig_asked(account, "k", "*");
    in.kind = STR("agent");
    in.agent = rig_id("agt", agent);
    assert_done(rig_create(&in));
    struct key_view bound = rig_view;
    rig_as_key(&bound);
    assert_refused(SERVICE_FORBIDDEN, "forbidden", on(get_unit, agent));
    assert_refused(SERVICE_FORBIDDEN, "forbidden", create(0, "more"));

    rig_as_root(); /* nor does one that was revoked since it was let in */
    assert_done(rig_revoke(full.row.id, ""));
    rig_as_key(&full);
    assert_refused(SERVICE_UNAUTHENTICATED, "unauthenticated", create(0, "late"));
}

static void what_is_said_badly(void **state)
{
    (void)state;
    int64_t account = rig_account("shop");
    rig_as_root();
    assert_refused(SERVICE_INVALID, "invalid_request", create(account, "Not A Slug"));
    assert_string_equal(rig.call.problems[0].location, "/slug");
    assert_refused(SERVICE_INVALID, "invalid_request", create(account, ""));
    assert_int_equal(rig.call.problem_count, 2);
    assert_refused(SERVICE_INVALID, "invalid_request", create(0, "whose"));
    assert_refused(SERVICE_INVALID, "invalid_request", rig_run(get_unit, &(struct asked){.text = STR("whose")}));
    assert_string_equal(rig.call.problems[0].location, "query/account");
    assert_refused(SERVICE_NOTFOUND, "not_found", on(get_unit, 12345));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_change_is_recorded_once),
        cmocka_unit_test(keys_follow_their_agent),
        cmocka_unit_test(deleting_revokes_all_keys),
        cmocka_unit_test(roles),
        cmocka_unit_test(keys_that_manage),
        cmocka_unit_test(what_is_said_badly),
    };
    return cmocka_run_group_tests(tests, rig_open, rig_close);
}
