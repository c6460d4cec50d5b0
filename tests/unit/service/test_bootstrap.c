/* The first start, and the second. */
#include "service_rig.h"

#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static char *in_dir(const char *name)
{
    return arena_cstr(&rig.arena, arena_printf(&rig.arena, "%s/%s", rig.dir, name));
}

static void write_file(const char *path, unsigned mode, struct cardea_str data)
{
    unlink(path);
    assert_true(file_write_atomic(path, mode, data));
}

/* Loads into a service of its own. */
static bool load(const char *file, uint8_t key[32], struct cardea_why *why)
{
    struct service svc = {.random = cardea_random_system};
    bool ok = bootstrap_master_key(&svc, rig.dir, file, why);
    memcpy(key, svc.master_key, 32);
    return ok;
}

static void the_master_key_is_made_once_and_for_us_alone(void **state)
{
    struct stat st;
    struct cardea_why why;
    uint8_t key[32];
    assert_int_equal(stat(in_dir("master.key"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(st.st_size, 65);
    assert_true(load(NULL, key, &why));
    assert_memory_equal(key, rig.svc.master_key, 32);
}

static void keys_of_both_forms_are_read(void **state)
{
    struct cardea_why why;
    uint8_t key[32], raw[32];
    for (int i = 0; i < 32; i++)
        raw[i] = (uint8_t)(i * 7);
    write_file(in_dir("raw"), 0600, (struct cardea_str){(char *)raw, 32});
    assert_true(load(in_dir("raw"), key, &why));
    assert_memory_equal(key, raw, 32);
    write_file(in_dir("hex"), 0400, STR("000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F"));
    assert_true(load(in_dir("hex"), key, &why));
    assert_int_equal(key[31], 0x1f);
}

static void doubtful_keys_are_refused_with_the_fix(void **state)
{
    static const struct {
        unsigned mode;
        const char *text, *expected;
    } rows[] = {
        {0640, "0000000000000000000000000000000000000000000000000000000000000000", "chmod 600"},
        {0604, "0000000000000000000000000000000000000000000000000000000000000000", "chmod 600"},
        {0620, "0000000000000000000000000000000000000000000000000000000000000000", "chmod 600"},
        {0600, "", "neither"},
        {0600, "short", "neither"},
        {0600, "000000000000000000000000000000000000000000000000000000000000000g", "neither"},
        {0600, "0000000000000000000000000000000000000000000000000000000000000000\n\n", "neither"},
        {0600, "00000000000000000000000000000000000000000000000000000000000000000", "neither"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct cardea_why why = {{0}};
        uint8_t key[32];
        write_file(in_dir("doubtful"), rows[i].mode, str_of(rows[i].text));
        assert_false(load(in_dir("doubtful"), key, &why));
        if (!strstr(why.text, rows[i].expected))
            fail_msg("row %zu says: %s", i, why.text);
    }
}

static void a_named_key_is_never_made(void **state)
{
    struct cardea_why why = {{0}};
    uint8_t key[32];
    assert_false(load(in_dir("mistyped"), key, &why));
    assert_non_null(strstr(why.text, "mistyped"));
    assert_int_equal(access(in_dir("mistyped"), F_OK), -1);
    assert_false(load(rig.dir, key, &why)); /* a folder */
}

static void who_we_are_stays(void **state)
{
    uint8_t before[16];
    struct cardea_str sealed;
    memcpy(before, rig.deployment_id, 16);
    assert_int_equal(store_meta_get(rig.db, &rig.arena, BOOTSTRAP_META_SIGNER, &sealed), STORE_OK);
    uint8_t idempotency_key[32];
    memcpy(idempotency_key, rig.svc.idempotency_key, 32);
    rig_stop();
    rig_start();
    assert_memory_equal(before, rig.deployment_id, 16);
    assert_memory_not_equal(idempotency_key, rig.svc.idempotency_key, 32);
}

static void another_master_key_is_named_as_the_trouble(void **state)
{
    struct cardea_why why = {{0}};
    uint8_t deployment_id[16];
    struct service svc = {.store = rig.svc.store, .random = cardea_random_system, .master_key = {1}};
    assert_false(bootstrap_identity(&svc, deployment_id, &why));
    assert_non_null(strstr(why.text, "another master key"));
    assert_null(svc.signer);
    bootstrap_release(&svc);
}

static void the_root_key_is_made_once(void **state)
{
    struct cardea_secret root, again;
    struct cardea_why why;
    struct cardea_decision decision;
    bool made, taken = false;
    /* One that nobody took is not kept, so that the next start makes another. */
    assert_false(bootstrap_root(&rig.svc, rig_take_root, &taken, &root, &made, &why));
    assert_false(made);
    assert_string_equal(why.text, "nobody takes it");
    assert_int_equal(root.len, 0);
    assert_true(bootstrap_root(&rig.svc, rig_take_root, NULL, &root, &made, &why));
    assert_true(made);
    struct cardea_str text = cardea_secret_reveal(&root);
    assert_true(str_starts(text, STR("crdr_")));
    struct cardea_check check = {.key = text,
                                 .profile = CARDEA_ANY_PROFILE,
                                 .scope = STR("users:write"),
                                 .now = {.unix_sec = rig.now, .boot_ns = cardea_time_now().boot_ns}};
    cardea_verify(rig.reader, &check, &decision);
    assert_int_equal(decision.code, CARDEA_VALID);
    assert_true(bootstrap_root(&rig.svc, rig_take_root, NULL, &again, &made, &why));
    assert_false(made);
    assert_int_equal(again.len, 0);
    /* Nowhere in clear. */
    struct store_key row;
    assert_int_equal(store_key_get(rig.db, &rig.arena, (int64_t)decision.key_id, &row), STORE_OK);
    assert_true(row.prefix.len < 12);
    /* A root key that was revoked does not come back with a restart. */
    row.state = CARDEA_KEY_REVOKED;
    rig_key_update(&row);
    rig_stop();
    rig_start();
    assert_true(bootstrap_root(&rig.svc, rig_take_root, NULL, &again, &made, &why));
    assert_false(made);
    cardea_verify(rig.reader, &check, &decision);
    assert_int_equal(decision.code, CARDEA_REVOKED);
    cardea_secret_wipe(&root);
}

static bool no_random(void *arg, void *buf, size_t len)
{
    return false;
}

static void without_randomness_nothing_starts(void **state)
{
    struct service svc = {.store = rig.svc.store, .random = no_random};
    struct cardea_why why = {{0}};
    uint8_t deployment_id[16];
    unlink(in_dir("master.key"));
    assert_false(bootstrap_master_key(&svc, rig.dir, NULL, &why));
    assert_int_equal(access(in_dir("master.key"), F_OK), -1);
    assert_false(bootstrap_identity(&svc, deployment_id, &why));
    bootstrap_release(&svc);
}

#define test(function) cmocka_unit_test_setup_teardown(function, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(the_master_key_is_made_once_and_for_us_alone),
        test(keys_of_both_forms_are_read),
        test(doubtful_keys_are_refused_with_the_fix),
        test(a_named_key_is_never_made),
        test(who_we_are_stays),
        test(another_master_key_is_named_as_the_trouble),
        test(the_root_key_is_made_once),
        test(without_randomness_nothing_starts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
