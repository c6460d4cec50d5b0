#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "profile/profile.h"

static struct profile_set set;
static struct buf errors;
static char folder[32];

static int begin(void **state)
{
    buf_init(&errors, 1 << 20);
    snprintf(folder, sizeof(folder), "/tmp/cardea-set-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int end(void **state)
{
    char command[64];
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    profile_set_release(&set);
    buf_release(&errors);
    return system(command);
}

static void put(const char *file, const char *text)
{
    char path[96];
    snprintf(path, sizeof(path), "%s/%s", folder, file);
    assert_true(file_write_atomic(path, 0600, str_of(text)));
}

/* `errors` with the folder's name taken out. */
static void refused(const char *expected)
{
    char wanted[4096] = "";
    size_t len = 0;
    for (const char *c = expected; *c; c++) {
        if (*c == '@')
            len += (size_t)snprintf(wanted + len, sizeof(wanted) - len, "%s/", folder);
        else
            wanted[len++] = *c;
    }
    buf_clear(&errors);
    assert_false(profile_set_load(&set, folder, &errors));
    assert_string_equal(errors.ptr, wanted);
    assert_int_equal(set.count, 0);
    assert_null(set.arena.head);
}

#define KINDS "kinds: {key: {format: \"k_{secret:32}\"}}\n"

static void shipped_profiles_are_right(void **state)
{
    if (!profile_set_builtin(&set, &errors))
        fail_msg("%s", errors.ptr);
    assert_int_equal(errors.len, 0);
    assert_true(set.count >= 6);
    for (size_t i = 1; i < set.count; i++)
        assert_true(strcmp(set.items[i - 1]->core.name, set.items[i]->core.name) < 0);
    for (size_t i = 0; i < set.count; i++)
        assert_int_equal(profile_set_index(&set, str_of(set.items[i]->core.name)), i);
    assert_null(profile_set_find(&set, STR("nobody")));
    assert_int_equal(profile_set_index(&set, STR("")), -1);
}

static void animus(void **state) /* AS4, AS5, AS8, AS10, AS11 */
{
    assert_true(profile_set_builtin(&set, &errors));
    const struct profile *p = profile_set_find(&set, STR("animus"));
    assert_memory_equal(p->core.kinds[0].format.parts[0].literal, "anm_", 4);
    assert_int_equal(p->core.scope_count, 3);
    assert_true(p->kinds[0].scopes_required && p->kinds[0].scopes_selectable);
    assert_int_equal(p->kinds[0].max_active, 10);
    assert_string_equal(p->management.base, "/api/v1/api-keys");
    assert_true(p->management.by_session && !p->management.by_key);
    assert_true(p->management.can_create && p->management.can_update && p->management.can_revoke);
}

static void open_animate(void **state) /* OA5, OA6, OA7, OA9, OA9b */
{
    assert_true(profile_set_builtin(&set, &errors));
    const struct profile *p = profile_set_by_cli(&set, STR("oanim"));
    assert_string_equal(p->core.name, "open-animate");
    assert_int_equal(p->core.kinds[0].format.key_len, 5 + 8 + 1 + 24);
    assert_int_equal(p->core.kinds[0].format.visible_len, 5 + 8);
    assert_int_equal(p->kinds[0].max_active, 10);
    assert_false(p->kinds[0].scopes_selectable);
    assert_true(p->management.by_session && p->management.by_key);
    assert_string_equal(p->cli.env, "ANIMATE_API_KEY");
    assert_string_equal(p->cli.credentials, "~/.oanim/credentials.yaml");
    assert_null(profile_set_by_cli(&set, STR("nobody")));
}

static void animam(void **state) /* AM3, AM5, AM7, AM8 */
{
    assert_true(profile_set_builtin(&set, &errors));
    const struct profile *p = profile_set_find(&set, STR("animam"));
    int legacy = cardea_profile_kind(&p->core, STR("legacy"));
    assert_int_equal(p->core.scope_count, 7);
    assert_true(p->kinds[p->default_kind].scopes_required && !p->kinds[legacy].scopes_selectable);
    for (unsigned i = 0; i < p->core.scope_count; i++)
        assert_true(cardea_scopes_has(&p->kinds[legacy].granted, i));
    assert_string_equal(p->core.legacy_header, "x-api-key");
    assert_string_equal(p->management.base, "/tenants/{tenant}/tokens");
    assert_string_equal(p->core.scopes[p->management.list_scope], "tokens:read");
    assert_string_equal(p->core.scopes[p->management.create_scope], "tokens:write");
    assert_string_equal(p->core.scopes[p->management.revoke_scope], "tokens:write");
}

static void anima(void **state) /* AN1, AN2, AN15, AN18 */
{
    assert_true(profile_set_builtin(&set, &errors));
    const struct profile *p = profile_set_find(&set, STR("anima"));
    int master = cardea_profile_kind(&p->core, STR("master")), agent = cardea_profile_kind(&p->core, STR("agent"));
    assert_int_equal(p->core.kinds[master].flags, CARDEA_KIND_SERVER_SIDE);
    assert_int_equal(p->core.kinds[agent].flags, CARDEA_KIND_AGENT);
    assert_int_equal(p->kinds[master].rotate_every_sec, 90 * 86400);
    unsigned granted = 0;
    for (unsigned i = 0; i < p->core.scope_count; i++) {
        assert_true(cardea_scopes_has(&p->kinds[master].granted, i));
        granted += cardea_scopes_has(&p->kinds[agent].granted, i);
    }
    assert_int_equal(granted, 2);
    assert_true(p->management.by_key && p->management.by_session);
}

static void anyformat(void **state) /* AF5, AF6, AF7, AF10 */
{
    assert_true(profile_set_builtin(&set, &errors));
    const struct profile *p = profile_set_find(&set, STR("anyformat"));
    assert_int_equal(p->core.kind_count, 1);
    assert_int_equal(p->core.kinds[0].flags, CARDEA_KIND_REPLACES | CARDEA_KIND_FOLLOWS_ROLE | CARDEA_KIND_SERVER_SIDE);
    assert_int_equal(p->kinds[0].overlap_sec, 0);
    assert_int_equal(p->core.scope_count, 0);
    assert_null(p->management.base);
}

static void native(void **state)
{
    assert_true(profile_set_builtin(&set, &errors));
    const struct profile *p = profile_set_by_cli(&set, STR("cardea"));
    const struct cardea_profile *core = &p->core;
    int root = cardea_profile_kind(core, STR("root")), verifier = cardea_profile_kind(core, STR("verifier"));
    assert_int_equal(core->kinds[root].format.key_len, 5 + 43 + 6);
    assert_int_equal(core->kinds[root].flags, CARDEA_KIND_CROSS_ACCOUNT);
    assert_true(p->kinds[root].root_only && p->kinds[verifier].root_only);
    int verify = cardea_profile_scope(core, STR("keys:verify"));
    for (unsigned i = 0; i < core->scope_count; i++) {
        assert_true(cardea_scopes_has(&p->kinds[root].granted, i));
        assert_int_equal(cardea_scopes_has(&p->kinds[verifier].granted, i), (int)i == verify);
    }
    assert_string_equal(core->kinds[p->default_kind].name, "key");
    assert_true(p->kinds[p->default_kind].scopes_selectable);
}

static void a_folder_adds_and_replaces(void **state)
{
    put("zebra.yaml", "name: zebra\ntitle: Zebra\nhosts: [zebra.localhost]\n" KINDS);
    put("mine.yaml", "name: animus\ntitle: My own\nhosts: [animus.localhost]\n" KINDS);
    put("notes.txt", "not a profile");
    put(".hidden.yaml", "not a profile");
    if (!profile_set_load(&set, folder, &errors))
        fail_msg("%s", errors.ptr);
    assert_string_equal(profile_set_find(&set, STR("animus"))->title, "My own");
    assert_int_equal(profile_set_index(&set, STR("zebra")), set.count - 1);
    assert_non_null(profile_set_find(&set, STR("open-animate")));
}

static void mistakes_of_all_files_come_together(void **state)
{
    put("a.yaml", "name: a\ntitle: A\nhosts: [one.example, animus.localhost]\n" KINDS
                  "cli: {name: oanim, env: A, api_url_env: B, credentials: /c}\n");
    put("b.yaml", "name: b\nhosts: [one.example]\n" KINDS);
    put("c.yaml", "name: c\ntitle: C\nhosts: [one.example]\n" KINDS);
    put("d.yaml", "name: c\ntitle: Another C\n" KINDS);
    refused("@b.yaml:1:1: `title` is missing in a profile\n"
            "@d.yaml: the profile `c` stands in @c.yaml too\n"
            "@a.yaml:3:22: `hosts`: `animus.localhost` is a host of the profile `animus` in profiles/animus.yaml\n"
            "@a.yaml:5:13: `name`: the command `oanim` is that of the profile `open-animate` in "
            "profiles/open-animate.yaml\n"
            "@c.yaml:3:9: `hosts`: `one.example` is a host of the profile `a` in @a.yaml\n");
}

static void unreadable(void **state)
{
    assert_false(profile_set_load(&set, "/nowhere", &errors));
    assert_string_equal(errors.ptr, "/nowhere: No such file or directory\n");
    char path[96];
    snprintf(path, sizeof(path), "%s/x.yaml", folder);
    assert_true(file_make_dirs(path, 0700));
    refused("@x.yaml: Is a directory\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(shipped_profiles_are_right, begin, end),
        cmocka_unit_test_setup_teardown(animus, begin, end),
        cmocka_unit_test_setup_teardown(open_animate, begin, end),
        cmocka_unit_test_setup_teardown(native, begin, end),
        cmocka_unit_test_setup_teardown(animam, begin, end),
        cmocka_unit_test_setup_teardown(anima, begin, end),
        cmocka_unit_test_setup_teardown(anyformat, begin, end),
        cmocka_unit_test_setup_teardown(a_folder_adds_and_replaces, begin, end),
        cmocka_unit_test_setup_teardown(mistakes_of_all_files_come_together, begin, end),
        cmocka_unit_test_setup_teardown(unreadable, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
