/* Accounts, members, users: who may do what, and what stays true. */
#include "service_rig.h"

#include "store/audit.h"

static int64_t acme, other, ada, bob;

static int setup(void **state)
{
    rig_setup(state);
    acme = rig_account("shop", "acme");
    other = rig_account("shop", "other");
    ada = rig_user("ada@example.com", (struct cardea_str){0});
    bob = rig_user("bob@example.com", (struct cardea_str){0});
    rig_member(acme, ada, CARDEA_ROLE_OWNER);
    return 0;
}

/* ---- accounts ---- */

struct create {
    const char *profile, *slug, *name;
    struct store_account row;
};

static enum service_err create_unit(struct service_call *c, void *arg)
{
    struct create *a = arg;
    return service_account_create(c, str_of(a->profile), str_of(a->slug), str_of(a->name), &a->row);
}

static enum service_err create(const char *profile, const char *slug, const char *name)
{
    struct create a = {.profile = profile, .slug = slug, .name = name};
    return rig_run(create_unit, &a);
}

static void accounts_are_made_by_rule(void **state)
{
    static const char *const bad_slugs[] = {
        "", "-", "-a", "a-", "A", "a_b", "a b", "a/b", "\xc3\xa4", "a\n", "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddE"};
    for (size_t i = 0; i < sizeof(bad_slugs) / sizeof(bad_slugs[0]); i++) {
        assert_refused(create("shop", bad_slugs[i], "x"), SERVICE_INVALID, "invalid_request");
        assert_string_equal(rig.call.problems[0].location, "/slug");
    }
    assert_done(create("shop", "a", "x"));
    assert_done(create("shop", "aaaaaaaaaabbbbbbbbbbccccccccccdddddddd-9", "x"));
    assert_refused(create("nothing", "b", "x"), SERVICE_INVALID, "invalid_request");
    assert_non_null(strstr(rig.call.problems[0].fix, "shop"));
    assert_refused(create("shop", "b", ""), SERVICE_INVALID, "invalid_request");
    assert_refused(create("shop", "b", "  "), SERVICE_INVALID, "invalid_request");
    assert_refused(create("nothing", "B", ""), SERVICE_INVALID, "invalid_request");
    assert_int_equal(rig.call.problem_count, 3);
    assert_refused(create("shop", "acme", "x"), SERVICE_CONFLICT, "slug_taken");
    assert_done(create("animus", "acme", "x"));
    rig_as_user(acme, ada, CARDEA_ROLE_OWNER);
    assert_refused(create("shop", "mine", "x"), SERVICE_FORBIDDEN, "forbidden");
}

static void accounts_go_by_three_names(void **state)
{
    struct store_account row;
    int64_t twin = rig_account("animus", "acme");
    assert_done(service_account_resolve(rig_call(), rig_id("acc", acme), &row));
    assert_done(service_account_resolve(rig_call(), STR("shop/acme"), &row));
    assert_int_equal(row.id, acme);
    assert_done(service_account_resolve(rig_call(), STR("animus/acme"), &row));
    assert_int_equal(row.id, twin);
    assert_done(service_account_resolve(rig_call(), STR("other"), &row));
    assert_int_equal(row.id, other);
    assert_refused(service_account_resolve(rig_call(), STR("acme"), &row), SERVICE_INVALID, "invalid_request");
    static const char *const unknown[] = {
        "", "/", "nobody", "shop/", "/acme", "shop/acme/", "acc_0000000000001", "key_0000000000001"};
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
        if (service_account_resolve(rig_call(), str_of(unknown[i]), &row) != SERVICE_NOTFOUND)
            fail_msg("`%s`: %s", unknown[i], rig.call.code);
}

static void a_call_is_about_the_caller_s_own(void **state)
{
    struct store_account row;
    rig_account("animus", "acme");
    assert_refused(service_account_of_call(rig_call(), STR(""), "/account", &row), SERVICE_INVALID, "invalid_request");
    assert_string_equal(rig.call.problems[0].location, "/account");
    rig_as_user(acme, ada, CARDEA_ROLE_VIEWER);
    assert_done(service_account_of_call(rig_call(), STR(""), "/account", &row));
    assert_int_equal(row.id, acme);
    assert_done(service_account_of_call(rig_call(), STR("acme"), "/account", &row)); /* two have it: the own is meant */
    assert_int_equal(row.id, acme);
    assert_done(service_account_of_call(rig_call(), STR("shop/acme"), "/account", &row));
    /* The same refusal whether it exists or not. */
    assert_refused(service_account_of_call(rig_call(), STR("other"), "/account", &row), SERVICE_FORBIDDEN, "forbidden");
    assert_refused(service_account_of_call(rig_call(), STR("nobody"), "/account", &row), SERVICE_FORBIDDEN,
                   "forbidden");
    assert_refused(service_account_get(rig_call(), STR("other"), &row), SERVICE_NOTFOUND, "not_found");
    assert_refused(service_account_get(rig_call(), STR("nobody"), &row), SERVICE_NOTFOUND, "not_found");
    assert_done(service_account_get(rig_call(), rig_id("acc", acme), &row));
}

static void lists_are_pages(void **state)
{
    struct store_account rows[64];
    size_t count, all = 0;
    int64_t after = 0;
    char slug[16];
    for (int i = 0; i < 20; i++) {
        snprintf(slug, sizeof(slug), "many-%d", i);
        rig_account(i % 2 ? "shop" : "animus", slug);
    }
    do {
        assert_done(service_account_list(rig_call(), STR("shop"), after, 3, rows, &count));
        for (size_t i = 0; i < count; i++) {
            assert_true(rows[i].id > after);
            assert_text(rows[i].profile, "shop");
            after = rows[i].id;
        }
        all += count;
    } while (count == 3);
    assert_int_equal(all, 12);
    rig_as_user(acme, ada, CARDEA_ROLE_VIEWER);
    assert_done(service_account_list(rig_call(), STR(""), 0, 64, rows, &count));
    assert_int_equal(count, 1);
    assert_int_equal(rows[0].id, acme);
    assert_done(service_account_list(rig_call(), STR("animus"), 0, 64, rows, &count));
    assert_int_equal(count, 0);
    assert_done(service_account_list(rig_call(), STR(""), acme, 64, rows, &count));
    assert_int_equal(count, 0);
}

struct patch {
    const char *account;
    struct account_patch patch;
    struct store_account row;
};

static enum service_err patch_unit(struct service_call *c, void *arg)
{
    struct patch *p = arg;
    return service_account_patch(c, str_of(p->account), &p->patch, &p->row);
}

static enum service_err rename_account(const char *account, const char *name)
{
    struct patch p = {account, {.has_name = true, .name = str_of(name)}, {0}};
    return rig_run(patch_unit, &p);
}

static enum service_err suspend(const char *account)
{
    struct patch p = {account, {.has_status = true, .status = STORE_ACCOUNT_SUSPENDED}, {0}};
    return rig_run(patch_unit, &p);
}

static enum service_err delete_unit(struct service_call *c, void *arg)
{
    struct store_account row;
    return service_account_delete(c, str_of(arg), &row);
}

static void who_may_change_an_account(void **state)
{
    struct store_account row;
    static char name[] = "acme";
    rig_as_user(acme, ada, CARDEA_ROLE_ADMIN);
    assert_refused(rename_account("acme", "New"), SERVICE_FORBIDDEN, "forbidden");
    rig_as_user(acme, ada, CARDEA_ROLE_OWNER);
    assert_done(rename_account("acme", "New"));
    assert_done(service_account_get(rig_call(), STR("acme"), &row));
    assert_text(row.name, "New");
    assert_refused(suspend("acme"), SERVICE_FORBIDDEN, "forbidden");
    assert_refused(rename_account("other", "Mine"), SERVICE_NOTFOUND, "not_found");
    assert_refused(rename_account("acme", ""), SERVICE_INVALID, "invalid_request");
    assert_refused(rig_run(delete_unit, name), SERVICE_FORBIDDEN, "forbidden");
    rig_as_root();
    assert_done(suspend("acme"));
    assert_done(rig_run(delete_unit, name));
    assert_refused(rig_run(delete_unit, name), SERVICE_NOTFOUND, "not_found");
    assert_done(create("shop", "acme", "Another"));
}

static void the_system_account_stays(void **state)
{
    struct cardea_secret root;
    struct cardea_why why;
    static char name[] = "cardea/system";
    bool made;
    assert_true(bootstrap_root(&rig.svc, rig_take_root, NULL, &root, &made, &why));
    cardea_secret_wipe(&root);
    assert_refused(suspend(name), SERVICE_CONFLICT, "conflict");
    assert_refused(rig_run(delete_unit, name), SERVICE_CONFLICT, "conflict");
    assert_done(rename_account(name, "Ours"));
}

/* ---- members ---- */

struct put {
    int64_t account, user;
    enum cardea_role role;
    struct account_member out;
};

static enum service_err put_unit(struct service_call *c, void *arg)
{
    struct put *p = arg;
    return service_member_put(c, rig_id("acc", p->account), rig_id("usr", p->user), p->role, &p->out);
}

static enum service_err put(int64_t user, enum cardea_role role)
{
    struct put p = {acme, user, role, {{0}}};
    enum service_err err = rig_run(put_unit, &p);
    if (err == SERVICE_OK)
        assert_int_equal(p.out.row.role, role);
    return err;
}

static enum service_err remove_unit(struct service_call *c, void *arg)
{
    return service_member_remove(c, rig_id("acc", acme), rig_id("usr", *(int64_t *)arg));
}

static enum service_err take_out(int64_t user)
{
    return rig_run(remove_unit, &user);
}

static void roles_are_given_by_rule(void **state)
{
    rig_as_user(acme, bob, CARDEA_ROLE_MEMBER);
    assert_refused(put(bob, CARDEA_ROLE_OWNER), SERVICE_FORBIDDEN, "forbidden");
    rig_as_user(acme, ada, CARDEA_ROLE_OWNER);
    assert_done(put(bob, CARDEA_ROLE_ADMIN));
    assert_refused(put(9, CARDEA_ROLE_ADMIN), SERVICE_NOTFOUND, "not_found");
    assert_refused(put(bob, CARDEA_ROLE_NONE), SERVICE_INVALID, "invalid_request");
    rig_as_user(acme, bob, CARDEA_ROLE_ADMIN);
    assert_refused(put(bob, CARDEA_ROLE_OWNER), SERVICE_FORBIDDEN, "forbidden");
    assert_refused(put(ada, CARDEA_ROLE_VIEWER), SERVICE_FORBIDDEN, "forbidden");
    assert_refused(take_out(ada), SERVICE_FORBIDDEN, "forbidden");
    assert_done(put(bob, CARDEA_ROLE_MEMBER));
    rig_as_user(other, bob, CARDEA_ROLE_OWNER);
    assert_refused(put(bob, CARDEA_ROLE_OWNER), SERVICE_NOTFOUND, "not_found");
}

static void the_last_owner_stays(void **state)
{
    rig_as_user(acme, ada, CARDEA_ROLE_OWNER);
    assert_refused(put(ada, CARDEA_ROLE_ADMIN), SERVICE_CONFLICT, "conflict");
    assert_refused(take_out(ada), SERVICE_CONFLICT, "conflict");
    assert_done(put(bob, CARDEA_ROLE_OWNER));
    assert_done(take_out(ada));
    assert_refused(take_out(ada), SERVICE_NOTFOUND, "not_found");
    rig_as_root();
    assert_refused(take_out(bob), SERVICE_CONFLICT, "conflict");
}

static void everyone_may_leave(void **state)
{
    rig_member(acme, bob, CARDEA_ROLE_VIEWER);
    rig_as_user(acme, bob, CARDEA_ROLE_VIEWER);
    assert_refused(take_out(ada), SERVICE_FORBIDDEN, "forbidden");
    assert_done(take_out(bob));
}

static void members_are_seen_by_those_who_manage_them(void **state)
{
    struct account_member rows[8];
    size_t count;
    rig_member(acme, bob, CARDEA_ROLE_MEMBER);
    rig_as_user(acme, bob, CARDEA_ROLE_MEMBER);
    assert_refused(service_member_list(rig_call(), STR("acme"), 0, 8, rows, &count), SERVICE_FORBIDDEN, "forbidden");
    rig_as_user(acme, ada, CARDEA_ROLE_OWNER);
    assert_done(service_member_list(rig_call(), STR("acme"), 0, 8, rows, &count));
    assert_int_equal(count, 2);
    assert_text(rows[0].email, "ada@example.com");
    assert_done(service_member_list(rig_call(), STR("acme"), rows[0].row.user_id, 8, rows, &count));
    assert_int_equal(count, 1);
    assert_text(rows[0].email, "bob@example.com");
}

/* ---- users ---- */

struct user_asked {
    const char *email, *name;
    struct store_user row;
};

static enum service_err user_unit(struct service_call *c, void *arg)
{
    struct user_asked *a = arg;
    return service_user_create(c, str_of(a->email), str_of(a->name), (struct cardea_str){0}, &a->row);
}

static enum service_err make_user(const char *email, const char *name)
{
    struct user_asked a = {.email = email, .name = name};
    return rig_run(user_unit, &a);
}

static void users_are_made_by_rule(void **state)
{
    static const char *const bad[] = {"", "a", "a@", "@b", "a b@c", "a@b@c", "a@b\n", "<a@b>", "a,b@c", "a@\x01"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_refused(make_user(bad[i], "x"), SERVICE_INVALID, "invalid_request");
    assert_done(make_user("eve@example.com", ""));
    assert_refused(make_user("EVE@example.com", ""), SERVICE_CONFLICT, "email_taken");
    rig_as_user(acme, ada, CARDEA_ROLE_OWNER);
    assert_refused(make_user("new@example.com", ""), SERVICE_FORBIDDEN, "forbidden");
}

struct user_change {
    int64_t id;
    struct user_patch patch;
    struct store_user row;
};

static enum service_err change_unit(struct service_call *c, void *arg)
{
    struct user_change *a = arg;
    return service_user_patch(c, rig_id("usr", a->id), &a->patch, &a->row);
}

static enum service_err change(int64_t id, struct user_patch patch)
{
    struct user_change a = {.id = id, .patch = patch};
    return rig_run(change_unit, &a);
}

static void users_change_their_own(void **state)
{
    struct store_user row;
    rig_as_user(acme, ada, CARDEA_ROLE_OWNER);
    assert_done(change(ada, (struct user_patch){.has_name = true, .name = STR("Ada")}));
    assert_done(service_user_get(rig_call(), rig_id("usr", ada), &row));
    assert_text(row.name, "Ada");
    assert_refused(change(ada, (struct user_patch){.has_disabled = true, .disabled = true}), SERVICE_FORBIDDEN,
                   "forbidden");
    assert_refused(change(bob, (struct user_patch){.has_name = true, .name = STR("Bob")}), SERVICE_NOTFOUND,
                   "not_found");
    assert_refused(service_user_get(rig_call(), rig_id("usr", bob), &row), SERVICE_NOTFOUND, "not_found");
    assert_refused(service_user_get(rig_call(), STR("ada"), &row), SERVICE_NOTFOUND, "not_found");
    struct store_user rows[2];
    size_t count;
    assert_refused(service_user_list(rig_call(), 0, 2, rows, &count), SERVICE_FORBIDDEN, "forbidden");
    rig_as_root();
    assert_done(service_user_list(rig_call(), 0, 2, rows, &count));
    assert_int_equal(count, 2);
}

static void a_new_password_asks_for_the_old_one(void **state)
{
    struct cardea_str hash;
    struct service_call *c = rig_call();
    assert_done(service_password_hash(c, STR("old password"), &hash));
    int64_t eve = rig_user("eve@example.com", hash);
    struct user_patch patch = {.has_password = true, .password = STR("new password")};
    rig_as_user(acme, eve, CARDEA_ROLE_MEMBER);
    assert_refused(service_user_patch_check(rig_call(), rig_id("usr", eve), &patch), SERVICE_INVALID,
                   "invalid_request");
    patch.current_password = STR("wrong password");
    assert_refused(service_user_patch_check(rig_call(), rig_id("usr", eve), &patch), SERVICE_INVALID,
                   "invalid_request");
    assert_string_equal(rig.call.problems[0].location, "/current_password");
    patch.current_password = STR("old password");
    patch.password = STR("short");
    assert_refused(service_user_patch_check(rig_call(), rig_id("usr", eve), &patch), SERVICE_INVALID,
                   "invalid_request");
    assert_string_equal(rig.call.problems[0].location, "/password");
    patch.password = STR("new password");
    assert_done(service_user_patch_check(rig_call(), rig_id("usr", eve), &patch));
    assert_done(change(eve, patch));
    struct session_login login;
    assert_refused(
        service_session_check(rig_call(), STR("eve@example.com"), STR("old password"), STR(""), STR(""), &login),
        SERVICE_UNAUTHENTICATED, "unauthenticated");
    rig_member(acme, eve, CARDEA_ROLE_MEMBER);
    assert_done(
        service_session_check(rig_call(), STR("eve@example.com"), STR("new password"), STR(""), STR(""), &login));
    rig_as_root();
    patch = (struct user_patch){.has_password = true, .password = STR("root's choice")};
    assert_done(service_user_patch_check(rig_call(), rig_id("usr", eve), &patch));
}

static enum service_err erase_unit(struct service_call *c, void *arg)
{
    return service_user_erase(c, rig_id("usr", *(int64_t *)arg));
}

static void an_erased_user_leaves_a_number(void **state)
{
    struct store_user row;
    struct store_member member;
    rig_member(other, ada, CARDEA_ROLE_MEMBER);
    rig_as_user(acme, ada, CARDEA_ROLE_OWNER);
    assert_refused(rig_run(erase_unit, &ada), SERVICE_FORBIDDEN, "forbidden");
    rig_as_root();
    assert_done(rig_run(erase_unit, &ada)); /* the last owner, too */
    assert_done(service_user_get(rig_call(), rig_id("usr", ada), &row));
    assert_int_equal(row.email.len + row.name.len + row.password_hash.len, 0);
    assert_true(row.disabled);
    assert_int_equal(store_member_get(rig.db, acme, ada, &member), STORE_NOTFOUND);
    assert_int_equal(store_member_get(rig.db, other, ada, &member), STORE_NOTFOUND);
    assert_done(rig_run(erase_unit, &ada));
    assert_refused(change(ada, (struct user_patch){.has_disabled = true}), SERVICE_CONFLICT, "conflict");
    assert_refused(put(ada, CARDEA_ROLE_MEMBER), SERVICE_NOTFOUND, "not_found");
    assert_done(make_user("ada@example.com", "")); /* the address is free */
}

/* ---- what is written down ---- */

static void each_change_is_recorded_once(void **state)
{
    int64_t audit, events, audit_after, events_after;
    assert_int_equal(store_audit_count(rig.db, &audit), STORE_OK);
    assert_int_equal(store_event_count(rig.db, &events), STORE_OK);
    assert_done(create("shop", "recorded", "x"));
    assert_refused(create("shop", "recorded", "x"), SERVICE_CONFLICT, "slug_taken");
    assert_done(rename_account("recorded", "y"));
    assert_done(rename_account("recorded", "y")); /* changes nothing */
    assert_done(put(bob, CARDEA_ROLE_VIEWER));
    assert_done(put(bob, CARDEA_ROLE_VIEWER));
    assert_int_equal(store_audit_count(rig.db, &audit_after), STORE_OK);
    assert_int_equal(store_event_count(rig.db, &events_after), STORE_OK);
    assert_int_equal(audit_after - audit, 3);
    assert_int_equal(events_after - events, 3);
}

#define test(function) cmocka_unit_test_setup_teardown(function, setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(accounts_are_made_by_rule),
        test(accounts_go_by_three_names),
        test(a_call_is_about_the_caller_s_own),
        test(lists_are_pages),
        test(who_may_change_an_account),
        test(the_system_account_stays),
        test(roles_are_given_by_rule),
        test(the_last_owner_stays),
        test(everyone_may_leave),
        test(members_are_seen_by_those_who_manage_them),
        test(users_are_made_by_rule),
        test(users_change_their_own),
        test(a_new_password_asks_for_the_old_one),
        test(an_erased_user_leaves_a_number),
        test(each_change_is_recorded_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
