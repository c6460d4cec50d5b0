/* test_profile_codec.c - profiles through bytes and back; damaged bytes; profiles that break a rule. */
#include "rig.h"

#include "core/profile_check.h"
#include "core/profile_codec.h"

static void encode(const struct rig *rig, uint8_t **bytes, size_t *len)
{
    struct cardea_why why = {""};
    if (profile_encode(rig->list, 2, bytes, len, &why) != CARDEA_OK)
        fail_msg("%s", why.text);
}

static void nothing_is_lost(void **state)
{
    struct rig rig;
    rig_begin(&rig);
    uint8_t *bytes;
    uint8_t *again;
    size_t len;
    size_t again_len;
    struct cardea_why why = {""};
    struct profile_list list;
    encode(&rig, &bytes, &len);
    assert_int_equal(profile_decode(&list, bytes, len, &why), CARDEA_OK);
    assert_int_equal(list.count, 2);
    const struct cardea_profile *pointers[] = {&list.items[0], &list.items[1]};
    assert_int_equal(profile_encode(pointers, 2, &again, &again_len, &why), CARDEA_OK);
    assert_int_equal(len, again_len);
    assert_memory_equal(bytes, again, len);
    const struct cardea_profile *p = &list.items[0];
    assert_string_equal(p->name, "acme");
    assert_string_equal(p->realm, "Acme");
    assert_null(list.items[1].realm);
    assert_string_equal(p->hosts[1], "api.acme.example");
    assert_int_equal(p->kinds[RIG_TOKEN].format.key_len, rig.acme_kinds[RIG_TOKEN].format.key_len);
    assert_int_equal(p->kinds[RIG_SERVER].format.visible_len, 12);
    assert_int_equal(p->denials[0].status, 403);
    const struct cardea_route *last = &p->routes[p->route_count - 1];
    assert_int_equal(last->scan->field_count, 2);
    assert_string_equal(last->scan->fields[1], "/notes/*/text");
    assert_null(p->routes[0].scan);
    assert_int_equal(last->group, 15);
    assert_int_equal(p->routes[0].group, 0);
    profile_list_release(&list);
    free(bytes);
    free(again);
    rig_end(&rig);
}

/* Every shortening and a change of every byte: refused or read as something sound, never out of bounds. */
static void damaged_bytes_are_survived(void **state)
{
    struct rig rig;
    rig_begin(&rig);
    uint8_t *bytes;
    size_t len;
    struct cardea_why why;
    struct profile_list list;
    encode(&rig, &bytes, &len);
    for (size_t n = 0; n < len; n++) {
        uint8_t *cut = malloc(n + 1); /* of its own, so that a sanitizer sees one byte too many */
        memcpy(cut, bytes, n);
        assert_int_not_equal(profile_decode(&list, cut, n, &why), CARDEA_OK);
        free(cut);
    }
    for (size_t at = 0; at < len; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            bytes[at] ^= (uint8_t)(1u << bit);
            if (profile_decode(&list, bytes, len, &why) == CARDEA_OK)
                profile_list_release(&list);
            bytes[at] ^= (uint8_t)(1u << bit);
        }
    }
    free(bytes);
    rig_end(&rig);
}

static void expect_refusal(const struct rig *rig, const char *mention)
{
    struct cardea_why why = {""};
    assert_int_equal(profile_check(&rig->profiles[0], &why), CARDEA_E_FORMAT);
    if (strstr(why.text, mention) == NULL)
        fail_msg("\"%s\" does not mention %s", why.text, mention);
}

static void rules_are_kept(void **state)
{
    static const char *const bad_scope[] = {"has blank"};
    static const char *const empty_host[] = {""};
    static const struct cardea_denial granting[] = {{CARDEA_VALID, 403, NULL, NULL}};
    static const struct cardea_denial status[] = {{CARDEA_EXPIRED, 200, NULL, NULL}};
    static const struct cardea_denial untyped[] = {{CARDEA_EXPIRED, 403, "body", NULL}};
    struct rig rig;
    rig_begin(&rig);
    const struct cardea_profile good = rig.profiles[0];
    struct cardea_profile *p = &rig.profiles[0];
    p->name = NULL;
    expect_refusal(&rig, "name");
    *p = good;
    p->scope_count = CARDEA_SCOPES_MAX + 1;
    expect_refusal(&rig, "at most");
    *p = good;
    p->scopes = bad_scope;
    p->scope_count = 1;
    p->route_count = 0;
    expect_refusal(&rig, "scope 0");
    *p = good;
    p->hosts = empty_host;
    p->host_count = 1;
    expect_refusal(&rig, "host");
    *p = good;
    p->denials = granting;
    p->denial_count = 1;
    expect_refusal(&rig, "denial");
    p->denials = status;
    expect_refusal(&rig, "denial");
    p->denials = untyped;
    expect_refusal(&rig, "denial");
    *p = good;
    rig.acme_kinds[0].format.visible_len++;
    expect_refusal(&rig, "compiled");
    rig.acme_kinds[0].format.parts[1].len = 3;
    expect_refusal(&rig, "bits");
    rig_end(&rig);
}

static void rules_of_routes_are_kept(void **state)
{
    struct cardea_route route = {CARDEA_GET, "/x", CARDEA_ACCESS_KEY, 0, 0, 0};
    const char *fields[] = {"/a", "b"};
    struct cardea_route_scan scan = {fields, 2};
    struct rig rig;
    rig_begin(&rig);
    rig.profiles[0].routes = &route;
    rig.profiles[0].route_count = 1;
    route.methods = 0;
    expect_refusal(&rig, "method");
    route.methods = 1u << 20;
    expect_refusal(&rig, "method");
    route.methods = CARDEA_GET;
    route.group = CARDEA_ROUTE_GROUPS_MAX + 1;
    expect_refusal(&rig, "group");
    route.group = CARDEA_ROUTE_GROUPS_MAX;
    route.access = CARDEA_ACCESS_SCOPE;
    route.scope = 4;
    expect_refusal(&rig, "scope");
    route.scope = 3;
    route.kinds = 1u << 7;
    expect_refusal(&rig, "kind");
    route.kinds = 0;
    route.scan = &scan;
    expect_refusal(&rig, "field 1 to scan: a JSON pointer begins with");
    fields[1] = NULL;
    expect_refusal(&rig, "field 1 to scan");
    scan.field_count = 0;
    expect_refusal(&rig, "fields to scan");
    scan.field_count = CARDEA_SCAN_FIELDS_MAX + 1;
    expect_refusal(&rig, "fields to scan");
    route.scan = NULL;
    route.min_role = 9;
    expect_refusal(&rig, "role");
    rig_end(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_lost),
        cmocka_unit_test(damaged_bytes_are_survived),
        cmocka_unit_test(rules_are_kept),
        cmocka_unit_test(rules_of_routes_are_kept),
    };
    return cmocka_run_group_tests_name("profile_codec", tests, NULL, NULL);
}
