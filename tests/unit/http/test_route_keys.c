/* What of the keys' routes is no use case: whom forward-auth believes, and which management paths a profile has. */
#include "../service/keys_rig.h"

#include "base/id.h"
#include "http/app.h"
#include "http/park.h"
#include "http/route_managed.h"
#include "http/server.h"

/* ---- a request without a server ---- */

static struct {
    const char *name, *value;
    unsigned count;
} sent[8];
static size_t sent_count;
static struct metrics metrics;
static struct metrics_shard *shard;
static struct cardea_reader *reader;
static struct call call;

struct cardea_str server_header(const struct call *c, const char *name, unsigned *count)
{
    if (count)
        *count = 0;
    for (size_t i = 0; i < sent_count; i++) {
        if (strcasecmp(sent[i].name, name) != 0)
            continue;
        if (count)
            *count = sent[i].count;
        return str_of(sent[i].value);
    }
    return (struct cardea_str){NULL, 0};
}

struct metrics_shard *server_metrics(const struct call *c)
{
    return shard;
}

/* Nothing here is sent to a writer, and nothing waits. */
void call_write(struct call *c, call_fn unit)
{
    abort();
}

bool park_call(struct call *c, int64_t topic, park_fn look)
{
    abort();
}

void park_look(struct call *c)
{
    abort();
}

void park_stream_begin(struct call *c, const char *content_type)
{
    abort();
}

bool park_stream_room(const struct call *c)
{
    abort();
}

void park_stream_send(struct call *c, struct cardea_str bytes)
{
    abort();
}

int64_t park_now_ns(void)
{
    abort();
}

static void send(const char *name, const char *value, unsigned count)
{
    sent[sent_count].name = name;
    sent[sent_count].value = value;
    sent[sent_count++].count = count;
}

static struct call *request(const char *method, uint32_t bit, const char *target)
{
    buf_release(&call.reply);
    arena_release(&call.arena);
    sent_count = 0;
    call = (struct call){
        .svc = {.svc = &rig.svc, .profiles = rig.svc.profiles, .db = rig.db, .now = rig.now},
        .method = bit,
        .method_name = str_of(method),
        .target = str_of(target),
        .path = str_of(target),
        .reader = reader,
        .profile_index = -1,
        .request_id = "req_test",
    };
    call.svc.arena = &call.arena;
    buf_init(&call.reply, 1 << 20);
    return &call;
}

static const char *header(const char *name)
{
    for (size_t i = 0; i < call.header_count; i++)
        if (strcmp(call.headers[i].name, name) == 0)
            return call.headers[i].value;
    return NULL;
}

static bool reply_says(const char *text)
{
    return call.reply.ptr && strstr(call.reply.ptr, text);
}

static int open_all(void **state)
{
    struct cardea_why why;
    rig_open(state);
    shard = metrics_shard_new(&metrics);
    struct cardea_reader_options options = {.path = arena_printf(&rig.arena, "%s/snapshot", rig.runtime).ptr,
                                            .activity_dir = rig.runtime};
    assert_int_equal(cardea_reader_open(&reader, &options, &why), CARDEA_OK);
    return 0;
}

static int close_all(void **state)
{
    buf_release(&call.reply);
    arena_release(&call.arena);
    cardea_reader_free(reader);
    metrics_release(&metrics);
    return rig_close(state);
}

/* ---- forward-auth ---- */

static const char *bearer(const struct cardea_secret *key)
{
    return arena_printf(&rig.arena, "Bearer %.*s", STR_ARG(cardea_secret_reveal(key))).ptr;
}

static int authorize(const char *authorization)
{
    if (authorization)
        send("Authorization", authorization, 1);
    call.captures[0] = STR("shop");
    routes_authorize.items[0].handle(&call);
    return call.status;
}

struct forwarded {
    const char *what;
    bool trusted;
    const char *original[2], *other[2]; /* method, URI; NULL: not sent */
    unsigned uri_count;                 /* of the first that is sent; 0: 1 */
    int status;
};

/* The key may read and not write; the call itself is GET /orders, which is a read. */
static const struct forwarded forwards[] = {
    {"nothing", true, {0}, {0}, 0, 200},
    {"a read", true, {"GET", "/orders"}, {0}, 0, 200},
    {"a read with a query", true, {"GET", "/orders?limit=3"}, {0}, 0, 200},
    {"a write", true, {"POST", "/orders"}, {0}, 0, 403},
    {"a write in the other manner", true, {0}, {"POST", "/orders"}, 0, 403},
    {"a write from somebody else", false, {"POST", "/orders"}, {"POST", "/orders"}, 0, 200},
    {"a path without a method", true, {NULL, "/orders"}, {0}, 0, 400},
    {"a method without a path", true, {"GET", NULL}, {0}, 0, 400},
    {"halves of both", true, {"GET", NULL}, {NULL, "/orders"}, 0, 400},
    {"an empty path", true, {"GET", ""}, {0}, 0, 400},
    {"both, agreed", true, {"GET", "/orders"}, {"GET", "/orders"}, 0, 200},
    {"both, another path", true, {"GET", "/open"}, {"GET", "/orders"}, 0, 400},
    {"both, another method", true, {"GET", "/orders"}, {"POST", "/orders"}, 0, 400},
    {"a path twice", true, {"GET", "/orders"}, {0}, 2, 400},
    {"nowhere", true, {"GET", "/nowhere"}, {0}, 0, 403},
    {"an encoded slash", true, {"GET", "/open%2f..%2forders"}, {0}, 0, 403},
    {"a dot segment", true, {"GET", "/open/../orders"}, {0}, 0, 403},
    {"no path at all", true, {"GET", "orders"}, {0}, 0, 403},
    {"a whole URL", true, {"GET", "http://shop.localhost/orders"}, {0}, 0, 403},
};

static void only_the_proxy_is_believed(void **state)
{
    rig_made(rig_account("shop"), "orders:read");
    const char *authorization = bearer(&rig_key);
    for (size_t i = 0; i < sizeof(forwards) / sizeof(forwards[0]); i++) {
        const struct forwarded *f = &forwards[i];
        static const char *const names[2][2] = {{"X-Original-Method", "X-Original-URI"},
                                                {"X-Forwarded-Method", "X-Forwarded-Uri"}};
        request("GET", CARDEA_GET, "/v1/authorize/shop/orders")->trusted_proxy = f->trusted;
        for (int k = 0; k < 2; k++) {
            if (f->original[k])
                send(names[0][k], f->original[k], k == 1 && f->uri_count ? f->uri_count : 1);
            if (f->other[k])
                send(names[1][k], f->other[k], 1);
        }
        if (authorize(authorization) != f->status)
            fail_msg("%s: %d, not %d: %s", f->what, call.status, f->status, call.reply.ptr ? call.reply.ptr : "");
        if (f->status == 200 && call.reply.len)
            fail_msg("%s: a grant has a body", f->what);
    }
}

static void the_rest_of_the_path_is_decided(void **state)
{
    static const struct {
        const char *method;
        uint32_t bit;
        const char *target;
        int status;
    } cases[] = {
        {"GET", CARDEA_GET, "/v1/authorize/shop/orders", 200},
        {"GET", CARDEA_GET, "/v1/authorize/shop/orders/", 200},
        {"GET", CARDEA_GET, "/v1/authorize/shop/orders?a=/v1/authorize/shop/open", 200},
        {"HEAD", CARDEA_GET, "/v1/authorize/shop/orders", 200},
        {"POST", CARDEA_POST, "/v1/authorize/shop/orders", 403},
        {"GET", CARDEA_GET, "/v1/authorize/shop", 403},
        {"GET", CARDEA_GET, "/v1/authorize/shop?orders", 403},
        {"GET", CARDEA_GET, "/v1/authorize/shop//orders", 403},
        {"GET", CARDEA_GET, "/v1/authorize/shop/x/../orders", 403},
    };
    rig_made(rig_account("shop"), "orders:read");
    const char *authorization = bearer(&rig_key);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        request(cases[i].method, cases[i].bit, cases[i].target);
        if (authorize(authorization) != cases[i].status)
            fail_msg("%s %s: %d", cases[i].method, cases[i].target, call.status);
    }
}

static void a_grant_says_who(void **state)
{
    int64_t account = rig_account("shop");
    int64_t user = rig_user(account, CARDEA_ROLE_OWNER);
    rig_as_user(account, user, CARDEA_ROLE_OWNER);
    struct key_create in = rig_asked(0, "k", "orders:*");
    assert_done(rig_create(&in));
    request("GET", CARDEA_GET, "/v1/authorize/shop/orders");
    assert_int_equal(authorize(bearer(&rig_key)), 200);
    assert_string_equal(header("Cardea-Key-Id"), rig_id("key", rig_view.row.id).ptr);
    assert_string_equal(header("Cardea-Account"), rig_id("acc", account).ptr);
    assert_string_equal(header("Cardea-User"), rig_id("usr", user).ptr);
    assert_null(header("Cardea-Agent"));
    assert_string_equal(header("Cardea-Scopes"), "orders:read orders:write");
    assert_string_equal(header("Cardea-Kind"), "plain");

    request("GET", CARDEA_GET, "/v1/authorize/shop/open"); /* public: nobody was asked who they are */
    assert_int_equal(authorize(NULL), 200);
    assert_null(header("Cardea-Account"));
    request("GET", CARDEA_GET, "/v1/authorize/shop/orders");
    assert_int_equal(authorize(NULL), 401);
    assert_true(reply_says("MISSING"));
    request("GET", CARDEA_GET, "/v1/authorize/nowhere/orders");
    call.captures[0] = STR("nowhere");
    routes_authorize.items[0].handle(&call);
    assert_int_equal(call.status, 404);
}

/* ---- management paths ---- */

static struct profile tenants(bool can)
{
    return (struct profile){
        .core = {.name = "tenants"},
        .management = {.base = "/tenants/{tenant}/tokens",
                       .list_scope = -1,
                       .create_scope = -1,
                       .update_scope = -1,
                       .revoke_scope = -1,
                       .by_session = true,
                       .can_create = can,
                       .can_revoke = true},
    };
}

static const struct {
    uint32_t method;
    const char *path;
    const char *found; /* operation; "405", "404", or NULL: no management path */
    const char *tenant, *key;
} paths[] = {
    {CARDEA_GET, "/tenants/acme/tokens", "managed_list", "acme", NULL},
    {CARDEA_GET, "/tenants/acme/tokens/", "managed_list", "acme", NULL},
    {CARDEA_POST, "/tenants/acme/tokens", "managed_create", "acme", NULL},
    {CARDEA_DELETE, "/tenants/acme/tokens/ak_1234", "managed_revoke", "acme", "ak_1234"},
    {CARDEA_DELETE, "/tenants/acme/tokens/ak_1234/", "managed_revoke", "acme", "ak_1234"},
    {CARDEA_PATCH, "/tenants/acme/tokens/ak_1234", "405", NULL, NULL},
    {CARDEA_GET, "/tenants/acme/tokens/ak_1234", "405", NULL, NULL},
    {CARDEA_DELETE, "/tenants/acme/tokens", "405", NULL, NULL},
    {CARDEA_GET, "/tenants/acme/tokens/a/b", NULL, NULL, NULL},
    {CARDEA_GET, "/tenants/acme/tokensx", NULL, NULL, NULL},
    {CARDEA_GET, "/tenants//tokens", NULL, NULL, NULL},
    {CARDEA_GET, "/tenants/tokens", NULL, NULL, NULL},
    {CARDEA_GET, "/tenants/ac%6de/tokens", NULL, NULL, NULL},
    {CARDEA_GET, "/x/tenants/acme/tokens", NULL, NULL, NULL},
    {CARDEA_GET, "/", NULL, NULL, NULL},
    {CARDEA_GET, "/tenants/acme/agents", "managed_agents_list", "acme", NULL},
    {CARDEA_POST, "/tenants/acme/agents/", "managed_agents_create", "acme", NULL},
    {CARDEA_GET, "/tenants/acme/agents/bot", "managed_agents_get", "acme", "bot"},
    {CARDEA_PATCH, "/tenants/acme/agents/bot", "managed_agents_update", "acme", "bot"},
    {CARDEA_DELETE, "/tenants/acme/agents/bot", "managed_agents_delete", "acme", "bot"},
    {CARDEA_PUT, "/tenants/acme/agents/bot", "405", NULL, NULL},
    {CARDEA_PATCH, "/tenants/acme/agents", "405", NULL, NULL},
    {CARDEA_GET, "/tenants/acme/agents/bot/mail", NULL, NULL, NULL},
    {CARDEA_GET, "/tenants/acme/agents/b%6ft", NULL, NULL, NULL},
    {CARDEA_GET, "/tenants/acme/mail", "managed_messages_list", "acme", NULL},
    {CARDEA_POST, "/tenants/acme/mail", "405", NULL, NULL},
    {CARDEA_GET, "/tenants/acme/mail/msg_1", NULL, NULL, NULL},
    {CARDEA_POST, "/tenants/acme/agents/bot/messages", "managed_messages_send", "acme", "bot"},
    {CARDEA_GET, "/tenants/acme/agents/bot/messages/", "managed_messages_receive", "acme", "bot"},
    {CARDEA_GET, "/tenants/acme/agents/bot/messages/msg_1", "managed_messages_get", "acme", "bot"},
    {CARDEA_POST, "/tenants/acme/agents/bot/messages/msg_1/ack", "managed_messages_ack", "acme", "bot"},
    {CARDEA_POST, "/tenants/acme/agents/bot/messages/ack", "managed_messages_ack_up_to", "acme", "bot"},
    {CARDEA_POST, "/tenants/acme/agents/bot/push-secret", "managed_messages_push_secret", "acme", "bot"},
    {CARDEA_GET, "/tenants/acme/agents/bot/push-secret", "405", NULL, NULL},
    {CARDEA_DELETE, "/tenants/acme/agents/bot/messages", "405", NULL, NULL},
    {CARDEA_GET, "/tenants/acme/agents/bot/messages/msg_1/x", NULL, NULL, NULL},
    {CARDEA_GET, "/tenants/acme/agents/bot/messages/msg_1/ack/x", NULL, NULL, NULL},
    {CARDEA_GET, "/tenants/acme/agents/bot/messages//ack", NULL, NULL, NULL},
    {CARDEA_GET, "/tenants/acme/agents/bot/messages%2fx", NULL, NULL, NULL},
    {CARDEA_GET, "/tenants/acme/agents//messages", NULL, NULL, NULL},
};

static void management_paths(void **state)
{
    struct profile profile = tenants(true);
    profile.management.agents.base = "/tenants/{tenant}/agents";
    profile.management.messages.base = "/tenants/{tenant}/mail";
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        const struct http_route *route;
        request("X", paths[i].method, paths[i].path)->profile = &profile;
        bool matched = route_managed_match(&call, &route);
        const char *found = !matched ? NULL : route ? route->operation : call.status == 405 ? "405" : "404";
        if ((found == NULL) != (paths[i].found == NULL) || (found && strcmp(found, paths[i].found) != 0))
            fail_msg("%s: %s", paths[i].path, found ? found : "none");
        if (paths[i].tenant && !str_eq(call.captures[CALL_TENANT], str_of(paths[i].tenant)))
            fail_msg("%s: tenant %.*s", paths[i].path, STR_ARG(call.captures[CALL_TENANT]));
        if (paths[i].key && !str_eq(call.captures[0], str_of(paths[i].key)))
            fail_msg("%s: key %.*s", paths[i].path, STR_ARG(call.captures[0]));
    }
}

static void management_paths_say_what_they_answer_to(void **state)
{
    struct profile profile = tenants(true);
    request("GET", CARDEA_PATCH, "/tenants/acme/tokens/ak_1234")->profile = &profile;
    const struct http_route *route;
    assert_true(route_managed_match(&call, &route));
    assert_string_equal(header("Allow"), "DELETE");
    profile = tenants(false); /* and what the profile does not offer is no method of it */
    request("POST", CARDEA_POST, "/tenants/acme/tokens")->profile = &profile;
    assert_true(route_managed_match(&call, &route));
    assert_null(route);
    assert_string_equal(header("Allow"), "GET, HEAD");
}

static bool admits(const char *profile, uint32_t method, const char *path)
{
    const struct http_route *route;
    request("X", method, path)->profile = profile_set_find(&rig.profiles, str_of(profile));
    call.profile_index = profile_set_index(&rig.profiles, str_of(profile));
    call.svc.actor = rig.actor;
    assert_true(route_managed_match(&call, &route));
    assert_non_null(route);
    return route_keys_admit(&call, route);
}

static void who_may_ask_there(void **state)
{
    int64_t animus = rig_account("animus"), shop = rig_account("shop");
    struct key_view key = rig_made(animus, "*");
    rig_as_key(&key);
    assert_false(admits("animus", CARDEA_GET, "/api/v1/api-keys")); /* whatever its scopes */
    assert_int_equal(call.status, 403);
    assert_true(reply_says("whatever their scopes") && reply_says("session token"));
    rig_as_user(animus, 1, CARDEA_ROLE_MEMBER);
    assert_true(admits("animus", CARDEA_POST, "/api/v1/api-keys"));
    rig_as_user(animus, 1, CARDEA_ROLE_VIEWER);
    assert_true(admits("animus", CARDEA_GET, "/api/v1/api-keys"));
    assert_false(admits("animus", CARDEA_POST, "/api/v1/api-keys"));
    assert_int_equal(call.status, 403);

    key = rig_made(shop, "orders:read");
    rig_as_key(&key);
    assert_false(admits("shop", CARDEA_DELETE, "/keys/shp_x"));
    assert_true(reply_says("INSUFFICIENT_SCOPE"));
    assert_non_null(strstr(header("WWW-Authenticate"), "scope=\"keys:manage\""));
    key = rig_made(shop, "keys:manage");
    rig_as_key(&key);
    assert_true(admits("shop", CARDEA_DELETE, "/keys/shp_x"));
}

static void the_tenant_is_ones_own(void **state)
{
    int64_t shop = rig_account("shop");
    struct store_account account;
    struct profile profile = tenants(true);
    const struct http_route *route;
    assert_int_equal(store_account_get(rig.db, &rig.arena, shop, &account), STORE_OK);
    rig_as_user(shop, 1, CARDEA_ROLE_OWNER);
    for (int own = 0; own < 2; own++) {
        struct cardea_str slug = own ? account.slug : STR("somebody-else");
        const char *path = arena_printf(&rig.arena, "/tenants/%.*s/tokens", STR_ARG(slug)).ptr;
        request("GET", CARDEA_GET, path)->profile = &profile;
        call.svc.actor = rig.actor;
        assert_true(route_managed_match(&call, &route) && route);
        assert_int_equal(route_keys_admit(&call, route), own);
        if (!own)
            assert_true(call.status == 403 && reply_says("WRONG_ACCOUNT"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_proxy_is_believed),
        cmocka_unit_test(the_rest_of_the_path_is_decided),
        cmocka_unit_test(a_grant_says_who),
        cmocka_unit_test(management_paths),
        cmocka_unit_test(management_paths_say_what_they_answer_to),
        cmocka_unit_test(who_may_ask_there),
        cmocka_unit_test(the_tenant_is_ones_own),
    };
    return cmocka_run_group_tests_name("keys over HTTP", tests, open_all, close_all);
}
