#include "keys_rig.h"

#include "store/audit.h"

/* ---- creation ---- */

static void shown_once_and_works(void **state)
{
    int64_t account = rig_account("shop");
    struct key_create in = rig_asked(account, "ci", "orders:read");
    in.input.given |= KEY_RATE | KEY_METADATA | KEY_IP_ALLOW;
    in.input.rate_limit = 10;
    in.input.rate_window_sec = 60;
    in.input.metadata = STR("{\"plan\":\"pro\"}");
    rig_as_root();
    assert_done(rig_create(&in));
    struct cardea_str key = cardea_secret_reveal(&rig_key);
    assert_true(str_starts(key, STR("shp_")));
    assert_true(rig_view.row.prefix.len < key.len && str_starts(key, rig_view.row.prefix));
    assert_text(rig_view.row.kind, "plain");
    assert_text(rig_view.row.scopes, "orders:read");
    assert_int_equal(rig_view.status, KEY_STATUS_ACTIVE);
    assert_int_equal(rig_view.row.created_at, rig.now);
    assert_int_equal(rig_view.row.user_id, 0);
    assert_int_equal(rig_verify(&rig_key, "orders:read", 1), CARDEA_VALID);
    assert_int_equal(rig_verify(&rig_key, "orders:write", 1), CARDEA_INSUFFICIENT_SCOPE);

    /* What is stored is the digest, nowhere the key. */
    struct cardea_digest digest;
    cardea_digest(key, &digest);
    assert_true(cardea_digest_equal(&digest, &rig_view.row.digest));
    assert_done(rig_get(rig_view.row.id));
    assert_text(rig_view.row.metadata, "{\"plan\":\"pro\"}");
    assert_int_equal(rig_view.row.rate.limit, 10);
}

static void kinds(void **state)
{
    int64_t account = rig_account("shop"), agent = rig_agent(account), other = rig_agent(rig_account("shop"));
    int64_t user = rig_user(account, CARDEA_ROLE_OWNER);
    rig_as_root();
    struct key_create in = rig_asked(account, "k", "orders:read");
    in.kind = STR("plane");
    assert_refused(SERVICE_INVALID, "invalid_request", rig_create(&in));
    assert_string_equal(rig.call.problems[0].location, "/kind");
    assert_non_null(strstr(rig.call.problems[0].fix, "plain, narrow, fixed"));

    in = rig_asked(account, "k", NULL);
    in.kind = STR("fixed");
    assert_done(rig_create(&in));
    assert_int_equal(rig_verify(&rig_key, "stock:read", 1), CARDEA_VALID);

    in.kind = STR("short");
    assert_done(rig_create(&in));
    assert_int_equal(rig_view.row.expires_at, rig.now + 3600);

    in.kind = STR("old");
    assert_refused(SERVICE_INVALID, "invalid_request", rig_create(&in));
    in.kind = STR("rooted");
    assert_done(rig_create(&in));

    in.kind = STR("single");
    assert_refused(SERVICE_INVALID, "invalid_request", rig_create(&in)); /* by root: whose role? */

    in.kind = STR("agent");
    assert_refused(SERVICE_INVALID, "invalid_request", rig_create(&in));
    assert_string_equal(rig.call.problems[0].location, "/agent");
    in.agent = rig_id("agt", other);
    assert_refused(SERVICE_INVALID, "invalid_request", rig_create(&in));
    in.agent = rig_id("agt", agent);
    assert_done(rig_create(&in));
    assert_int_equal(rig_view.row.agent_id, agent);
    in.kind = STR("fixed");
    assert_refused(SERVICE_INVALID, "invalid_request", rig_create(&in));

    rig_as_user(account, user, CARDEA_ROLE_OWNER);
    in = rig_asked(0, "k", NULL);
    in.kind = STR("rooted");
    assert_refused(SERVICE_FORBIDDEN, "forbidden", rig_create(&in));
}

static void all_mistakes_at_once(void **state)
{
    struct key_create in = rig_asked(rig_account("shop"), "", "orders:reed");
    in.input.given |= KEY_CREDITS;
    in.input.credits = -5;
    rig_as_root();
    assert_refused(SERVICE_INVALID, "invalid_request", rig_create(&in));
    assert_int_equal(rig.call.problem_count, 3);
    assert_int_equal(rig_key.len, 0);
}

static void accounts(void **state)
{
    struct key_create in = rig_asked(0, "k", "orders:read");
    rig_as_root();
    assert_refused(SERVICE_INVALID, "invalid_request", rig_create(&in)); /* root must name one */
    in.account = STR("acc_0000000000000");
    assert_refused(SERVICE_NOTFOUND, "not_found", rig_create(&in));
    int64_t mine = rig_account("shop"), theirs = rig_account("shop");
    rig_as_user(mine, rig_user(mine, CARDEA_ROLE_OWNER), CARDEA_ROLE_OWNER);
    in = rig_asked(theirs, "k", "orders:read");
    assert_refused(SERVICE_FORBIDDEN, "forbidden", rig_create(&in));
    in = rig_asked(0, "k", "orders:read");
    assert_done(rig_create(&in));
    assert_int_equal(rig_view.row.account_id, mine);
}

/* ---- the limit ---- */

static void limit(void **state)
{
    int64_t account = rig_account("shop");
    struct key_create in = rig_asked(account, "k", "orders:read");
    rig_as_root();
    int64_t ids[3];
    for (int i = 0; i < 3; i++) {
        assert_done(rig_create(&in));
        ids[i] = rig_view.row.id;
    }
    assert_refused(SERVICE_LIMIT, "key_limit_reached", rig_create(&in));
    assert_non_null(strstr(rig.call.message, "may have 3"));
    assert_non_null(strstr(rig.call.message, "Revoke one"));

    in.kind = STR("narrow"); /* another kind, without a limit */
    assert_done(rig_create(&in));
    in.kind = STR("plain");

    assert_done(rig_revoke(ids[0], NULL)); /* revoking makes room */
    assert_done(rig_create(&in));
    assert_refused(SERVICE_LIMIT, "key_limit_reached", rig_create(&in));

    struct key_input off = {.given = KEY_ENABLED}, on = {.given = KEY_ENABLED, .enabled = true};
    assert_done(rig_update(ids[1], &off)); /* so does turning off; turning on again needs room */
    assert_done(rig_create(&in));
    assert_refused(SERVICE_LIMIT, "key_limit_reached", rig_update(ids[1], &on));

    struct key_input soon = {.given = KEY_EXPIRES, .expires_at = STR("2027-01-15T08:00:05Z")};
    struct key_input never = {.given = KEY_EXPIRES, .expires_null = true};
    assert_done(rig_update(ids[2], &soon)); /* and expiry; making it live again needs room */
    rig.now += 5;
    assert_done(rig_create(&in));
    assert_refused(SERVICE_LIMIT, "key_limit_reached", rig_update(ids[2], &never));
    assert_done(rig_get(ids[2]));
    assert_int_equal(rig_view.status, KEY_STATUS_EXPIRED);
    rig.now = RIG_START;
}

static void limit_and_rotation(void **state)
{
    int64_t account = rig_account("shop"), last = 0;
    struct key_create in = rig_asked(account, "k", "orders:read");
    rig_as_root();
    for (int i = 0; i < 3; i++) {
        assert_done(rig_create(&in));
        last = rig_view.row.id;
    }
    assert_done(rig_rotate(last, 3600)); /* at the limit, since the old one no longer counts */
    assert_refused(SERVICE_LIMIT, "key_limit_reached", rig_create(&in));
    struct key_input never = {.given = KEY_EXPIRES, .expires_null = true};
    assert_refused(SERVICE_CONFLICT, "conflict", rig_update(last, &never)); /* nor may it come back */
}

/* ---- who may ---- */

static enum service_err leave(struct service_call *c, void *arg)
{
    return store_member_put(c->db, arg) == STORE_OK ? SERVICE_OK : SERVICE_UNAVAILABLE;
}

/* A key that has its maker's role gives nobody more than they have: whoever is in the account may make it. */
static void viewers_make_keys_of_their_own_role(void **state)
{
    int64_t account = rig_account("shop"), plain = rig_account("open-animate");
    int64_t viewer = rig_user(account, CARDEA_ROLE_VIEWER), owner = rig_user(account, CARDEA_ROLE_OWNER);
    struct key_create in = rig_asked(0, "k", NULL);
    in.kind = STR("single");
    rig_as_user(account, owner, CARDEA_ROLE_OWNER);
    assert_done(rig_create(&in));
    int64_t previous = rig_view.row.id;
    rig_as_user(account, viewer, CARDEA_ROLE_VIEWER);
    assert_done(rig_create(&in)); /* which ends the owner's: that is the kind's own rule */
    int64_t made = rig_view.row.id;
    assert_int_equal(rig_view.row.user_id, viewer);
    assert_done(rig_get(previous));
    assert_int_equal(rig_view.status, KEY_STATUS_REVOKED);
    assert_refused(SERVICE_FORBIDDEN, "forbidden", rig_rotate(made, 0));
    assert_refused(SERVICE_FORBIDDEN, "forbidden", rig_revoke(made, NULL));
    in.kind = STR("plain");
    assert_refused(SERVICE_FORBIDDEN, "forbidden", rig_create(&in));
    in.kind = STR("");
    assert_refused(SERVICE_FORBIDDEN, "forbidden", rig_create(&in));
    rig_as_user(account, viewer, CARDEA_ROLE_NONE);
    in.kind = STR("single");
    assert_refused(SERVICE_FORBIDDEN, "forbidden", rig_create(&in));
    rig_as_user(plain, rig_user(plain, CARDEA_ROLE_VIEWER), CARDEA_ROLE_VIEWER);
    assert_refused(SERVICE_FORBIDDEN, "forbidden", rig_create(&in));
    rig_as_root();
    assert_done(rig_get(made));
    assert_true(rig_view.status == KEY_STATUS_ACTIVE && !rig_view.disabled_reason);
    assert_done(rig_run(leave, &(struct store_member){.account_id = account, .user_id = viewer}));
    assert_done(rig_get(made));
    assert_int_equal(rig_view.status, KEY_STATUS_DISABLED);
    assert_string_equal(rig_view.disabled_reason, "The user whose role it has is no longer in the account.");
}

static void roles(void **state)
{
    int64_t account = rig_account("shop");
    int64_t viewer = rig_user(account, CARDEA_ROLE_VIEWER), member = rig_user(account, CARDEA_ROLE_MEMBER);
    int64_t admin = rig_user(account, CARDEA_ROLE_ADMIN), stranger = rig_account("shop");
    int64_t foreign = rig_made(account, "orders:read").row.id;
    struct key_create in = rig_asked(0, "k", "orders:read");
    struct key_input rename = {.given = KEY_NAME, .name = STR("renamed")};

    rig_as_user(account, viewer, CARDEA_ROLE_VIEWER);
    assert_done(rig_get(foreign));
    assert_refused(SERVICE_FORBIDDEN, "forbidden", rig_create(&in));
    assert_refused(SERVICE_FORBIDDEN, "forbidden", rig_update(foreign, &rename));
    assert_refused(SERVICE_FORBIDDEN, "forbidden", rig_revoke(foreign, NULL));
    assert_refused(SERVICE_FORBIDDEN, "forbidden", rig_rotate(foreign, 0));

    rig_as_user(account, member, CARDEA_ROLE_MEMBER);
    assert_done(rig_create(&in));
    int64_t own = rig_view.row.id;
    assert_int_equal(rig_view.row.user_id, member);
    assert_done(rig_update(own, &rename));
    assert_done(rig_get(foreign));
    assert_refused(SERVICE_FORBIDDEN, "forbidden", rig_update(foreign, &rename));
    assert_refused(SERVICE_FORBIDDEN, "forbidden", rig_revoke(foreign, NULL));
    assert_refused(SERVICE_FORBIDDEN, "forbidden", rig_rotate(foreign, 0));

    rig_as_user(account, admin, CARDEA_ROLE_ADMIN);
    assert_done(rig_update(foreign, &rename));
    assert_done(rig_rotate(own, 0));
    assert_done(rig_revoke(foreign, "left over"));

    rig_as_user(stranger, rig_user(stranger, CARDEA_ROLE_OWNER), CARDEA_ROLE_OWNER);
    assert_refused(SERVICE_NOTFOUND, "not_found", rig_get(foreign));
    assert_refused(SERVICE_NOTFOUND, "not_found", rig_revoke(foreign, NULL));

    rig.actor = (struct actor){.kind = ACTOR_VERIFIER, .key_id = foreign, .account_id = account, .profile = 0};
    assert_refused(SERVICE_FORBIDDEN, "forbidden", rig_get(foreign));
}

static void keys_that_manage(void **state)
{
    int64_t account = rig_account("shop"), agent = rig_agent(account);
    struct key_view manager = rig_made(account, "keys:manage");
    struct key_view full = rig_made(account, "*");
    struct key_create in = rig_asked(0, "k", "orders:read");
    struct key_input scopes = {.given = KEY_SCOPES, .scopes = in.input.scopes, .scope_count = 1};
    struct key_input off = {.given = KEY_ENABLED}, on = {.given = KEY_ENABLED, .enabled = true};

    rig_as_key(&manager); /* never more than it has itself */
    assert_refused(SERVICE_FORBIDDEN, "INSUFFICIENT_SCOPE", rig_create(&in));
    assert_non_null(strstr(rig.call.message, "orders:read"));
    assert_refused(SERVICE_FORBIDDEN, "INSUFFICIENT_SCOPE", rig_update(manager.row.id, &scopes));
    assert_refused(SERVICE_FORBIDDEN, "INSUFFICIENT_SCOPE", rig_rotate(full.row.id, 0)); /* it would see the secret */
    assert_done(rig_update(full.row.id, &off)); /* turning off gives nothing away */
    assert_refused(SERVICE_FORBIDDEN, "INSUFFICIENT_SCOPE", rig_update(full.row.id, &on));
    in = rig_asked(0, "k", "keys:manage");
    assert_done(rig_create(&in));
    rig_as_root();
    assert_done(rig_update(full.row.id, &on));
    assert_done(rig_revoke(rig_view.row.id, NULL));

    struct key_view reader = rig_made(account, "orders:read");
    rig_as_key(&reader);
    assert_refused(SERVICE_FORBIDDEN, "INSUFFICIENT_SCOPE", rig_get(manager.row.id));
    assert_refused(SERVICE_FORBIDDEN, "INSUFFICIENT_SCOPE", rig_create(&in));

    in = rig_asked(account, "bound", "*");
    in.kind = STR("agent");
    in.agent = rig_id("agt", agent);
    rig_as_root();
    assert_done(rig_create(&in));
    rig_as_key(&rig_view); /* whatever its scopes */
    in = rig_asked(0, "k", "orders:read");
    in.kind = STR("narrow");
    assert_refused(SERVICE_FORBIDDEN, "forbidden", rig_create(&in));
}

static void a_key_that_was_revoked_since_it_was_let_in(void **state)
{
    struct key_view manager = rig_made(rig_account("shop"), "keys:manage");
    struct key_create in = rig_asked(0, "k", "keys:manage");
    rig_as_root();
    assert_done(rig_revoke(manager.row.id, NULL));
    rig_as_key(&manager);
    assert_refused(SERVICE_UNAUTHENTICATED, "unauthenticated", rig_create(&in));
}

static void keys_of_other_profiles(void **state)
{
    int64_t animus = rig_account("animus"), native = rig_account("cardea"), open = rig_account("open-animate");
    struct key_create in = rig_asked(0, "k", NULL);
    struct key_view key = rig_made(animus, "*");
    rig_as_key(&key); /* its profile takes sessions alone */
    assert_refused(SERVICE_FORBIDDEN, "forbidden", rig_get(key.row.id));
    assert_refused(SERVICE_FORBIDDEN, "forbidden", rig_create(&in));

    key = rig_made(open, NULL);
    rig_as_key(&key);
    assert_done(rig_create(&in));
    assert_done(rig_revoke(rig_view.row.id, NULL));

    key = rig_made(native, "keys:read");
    rig_as_key(&key);
    assert_done(rig_get(key.row.id));
    assert_refused(SERVICE_FORBIDDEN, "INSUFFICIENT_SCOPE", rig_create(&in));
    key = rig_made(native, "keys:*");
    rig_as_key(&key);
    in = rig_asked(0, "k", "keys:write");
    assert_done(rig_create(&in));
    in = rig_asked(0, "k", "accounts:write");
    assert_refused(SERVICE_FORBIDDEN, "INSUFFICIENT_SCOPE", rig_create(&in));
    in.kind = STR("root");
    assert_refused(SERVICE_FORBIDDEN, "forbidden", rig_create(&in));
}

/* ---- reading ---- */

struct page {
    struct key_list in;
    struct key_view views[KEY_LIST_MAX];
    size_t count;
    int64_t next;
};

static enum service_err do_list(struct service_call *c, void *arg)
{
    struct page *p = arg;
    return service_key_list(c, &p->in, p->views, &p->count, &p->next);
}

static void pages(void **state)
{
    int64_t account = rig_account("open-animate"), ids[7], stopped;
    static struct page p;
    for (int i = 0; i < 7; i++)
        ids[i] = rig_made(account, NULL).row.id;
    rig_as_root();
    assert_done(rig_revoke(ids[0], NULL));
    struct key_input off = {.given = KEY_ENABLED};
    assert_done(rig_update(ids[1], &off));
    stopped = ids[1];

    rig_as_user(account, 1, CARDEA_ROLE_VIEWER);
    p.in = (struct key_list){.limit = 3};
    assert_done(rig_run(do_list, &p));
    assert_int_equal(p.count, 3);
    assert_int_equal(p.views[0].row.id, ids[6]);
    assert_int_equal(p.next, ids[4]);
    p.in.cursor = rig_id("key", p.next);
    assert_done(rig_run(do_list, &p));
    assert_int_equal(p.views[0].row.id, ids[3]);
    p.in.cursor = rig_id("key", p.next);
    assert_done(rig_run(do_list, &p));
    assert_int_equal(p.count, 1);
    assert_int_equal(p.views[0].status, KEY_STATUS_REVOKED);
    assert_int_equal(p.next, 0);

    p.in = (struct key_list){.limit = KEY_LIST_MAX, .status = STR("disabled")};
    assert_done(rig_run(do_list, &p));
    assert_int_equal(p.count, 1);
    assert_int_equal(p.views[0].row.id, stopped);
    p.in.status = STR("active");
    assert_done(rig_run(do_list, &p));
    assert_int_equal(p.count, 5);
    p.in = (struct key_list){.limit = 201, .status = STR("broken"), .cursor = STR("acc_0000000000000")};
    assert_refused(SERVICE_INVALID, "invalid_request", rig_run(do_list, &p));
    assert_int_equal(rig.call.problem_count, 3);
    p.in = (struct key_list){.limit = 1, .account = rig_id("acc", rig_account("shop"))};
    assert_refused(SERVICE_FORBIDDEN, "forbidden", rig_run(do_list, &p));
    rig_as_root();
    p.in = (struct key_list){.limit = KEY_LIST_MAX};
    assert_done(rig_run(do_list, &p)); /* root: of all accounts */
    assert_true(p.count > 7);
}

static enum service_err do_find(struct service_call *c, void *arg)
{
    struct key_view *v = arg;
    return service_key_find(c, v->row.prefix, &v->row.id);
}

static void by_prefix(void **state)
{
    int64_t account = rig_account("open-animate");
    struct key_view key = rig_made(account, NULL), wanted = {.row = {.prefix = key.row.prefix}};
    rig_as_user(account, 1, CARDEA_ROLE_OWNER);
    assert_done(rig_run(do_find, &wanted));
    assert_int_equal(wanted.row.id, key.row.id);
    int64_t other = rig_account("open-animate");
    rig_as_user(other, 1, CARDEA_ROLE_OWNER);
    assert_refused(SERVICE_NOTFOUND, "not_found", rig_run(do_find, &wanted));
    rig_as_root(); /* a prefix says nothing without an account */
    assert_refused(SERVICE_NOTFOUND, "not_found", rig_run(do_find, &wanted));
}

static void live_usage(void **state)
{
    int64_t account = rig_account("shop");
    struct key_create in = rig_asked(account, "metered", "orders:read");
    in.input.given |= KEY_CREDITS;
    in.input.credits = 5;
    rig_as_root();
    assert_done(rig_create(&in));
    int64_t id = rig_view.row.id;
    assert_int_equal(rig_view.row.credits, 5);
    assert_int_equal(rig_verify(&rig_key, NULL, 2), CARDEA_VALID);
    assert_int_equal(rig_verify(&rig_key, NULL, 2), CARDEA_VALID);
    assert_int_equal(rig_verify(&rig_key, NULL, 2), CARDEA_CREDITS_EXHAUSTED);
    assert_done(rig_get(id)); /* nothing was flushed: the slot alone knows */
    assert_int_equal(rig_view.row.use_count, 2);
    assert_int_equal(rig_view.row.last_used_at, rig.now);
    assert_int_equal(rig_view.row.credits, 1);

    struct key_input more = {.given = KEY_CREDITS, .credits = 3};
    assert_done(rig_update(id, &more));
    assert_int_equal(rig_view.row.credits, 3);
    assert_int_equal(rig_verify(&rig_key, NULL, 3), CARDEA_VALID);
    assert_int_equal(rig_verify(&rig_key, NULL, 1), CARDEA_CREDITS_EXHAUSTED);
    struct key_input unmetered = {.given = KEY_CREDITS, .credits_null = true};
    assert_done(rig_update(id, &unmetered));
    assert_int_equal(rig_view.row.credits, -1);
    assert_int_equal(rig_verify(&rig_key, NULL, 1000), CARDEA_VALID);
}

/* ---- the log ---- */

struct counts {
    int64_t audit, events;
};

static struct counts count_log(void)
{
    struct counts n;
    assert_int_equal(store_audit_count(rig.db, &n.audit), STORE_OK);
    assert_int_equal(store_event_count(rig.db, &n.events), STORE_OK);
    return n;
}

static void each_change_is_on_record(void **state)
{
    int64_t account = rig_account("shop");
    struct key_create in = rig_asked(account, "k", "orders:read"), bad = rig_asked(account, "", "orders:read");
    struct key_input rename = {.given = KEY_NAME, .name = STR("renamed")};
    struct counts before = count_log();
    rig_as_root();
    assert_done(rig_create(&in));
    int64_t id = rig_view.row.id;
    assert_done(rig_update(id, &rename));
    assert_done(rig_revoke(id, NULL));
    assert_done(rig_revoke(id, NULL)); /* once more changes nothing */
    assert_refused(SERVICE_INVALID, "invalid_request", rig_create(&bad));
    struct counts after = count_log();
    assert_int_equal(after.audit - before.audit, 3);
    assert_int_equal(after.events - before.events, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shown_once_and_works),
        cmocka_unit_test(kinds),
        cmocka_unit_test(all_mistakes_at_once),
        cmocka_unit_test(accounts),
        cmocka_unit_test(limit),
        cmocka_unit_test(limit_and_rotation),
        cmocka_unit_test(viewers_make_keys_of_their_own_role),
        cmocka_unit_test(roles),
        cmocka_unit_test(keys_that_manage),
        cmocka_unit_test(a_key_that_was_revoked_since_it_was_let_in),
        cmocka_unit_test(keys_of_other_profiles),
        cmocka_unit_test(pages),
        cmocka_unit_test(by_prefix),
        cmocka_unit_test(live_usage),
        cmocka_unit_test(each_change_is_on_record),
    };
    return cmocka_run_group_tests_name("keys: made, read, limited", tests, rig_open, rig_close);
}
