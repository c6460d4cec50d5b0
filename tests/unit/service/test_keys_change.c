#include "keys_rig.h"

#include "store/audit.h"

static struct cardea_secret kept; /* the key that a test watches while others are made */

static struct key_view make(int64_t account, const char *scope)
{
    struct key_view view = rig_made(account, scope);
    kept = rig_key;
    rig_as_root();
    return view;
}

static enum service_err set_scopes(int64_t id, const char *scope)
{
    struct cardea_str scopes[1] = {str_of(scope)};
    struct key_input in = {.given = KEY_SCOPES, .scopes = scopes, .scope_count = scope != NULL};
    return rig_update(id, &in);
}

/* ---- changes ---- */

static void scopes_change_at_once_and_the_secret_stays(void **state)
{
    struct key_view key = make(rig_account("shop"), "orders:read");
    assert_int_equal(rig_verify(&kept, "orders:read", 1), CARDEA_VALID);
    assert_done(set_scopes(key.row.id, "stock:read"));
    assert_int_equal(rig_verify(&kept, "orders:read", 1), CARDEA_INSUFFICIENT_SCOPE);
    assert_int_equal(rig_verify(&kept, "stock:read", 1), CARDEA_VALID);
    assert_refused(SERVICE_INVALID, "invalid_request", set_scopes(key.row.id, NULL));
    assert_refused(SERVICE_INVALID, "invalid_request", set_scopes(key.row.id, "unheard"));
    assert_int_equal(rig_verify(&kept, "stock:read", 1), CARDEA_VALID);
}

static void off_and_on(void **state)
{
    struct key_view key = make(rig_account("shop"), "orders:read");
    struct key_input off = {.given = KEY_ENABLED}, on = {.given = KEY_ENABLED, .enabled = true};
    assert_done(rig_update(key.row.id, &off));
    assert_int_equal(rig_view.status, KEY_STATUS_DISABLED);
    assert_int_equal(rig_verify(&kept, NULL, 1), CARDEA_DISABLED);
    assert_done(rig_update(key.row.id, &on));
    assert_int_equal(rig_verify(&kept, NULL, 1), CARDEA_VALID);
}

static void expiry(void **state)
{
    struct key_view key = make(rig_account("shop"), "orders:read");
    struct key_input soon = {.given = KEY_EXPIRES, .expires_at = STR("2027-01-15T08:00:05Z")};
    struct key_input never = {.given = KEY_EXPIRES, .expires_null = true};
    assert_done(rig_update(key.row.id, &soon));
    rig.now += 4;
    assert_int_equal(rig_verify(&kept, NULL, 1), CARDEA_VALID);
    rig.now += 1;
    assert_int_equal(rig_verify(&kept, NULL, 1), CARDEA_EXPIRED);
    assert_done(rig_update(key.row.id, &never));
    assert_int_equal(rig_verify(&kept, NULL, 1), CARDEA_VALID);
    rig.now = RIG_START;
}

static void nothing_asked_changes_nothing(void **state)
{
    struct key_view key = make(rig_account("shop"), "orders:read");
    struct key_input none = {0};
    assert_done(rig_update(key.row.id, &none));
    assert_text(rig_view.row.scopes, "orders:read");
    assert_text(rig_view.row.name, "made");
}

/* ---- revocation ---- */

static void revoked_for_good(void **state)
{
    struct key_view key = make(rig_account("shop"), "orders:read");
    struct key_input on = {.given = KEY_ENABLED, .enabled = true};
    assert_done(rig_revoke(key.row.id, "found on a laptop"));
    assert_int_equal(rig_verify(&kept, NULL, 1), CARDEA_REVOKED);
    assert_text(rig_view.row.revoke_reason, "found on a laptop");
    assert_int_equal(rig_view.row.revoked_at, rig.now);
    rig.now += 60;
    assert_done(rig_revoke(key.row.id, "another reason"));
    assert_text(rig_view.row.revoke_reason, "found on a laptop");
    assert_int_equal(rig_view.row.revoked_at, RIG_START);
    assert_refused(SERVICE_CONFLICT, "key_revoked", rig_update(key.row.id, &on));
    assert_refused(SERVICE_CONFLICT, "key_revoked", rig_rotate(key.row.id, 0));
    rig.now = RIG_START;
    assert_refused(SERVICE_NOTFOUND, "not_found", rig_revoke(12345, NULL));
}

static void reasons(void **state)
{
    char text[KEY_REASON_MAX + 2];
    struct key_view key = make(rig_account("shop"), "orders:read");
    memset(text, 'r', sizeof(text));
    text[KEY_REASON_MAX + 1] = 0;
    assert_refused(SERVICE_INVALID, "invalid_request", rig_revoke(key.row.id, text));
    assert_refused(SERVICE_INVALID, "invalid_request", rig_revoke(key.row.id, "a\nb"));
    assert_int_equal(rig_verify(&kept, NULL, 1), CARDEA_VALID);
    text[KEY_REASON_MAX] = 0;
    assert_done(rig_revoke(key.row.id, text));
}

static enum service_err do_self_revoke(struct service_call *c, void *arg)
{
    return service_key_self_revoke(c, STR("leaked"), arg);
}

static enum service_err do_self(struct service_call *c, void *arg)
{
    return service_key_self(c, arg);
}

static void a_key_ends_itself(void **state)
{
    struct key_view key = make(rig_account("animus"), "read"), view;
    rig_as_key(&key); /* which may manage nothing */
    assert_done(rig_run(do_self, &view));
    assert_int_equal(view.row.id, key.row.id);
    assert_done(rig_run(do_self_revoke, &view));
    assert_int_equal(view.status, KEY_STATUS_REVOKED);
    assert_int_equal(rig_verify(&kept, NULL, 1), CARDEA_REVOKED);
}

/* ---- rotation ---- */

static void both_work_during_the_overlap(void **state)
{
    int64_t account = rig_account("shop");
    struct key_create in = rig_asked(account, "ci", "orders:read");
    in.input.given |= KEY_RATE | KEY_METADATA;
    in.input.rate_limit = 100;
    in.input.rate_window_sec = 60;
    in.input.metadata = STR("{\"a\":1}");
    rig_as_root();
    assert_done(rig_create(&in));
    int64_t old = rig_view.row.id;
    kept = rig_key;
    assert_done(rig_rotate(old, 3600));
    int64_t new = rig_view.row.id;
    assert_int_not_equal(new, old);
    assert_int_equal(rig_view.row.rotated_from, old);
    assert_text(rig_view.row.name, "ci");
    assert_text(rig_view.row.scopes, "orders:read");
    assert_text(rig_view.row.metadata, "{\"a\":1}");
    assert_int_equal(rig_view.row.rate.limit, 100);
    assert_int_equal(rig_view.row.expires_at, 0);
    assert_int_equal(rig_verify(&kept, NULL, 1), CARDEA_VALID);
    assert_int_equal(rig_verify(&rig_key, "orders:read", 1), CARDEA_VALID);
    assert_refused(SERVICE_CONFLICT, "conflict", rig_rotate(old, 3600));
    assert_done(rig_get(old));
    assert_int_equal(rig_view.row.rotated_to, new);
    assert_int_equal(rig_view.row.expires_at, rig.now + 3600);
    struct cardea_secret newest;
    assert_done(rig_rotate(new, 60));
    newest = rig_key;
    rig.now += 3600;
    assert_int_equal(rig_verify(&kept, NULL, 1), CARDEA_EXPIRED);
    assert_int_equal(rig_verify(&newest, NULL, 1), CARDEA_VALID);
    rig.now = RIG_START;
}

static void without_overlap(void **state)
{
    struct key_view key = make(rig_account("shop"), "orders:read");
    assert_done(rig_rotate(key.row.id, 0));
    assert_int_equal(rig_verify(&kept, NULL, 1), CARDEA_REVOKED);
    assert_int_equal(rig_verify(&rig_key, NULL, 1), CARDEA_VALID);
    assert_done(rig_get(key.row.id));
    assert_true(str_starts(rig_view.row.revoke_reason, STR("rotated to key_")));
}

static void life_spans(void **state)
{
    int64_t account = rig_account("shop");
    struct key_create in = rig_asked(account, "k", NULL);
    in.kind = STR("short"); /* an hour, ten minutes of overlap */
    rig_as_root();
    assert_done(rig_create(&in));
    int64_t old = rig_view.row.id;
    rig.now += 3000;
    assert_done(rig_rotate(old, KEY_OVERLAP_DEFAULT));
    assert_int_equal(rig_view.row.expires_at, rig.now + 3600);
    assert_done(rig_get(old));
    assert_int_equal(rig_view.row.expires_at, rig.now + 600);

    assert_done(rig_create(&in)); /* an overlap never makes a key live longer */
    old = rig_view.row.id;
    assert_done(rig_rotate(old, 86400));
    assert_done(rig_get(old));
    assert_int_equal(rig_view.row.expires_at, rig.now + 3600);

    assert_done(rig_create(&in));
    old = rig_view.row.id;
    rig.now += 3600;
    assert_refused(SERVICE_CONFLICT, "conflict", rig_rotate(old, 0));
    rig.now = RIG_START;
}

static void what_cannot_be_rotated(void **state)
{
    struct key_view key = make(rig_account("shop"), "orders:read");
    struct key_input off = {.given = KEY_ENABLED};
    assert_refused(SERVICE_INVALID, "invalid_request", rig_rotate(key.row.id, KEY_OVERLAP_MAX_SEC + 1));
    assert_refused(SERVICE_INVALID, "invalid_request", rig_rotate(key.row.id, -5));
    assert_done(rig_update(key.row.id, &off));
    assert_refused(SERVICE_CONFLICT, "conflict", rig_rotate(key.row.id, 0));
}

/* The old key works until its end, and rotating multiplies nothing: one balance for all of them. */
static void credits_are_shared(void **state)
{
    struct key_create in = rig_asked(rig_account("shop"), "k", "orders:read");
    in.input.given |= KEY_CREDITS;
    in.input.credits = 10;
    rig_as_root();
    assert_done(rig_create(&in));
    int64_t old = rig_view.row.id;
    kept = rig_key;
    assert_int_equal(rig_verify(&kept, NULL, 4), CARDEA_VALID);
    assert_done(rig_rotate(old, 3600));
    int64_t successor = rig_view.row.id;
    assert_int_equal(rig_view.row.credits, 6);
    assert_int_equal(rig_verify(&kept, NULL, 1), CARDEA_VALID);
    assert_int_equal(rig_verify(&rig_key, NULL, 2), CARDEA_VALID);
    assert_done(rig_get(old));
    assert_int_equal(rig_view.row.credits, 3);
    assert_int_equal(rig_view.row.use_count, 2); /* uses are each key's own */

    assert_done(rig_rotate(successor, 0));
    struct cardea_secret newest = rig_key;
    int64_t third = rig_view.row.id;
    assert_int_equal(rig_view.row.credits, 3);
    assert_int_equal(rig_verify(&newest, NULL, 4), CARDEA_CREDITS_EXHAUSTED);
    assert_int_equal(rig_verify(&newest, NULL, 2), CARDEA_VALID);
    assert_int_equal(rig_verify(&kept, NULL, 2), CARDEA_CREDITS_EXHAUSTED);
    assert_int_equal(rig_verify(&kept, NULL, 1), CARDEA_VALID);
    assert_int_equal(rig_verify(&newest, NULL, 1), CARDEA_CREDITS_EXHAUSTED);

    struct key_input more = {.given = KEY_CREDITS, .credits = 5};
    assert_done(rig_update(third, &more)); /* a balance of its own from here on */
    assert_int_equal(rig_verify(&kept, NULL, 1), CARDEA_CREDITS_EXHAUSTED);
    assert_int_equal(rig_verify(&newest, NULL, 5), CARDEA_VALID);
    assert_int_equal(rig_verify(&newest, NULL, 1), CARDEA_CREDITS_EXHAUSTED);
}

/* ---- kinds that replace ---- */

static void the_newest_replaces_the_previous(void **state)
{
    int64_t account = rig_account("shop");
    int64_t ann = rig_user(account, CARDEA_ROLE_MEMBER), bob = rig_user(account, CARDEA_ROLE_ADMIN);
    struct key_create in = rig_asked(0, "k", NULL);
    struct store_account row;
    in.kind = STR("single");
    rig_as_user(account, ann, CARDEA_ROLE_MEMBER);
    assert_done(rig_create(&in));
    int64_t first = rig_view.row.id;
    kept = rig_key;
    assert_int_equal(rig_verify(&kept, NULL, 1), CARDEA_VALID);

    rig_as_user(account, bob, CARDEA_ROLE_ADMIN); /* whoever generates it */
    assert_done(rig_create(&in));
    int64_t second = rig_view.row.id;
    assert_int_equal(rig_verify(&kept, NULL, 1), CARDEA_REVOKED);
    assert_int_equal(rig_verify(&rig_key, NULL, 1), CARDEA_VALID);
    assert_int_equal(store_account_get(rig.db, &rig.arena, account, &row), STORE_OK);
    assert_int_equal(row.current_key, second);
    assert_done(rig_get(first));
    assert_true(str_starts(rig_view.row.revoke_reason, STR("replaced by key_")));

    kept = rig_key;
    assert_refused(SERVICE_INVALID, "invalid_request", rig_rotate(second, 60));
    assert_done(rig_rotate(second, KEY_OVERLAP_DEFAULT));
    assert_int_equal(rig_view.row.user_id, bob);
    assert_int_equal(rig_verify(&kept, NULL, 1), CARDEA_REVOKED);
    assert_int_equal(rig_verify(&rig_key, NULL, 1), CARDEA_VALID);
}

/* Whoever is given the new secret is not given somebody else's role with it. */
static void a_role_is_not_rotated_along(void **state)
{
    int64_t account = rig_account("shop");
    int64_t owner = rig_user(account, CARDEA_ROLE_OWNER), admin = rig_user(account, CARDEA_ROLE_ADMIN);
    struct key_create in = rig_asked(0, "k", NULL);
    in.kind = STR("single");
    rig_as_user(account, owner, CARDEA_ROLE_OWNER);
    assert_done(rig_create(&in));
    rig_as_user(account, admin, CARDEA_ROLE_ADMIN);
    assert_done(rig_rotate(rig_view.row.id, 0));
    assert_int_equal(rig_view.row.user_id, admin);
}

/* ---- import ---- */

static char hex[8][65];

static struct key_import entry(int i)
{
    struct cardea_digest digest;
    cardea_digest(arena_printf(&rig.arena, "old-key-%d-%lld", i, (long long)rig.arena.used), &digest);
    for (int k = 0; k < CARDEA_DIGEST_LEN; k++)
        snprintf(hex[i] + 2 * k, 3, i % 2 ? "%02X" : "%02x", digest.bytes[k]);
    return (struct key_import){.sha256 = {hex[i], 64}, .prefix = STR("old-key")};
}

static void imported_keys_work(void **state)
{
    int64_t account = rig_account("shop");
    struct key_view views[2];
    struct cardea_secret key;
    struct cardea_digest digest;
    assert_int_equal(cardea_secret_set(&key, STR("a key of another system, of any shape")), CARDEA_OK);
    cardea_digest(cardea_secret_reveal(&key), &digest);
    struct key_import items[2] = {entry(0), entry(1)};
    for (int k = 0; k < CARDEA_DIGEST_LEN; k++)
        snprintf(hex[0] + 2 * k, 3, "%02x", digest.bytes[k]);
    items[0].created_at = STR("2020-05-01T00:00:00Z");
    items[1].input = (struct key_input){
        .given = KEY_NAME | KEY_EXPIRES, .name = STR("long gone"), .expires_at = STR("2021-01-01T00:00:00Z")};
    rig_as_root();
    assert_done(rig_import(account, "old", items, 2, views));
    assert_text(views[0].row.name, "imported");
    assert_int_equal(views[0].row.created_at, 1588291200);
    assert_int_equal(views[1].status, KEY_STATUS_EXPIRED);
    struct store_key row;
    assert_int_equal(store_key_by_digest(rig.db, &rig.arena, &digest, &row), STORE_OK);
    assert_int_equal(row.id, views[0].row.id);
    assert_refused(SERVICE_CONFLICT, "conflict", rig_rotate(row.id, 0)); /* there is no other like it */
}

static void all_or_none(void **state)
{
    int64_t account = rig_account("shop"), audit, after;
    struct key_view views[4];
    struct key_import items[4] = {entry(0), entry(1), entry(2), entry(3)};
    rig_as_root();
    assert_done(rig_import(account, "old", items, 1, views));
    assert_int_equal(store_audit_count(rig.db, &audit), STORE_OK);

    assert_refused(SERVICE_CONFLICT, "digest_taken", rig_import(account, "old", items, 4, views));
    assert_non_null(strstr(rig.call.message, "/keys/0"));
    items[0] = entry(4);
    items[3] = items[1];
    assert_refused(SERVICE_CONFLICT, "digest_taken", rig_import(account, "old", items, 4, views));
    assert_non_null(strstr(rig.call.message, "/keys/3"));
    items[3] = entry(5);
    items[2].sha256.len = 63;
    items[1].prefix = STR("with space");
    items[0].created_at = STR("2030-01-01T00:00:00Z");
    assert_refused(SERVICE_INVALID, "invalid_request", rig_import(account, "old", items, 4, views));
    assert_int_equal(rig.call.problem_count, 3);
    assert_string_equal(rig.call.problems[2].location, "/keys/2/sha256");
    assert_int_equal(store_audit_count(rig.db, &after), STORE_OK);
    assert_int_equal(after, audit);
    assert_refused(SERVICE_INVALID, "invalid_request", rig_import(account, "old", items, 0, views));
    assert_refused(SERVICE_INVALID, "invalid_request", rig_import(account, "single", items + 3, 1, views));

    rig_as_user(account, 1, CARDEA_ROLE_OWNER);
    assert_refused(SERVICE_FORBIDDEN, "forbidden", rig_import(account, "old", items + 3, 1, views));
}

static void imports_are_not_limited(void **state)
{
    int64_t account = rig_account("shop");
    struct cardea_str scopes[1] = {STR("orders:read")};
    struct key_import items[5];
    struct key_view views[5];
    for (int i = 0; i < 5; i++) {
        items[i] = entry(i);
        items[i].input = (struct key_input){.given = KEY_SCOPES, .scopes = scopes, .scope_count = 1};
    }
    rig_as_root();
    assert_done(rig_import(account, "plain", items, 5, views));
    struct key_create in = rig_asked(account, "one more", "orders:read");
    assert_refused(SERVICE_LIMIT, "key_limit_reached", rig_create(&in));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scopes_change_at_once_and_the_secret_stays),
        cmocka_unit_test(off_and_on),
        cmocka_unit_test(expiry),
        cmocka_unit_test(nothing_asked_changes_nothing),
        cmocka_unit_test(revoked_for_good),
        cmocka_unit_test(reasons),
        cmocka_unit_test(a_key_ends_itself),
        cmocka_unit_test(both_work_during_the_overlap),
        cmocka_unit_test(without_overlap),
        cmocka_unit_test(life_spans),
        cmocka_unit_test(what_cannot_be_rotated),
        cmocka_unit_test(credits_are_shared),
        cmocka_unit_test(the_newest_replaces_the_previous),
        cmocka_unit_test(a_role_is_not_rotated_along),
        cmocka_unit_test(imported_keys_work),
        cmocka_unit_test(all_or_none),
        cmocka_unit_test(imports_are_not_limited),
    };
    return cmocka_run_group_tests_name("keys: changed, rotated, revoked, imported", tests, rig_open, rig_close);
}
