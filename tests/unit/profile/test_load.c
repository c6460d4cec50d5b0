#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/str.h"
#include "profile/profile.h"

static struct arena arena;
static struct buf errors;

static int begin(void **state)
{
    buf_init(&errors, 1 << 20);
    return 0;
}

static int end(void **state)
{
    arena_release(&arena);
    buf_release(&errors);
    return 0;
}

static struct cardea_str test_file(const char *name)
{
    const char *folder = getenv("PROFILE_TESTS");
    struct cardea_str text;
    const char *path = arena_printf(&arena, "%s/%s", folder ? folder : "tests/unit/profile", name).ptr;
    if (!file_read(&arena, path, 1 << 20, &text))
        fail_msg("cannot read %s", path);
    return text;
}

static const struct profile *good(const char *name)
{
    const struct profile *p = profile_load(&arena, name, test_file(name), &errors);
    if (!p)
        fail_msg("%s", errors.ptr);
    assert_int_equal(errors.len, 0);
    return p;
}

/* Cuts off what stands before `mark`; false when it is not there. */
static bool take_until(struct cardea_str *rest, const char *mark, struct cardea_str *piece)
{
    const char *hit = strstr(rest->ptr, mark);
    if (!hit)
        return false;
    *piece = (struct cardea_str){rest->ptr, (size_t)(hit - rest->ptr)};
    rest->ptr = hit + strlen(mark);
    rest->len -= piece->len + strlen(mark);
    return true;
}

/* A case's file ends at its last `---`: some hold one themselves. */
static const char *last_rule(struct cardea_str body)
{
    const char *last = NULL;
    for (const char *at = body.ptr; (at = strstr(at, "\n---\n")) && at < body.ptr + body.len; at++)
        last = at;
    return last;
}

static bool messages_are(struct cardea_str expected)
{
    struct buf wanted;
    buf_init(&wanted, 1 << 20);
    struct cardea_str line;
    while (str_cut(&expected, '\n', &line))
        if (line.len)
            buf_printf(&wanted, "p.yaml:%.*s\n", STR_ARG(line));
    bool same = str_eq(buf_str(&wanted), buf_str(&errors));
    if (!same)
        print_error("expected:\n%s\ngot:\n%s\n", wanted.ptr, errors.ptr ? errors.ptr : "nothing");
    buf_release(&wanted);
    return same;
}

static void names_every_mistake(void **state)
{
    struct cardea_str rest = test_file("bad.txt"), piece, name;
    size_t cases = 0, wrong = 0;
    assert_true(take_until(&rest, "\n=== ", &piece));
    while (str_cut(&rest, '\n', &name)) {
        struct cardea_str body;
        if (!take_until(&rest, "\n=== ", &body)) {
            body = rest;
            rest = (struct cardea_str){NULL, 0};
        }
        const char *rule = last_rule(body);
        assert_non_null(rule);
        struct cardea_str text = {body.ptr, (size_t)(rule + 1 - body.ptr)};
        struct cardea_str expected = {rule + 5, (size_t)(body.ptr + body.len - rule - 5)};
        if (str_eq(text, STR("\n")))
            text.len = 0;
        buf_clear(&errors);
        const struct profile *p = profile_load(&arena, "p.yaml", text, &errors);
        if (p || !messages_are(expected)) {
            print_error("in the case `%.*s`\n", STR_ARG(name));
            wrong++;
        }
        cases++;
    }
    print_message("bad profiles: %zu\n", cases);
    assert_int_equal(wrong, 0);
    assert_true(cases >= 40);
}

/* One profile that uses all there is, part by part. */
static void names_and_scopes(void **state)
{
    const struct profile *p = good("good/animam.yaml");
    const struct cardea_profile *core = &p->core;
    assert_string_equal(core->name, "animam");
    assert_string_equal(p->title, "Animam");
    assert_string_equal(p->file, "good/animam.yaml");
    assert_string_equal(core->realm, "Animam API");
    assert_int_equal(core->host_count, 2);
    assert_string_equal(core->hosts[1], "api.animam.ai");
    assert_string_equal(core->legacy_header, "x-api-key");
    assert_int_equal(core->scope_count, 7);
    assert_string_equal(core->scopes[6], "tokens:write");
    assert_string_equal(p->scope_docs[6], "Create/delete tokens");
    assert_null(p->cli.name);
}

static void kinds(void **state)
{
    const struct profile *p = good("good/animam.yaml");
    const struct cardea_profile *core = &p->core;
    assert_int_equal(core->kind_count, 2);
    assert_int_equal(p->default_kind, 0);
    const struct profile_kind *token = &p->kinds[0];
    assert_string_equal(token->title, "API token");
    assert_int_equal(core->kinds[0].format.key_len, 3 + 32 + 6);
    assert_true(token->scopes_required && token->scopes_selectable);
    assert_true(cardea_scopes_has(token->allowed, 6));
    assert_false(cardea_scopes_has(&token->granted, 0));
    assert_int_equal(token->default_ttl_sec, 90 * 86400);
    assert_int_equal(token->max_ttl_sec, 365 * 86400);
    assert_int_equal(token->rotate_every_sec, 90 * 86400);
    assert_int_equal(token->overlap_sec, 12 * 3600);
    const struct profile_kind *legacy = &p->kinds[1];
    assert_int_equal(core->kinds[1].flags, CARDEA_KIND_LEGACY);
    assert_true(legacy->root_only && !legacy->scopes_selectable && !legacy->scopes_required);
    for (unsigned i = 0; i < 7; i++)
        assert_true(cardea_scopes_has(&legacy->granted, i));
}

static void routes(void **state)
{
    const struct cardea_profile *core = &good("good/animam.yaml")->core;
    assert_int_equal(core->route_count, 3);
    assert_int_equal(core->routes[1].methods, CARDEA_POST | CARDEA_PUT | CARDEA_PATCH | CARDEA_DELETE);
    assert_string_equal(core->routes[1].pattern, "/tenants/{tenant}/corpus/**");
    assert_int_equal(core->routes[1].access, CARDEA_ACCESS_SCOPE);
    assert_int_equal(core->routes[1].scope, 1);
    assert_int_equal(core->routes[1].kinds, 0);
    assert_int_equal(core->routes[1].min_role, CARDEA_ROLE_NONE);
    assert_int_equal(core->routes[1].scan->field_count, 2);
    assert_string_equal(core->routes[1].scan->fields[1], "/notes/*/text");
    assert_null(core->routes[0].scan);
}

static void denials(void **state)
{
    const struct cardea_profile *core = &good("good/animam.yaml")->core;
    assert_int_equal(core->denial_count, 6);
    assert_int_equal(core->denials[2].code, CARDEA_EXPIRED);
    assert_int_equal(core->denials[2].status, 403);
    assert_string_equal(core->denials[2].content_type, "application/json");
    assert_int_equal(core->denials[0].status, 0);
    assert_string_equal(core->denials[4].content_type, "text/plain");
    assert_null(core->denials[5].body);
    assert_null(core->denials[5].content_type);
}

static void management(void **state)
{
    const struct profile_management *m = &good("good/animam.yaml")->management;
    assert_string_equal(m->base, "/tenants/{tenant}/tokens");
    assert_true(m->by_key && !m->by_session);
    assert_true(m->can_create && m->can_revoke && !m->can_update && !m->can_show);
    assert_int_equal(m->list_scope, 5);
    assert_int_equal(m->create_scope, 6);
    assert_int_equal(m->update_scope, -1);
}

static void agents_and_roles(void **state)
{
    const struct profile *p = good("good/anima.yaml");
    assert_int_equal(p->default_kind, 1);
    assert_int_equal(p->core.kinds[0].flags, CARDEA_KIND_SERVER_SIDE);
    assert_int_equal(p->core.kinds[1].flags, CARDEA_KIND_AGENT);
    assert_int_equal(p->core.routes[1].kinds, 1);
    assert_int_equal(p->core.routes[0].access, CARDEA_ACCESS_KEY);
    assert_false(p->kinds[0].scopes_selectable);
    assert_int_equal(p->kinds[0].overlap_sec, 86400);

    p = good("good/anyformat.yaml");
    assert_int_equal(p->core.kinds[0].flags, CARDEA_KIND_SERVER_SIDE | CARDEA_KIND_REPLACES | CARDEA_KIND_FOLLOWS_ROLE);
    assert_int_equal(p->kinds[0].overlap_sec, 0);
    assert_string_equal(p->kinds[0].title, "key");
    assert_int_equal(p->core.routes[0].access, CARDEA_ACCESS_PUBLIC);
    assert_int_equal(p->core.routes[4].min_role, CARDEA_ROLE_VIEWER);
    assert_int_equal(p->core.routes[6].min_role, CARDEA_ROLE_ADMIN);
    assert_null(p->management.base);
    assert_int_equal(p->management.list_scope, -1);
    assert_string_equal(p->core.realm, "anyformat");
}

static const char *group_of(const struct profile *p, size_t route)
{
    unsigned group = p->core.routes[route].group;
    return group ? p->route_groups[group - 1] : "";
}

static void groups_of_routes(void **state)
{
    static const struct {
        const char *route, *group;
    } cases[] = {
        {"path: /, any_key: true", ""},
        {"path: /v1/files/**, any_key: true", "files"},
        {"path: \"/api/v2/files/{id}/parts\", any_key: true", "files"},
        {"path: \"/tenants/{tenant}/corpus/**\", any_key: true", "corpus"},
        {"path: \"/v1/agents/{agent}\", any_key: true", "agents"},
        {"path: \"/v1/agents/{agent}/messages/{id}/ack\", any_key: true", "messages"},
        {"path: \"/{tenant}/v1/{id}/Billing\", any_key: true", "Billing"},
        {"path: \"/a,b/plans\", any_key: true", "plans"}, /* a comma would need quoting */
        {"path: /docs/**, public: true", ""},
        {"path: /v1/anything, any_key: true, group: files", "files"},
        {"path: /v1/other, any_key: true, group: own.Words-1", "own.Words-1"},
    };
    struct buf text;
    buf_init(&text, 1 << 20);
    buf_add_cstr(&text, "name: acme\ntitle: Acme\nkinds: {key: {format: \"k_{secret:32}\"}}\nroutes:\n");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        buf_printf(&text, "- {methods: GET, %s}\n", cases[i].route);
    const struct profile *p = profile_load(&arena, "p", buf_str(&text), &errors);
    assert_non_null(p);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(group_of(p, i), cases[i].group);
    assert_int_equal(p->route_group_count, 7);
    for (int i = 0; i < 20; i++)
        buf_printf(&text, "- {methods: GET, path: /more%d, any_key: true}\n", i);
    p = profile_load(&arena, "p", buf_str(&text), &errors);
    assert_non_null(p);
    assert_int_equal(p->route_group_count, CARDEA_ROUTE_GROUPS_MAX);
    assert_string_equal(group_of(p, 11 + 7), "more7");
    assert_string_equal(group_of(p, 11 + 8), "");
    buf_release(&text);
}

static void limits_of_the_library(void **state)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    buf_add_cstr(&text, "name: big\ntitle: Big\nkinds: {key: {format: \"k_{secret:32}\"}}\nscopes:\n");
    for (int i = 0; i < CARDEA_SCOPES_MAX + 1; i++)
        buf_printf(&text, "  s%d: x\n", i);
    assert_null(profile_load(&arena, "p", buf_str(&text), &errors));
    assert_string_equal(errors.ptr, "p:5:3: `scopes` has 257 entries; it takes 1 to 256\n");
    buf_clear(&errors);
    buf_clear(&text);
    buf_add_cstr(&text, "name: big\ntitle: Big\nkinds: {key: {format: \"k_{secret:32}\"}}\nroutes:\n");
    for (int i = 0; i < CARDEA_ROUTES_MAX; i++)
        buf_printf(&text, "- {methods: GET, path: /r%d, any_key: true}\n", i);
    assert_non_null(profile_load(&arena, "p", buf_str(&text), &errors));
    buf_add_cstr(&text, "- {methods: GET, path: /more, any_key: true}\n");
    assert_null(profile_load(&arena, "p", buf_str(&text), &errors));
    assert_string_equal(errors.ptr, "p:5:1: `routes` has 4097 entries; it takes 0 to 4096\n");
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names_every_mistake, begin, end),
        cmocka_unit_test_setup_teardown(names_and_scopes, begin, end),
        cmocka_unit_test_setup_teardown(kinds, begin, end),
        cmocka_unit_test_setup_teardown(routes, begin, end),
        cmocka_unit_test_setup_teardown(denials, begin, end),
        cmocka_unit_test_setup_teardown(management, begin, end),
        cmocka_unit_test_setup_teardown(agents_and_roles, begin, end),
        cmocka_unit_test_setup_teardown(groups_of_routes, begin, end),
        cmocka_unit_test_setup_teardown(limits_of_the_library, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
