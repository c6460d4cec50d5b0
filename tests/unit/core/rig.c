/* rig.c - a small world to decide in. */
#include "rig.h"

#include <dirent.h>
#include <unistd.h>

static const char *const acme_scopes[] = {"corpus:read", "corpus:write", "settings:read", "admin"};
static const char *const acme_hosts[] = {"acme.localhost", "api.acme.example"};
static const char *const other_hosts[] = {"other.localhost"};

#define KINDS(a) (1u << (a))

static const char *const item_fields[] = {"/body", "/notes/*/text"};
static const struct cardea_route_scan items_scan = {item_fields, 2};
static const struct cardea_route acme_routes[] = {
    {CARDEA_GET, "/", CARDEA_ACCESS_PUBLIC, 0, 0, 0},
    {CARDEA_GET | CARDEA_OPTIONS, "/health", CARDEA_ACCESS_PUBLIC, 0, 0, 0},
    {CARDEA_GET, "/me", CARDEA_ACCESS_KEY, 0, 0, 0},
    {CARDEA_GET, "/tenants/{tenant}/corpus", CARDEA_ACCESS_SCOPE, 0, 0, 0},
    {CARDEA_POST | CARDEA_DELETE, "/tenants/{tenant}/corpus", CARDEA_ACCESS_SCOPE, 1, 0, 0},
    {CARDEA_GET, "/tenants/{tenant}/settings", CARDEA_ACCESS_KEY, 0, 0, CARDEA_ROLE_ADMIN},
    {CARDEA_DELETE, "/tenants/{tenant}", CARDEA_ACCESS_SCOPE, 3, 0, CARDEA_ROLE_OWNER},
    {CARDEA_GET, "/tenants/status", CARDEA_ACCESS_PUBLIC, 0, 0, 0},
    {CARDEA_POST, "/agents/{agent}/messages", CARDEA_ACCESS_KEY, 0, KINDS(RIG_AGENT) | KINDS(RIG_TOKEN), 0},
    {CARDEA_GET, "/billing", CARDEA_ACCESS_KEY, 0, KINDS(RIG_TOKEN), 0},
    {CARDEA_GET, "/files/**", CARDEA_ACCESS_KEY, 0, 0, 0, NULL, 3},
    {CARDEA_PUT | CARDEA_PATCH, "/items/{id}", CARDEA_ACCESS_KEY, 0, 0, 0, &items_scan, 15},
};
static const struct cardea_route other_routes[] = {{CARDEA_GET, "/me", CARDEA_ACCESS_KEY, 0, 0, 0}};
static const struct cardea_denial acme_denials[] = {
    {CARDEA_EXPIRED, 403, "{\"error\": \"Token expired\"}", "application/json"},
    {CARDEA_INSUFFICIENT_SCOPE, 0, "{\"error\": \"Missing required scope: {scope}\", \"code\": \"{code}\"}",
     "application/json"},
};

/* ::ffff:10.0.0.0/104, as 10.0.0.0/8 stands in a network. */
static const struct cardea_network ten_net[] = {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 0}, 104}};

struct named_key {
    const char *name;
    uint64_t id, account, user, agent;
    uint16_t kind;
    const char *scope; /* NULL: none */
    enum cardea_key_state state;
    int64_t expires_at;
    bool ten_net, credits;
    uint32_t limit;
};

#define ON CARDEA_KEY_ACTIVE
static const struct named_key names[] = {
    {"reader", 101, 1, 0, 0, RIG_TOKEN, "corpus:read", ON, 0, false, false, 0},
    {"writer", 102, 1, 0, 0, RIG_TOKEN, "corpus:*", ON, 0, false, false, 0},
    {"all", 103, 1, 0, 0, RIG_TOKEN, "*", ON, 0, false, false, 0},
    {"none", 104, 1, 0, 0, RIG_TOKEN, NULL, ON, 0, false, false, 0},
    {"disabled", 105, 1, 0, 0, RIG_TOKEN, "*", CARDEA_KEY_DISABLED, 0, false, false, 0},
    {"revoked", 106, 1, 0, 0, RIG_TOKEN, "*", CARDEA_KEY_REVOKED, 0, false, false, 0},
    {"expired", 107, 1, 0, 0, RIG_TOKEN, "*", ON, RIG_NOW - 1, false, false, 0},
    {"expiring", 108, 1, 0, 0, RIG_TOKEN, "*", ON, RIG_NOW, false, false, 0},
    {"lasting", 109, 1, 0, 0, RIG_TOKEN, "*", ON, RIG_NOW + 1, false, false, 0},
    {"revoked-expired", 110, 1, 0, 0, RIG_TOKEN, "*", CARDEA_KEY_REVOKED, 1, false, false, 0},
    {"globex", 111, 2, 0, 0, RIG_TOKEN, "*", ON, 0, false, false, 0},
    {"sleepy", 112, 3, 0, 0, RIG_TOKEN, "*", ON, 0, false, false, 0},
    {"gone", 113, 4, 0, 0, RIG_TOKEN, "*", ON, 0, false, false, 0},
    {"server", 114, 1, 0, 0, RIG_SERVER, "*", ON, 0, false, false, 0},
    {"single-old", 115, 1, 0, 0, RIG_SINGLE, "*", ON, 0, false, false, 0},
    {"single-new", 116, 1, 0, 0, RIG_SINGLE, "*", ON, 0, false, false, 0},
    {"single-unset", 117, 2, 0, 0, RIG_SINGLE, "*", ON, 0, false, false, 0},
    {"follow-admin", 118, 1, 10, 0, RIG_FOLLOW, "*", ON, 0, false, false, 0},
    {"follow-viewer", 119, 1, 11, 0, RIG_FOLLOW, "*", ON, 0, false, false, 0},
    {"follow-left", 120, 1, 12, 0, RIG_FOLLOW, "*", ON, 0, false, false, 0},
    {"follow-nobody", 121, 1, 0, 0, RIG_FOLLOW, "*", ON, 0, false, false, 0},
    {"token-of-left", 122, 1, 12, 0, RIG_TOKEN, "*", ON, 0, false, false, 0},
    {"scout", 123, 1, 0, 20, RIG_AGENT, NULL, ON, 0, false, false, 0},
    {"ghost", 124, 1, 0, 21, RIG_AGENT, NULL, ON, 0, false, false, 0},
    {"agentless", 125, 1, 0, 0, RIG_AGENT, NULL, ON, 0, false, false, 0},
    {"old", 126, 1, 0, 0, RIG_LEGACY, "*", ON, 0, false, false, 0},
    {"root", 127, 1, 0, 0, RIG_ROOT, "*", ON, 0, false, false, 0},
    {"ten", 128, 1, 0, 0, RIG_TOKEN, "*", ON, 0, true, false, 0},
    {"limited", 129, 1, 0, 0, RIG_TOKEN, "*", ON, 0, false, false, 2},
    {"metered", 130, 1, 0, 0, RIG_TOKEN, "*", ON, 0, false, true, 0},
    {"both", 131, 1, 0, 0, RIG_TOKEN, "corpus:read", ON, 0, false, true, 3},
    {"other", 132, 5, 0, 0, 0, NULL, ON, 0, false, false, 0},
    {"unknown", 900, 0, 0, 0, RIG_TOKEN, NULL, ON, 0, false, false, 0},
    {"unknown-agent", 901, 0, 0, 0, RIG_AGENT, NULL, ON, 0, false, false, 0},
    {"unknown-old", 902, 0, 0, 0, RIG_LEGACY, NULL, ON, 0, false, false, 0},
};

static void kind(struct cardea_kind *k, const char *name, const char *tmpl, uint32_t flags)
{
    struct cardea_why why = {""};
    *k = (struct cardea_kind){.name = name, .flags = flags};
    if (tmpl != NULL && cardea_key_format_compile(&k->format, S(tmpl), CARDEA_BASE62, &why) != CARDEA_OK)
        fail_msg("%s: %s", tmpl, why.text);
}

void rig_begin(struct rig *rig)
{
    memset(rig, 0, sizeof *rig);
    snprintf(rig->dir, sizeof rig->dir, "/tmp/cardea-test-XXXXXX");
    assert_non_null(mkdtemp(rig->dir));
    snprintf(rig->path, sizeof rig->path, "%s/snapshot", rig->dir);
    kind(&rig->acme_kinds[RIG_TOKEN], "token", "tok_{secret:32}{check:6}", 0);
    kind(&rig->acme_kinds[RIG_SERVER], "server", "srv_{id:8}_{secret:24}", CARDEA_KIND_SERVER_SIDE);
    kind(&rig->acme_kinds[RIG_SINGLE], "single", "sgl_{secret:32}", CARDEA_KIND_REPLACES);
    kind(&rig->acme_kinds[RIG_FOLLOW], "follow", "fol_{secret:32}", CARDEA_KIND_FOLLOWS_ROLE);
    kind(&rig->acme_kinds[RIG_AGENT], "agent", "ak_{secret:32}", CARDEA_KIND_AGENT);
    kind(&rig->acme_kinds[RIG_LEGACY], "legacy", NULL, CARDEA_KIND_LEGACY);
    kind(&rig->acme_kinds[RIG_ROOT], "root", "root_{secret:43}{check:6}", CARDEA_KIND_CROSS_ACCOUNT);
    kind(&rig->other_kinds[0], "key", "ak_{secret:32}", 0);
    rig->profiles[0] = (struct cardea_profile){.name = "acme",
                                               .realm = "Acme",
                                               .hosts = acme_hosts,
                                               .host_count = 2,
                                               .legacy_header = "x-api-key",
                                               .scopes = acme_scopes,
                                               .scope_count = 4,
                                               .kinds = rig->acme_kinds,
                                               .kind_count = 7,
                                               .routes = acme_routes,
                                               .route_count = sizeof acme_routes / sizeof *acme_routes,
                                               .denials = acme_denials,
                                               .denial_count = 2};
    rig->profiles[1] = (struct cardea_profile){.name = "other",
                                               .hosts = other_hosts,
                                               .host_count = 1,
                                               .kinds = rig->other_kinds,
                                               .kind_count = 1,
                                               .routes = other_routes,
                                               .route_count = 1};
    rig->list[0] = &rig->profiles[0];
    rig->list[1] = &rig->profiles[1];
}

void rig_end(struct rig *rig)
{
    cardea_writer_free(rig->w);
    cardea_activity_free(rig->activity);
    DIR *d = opendir(rig->dir);
    assert_non_null(d);
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        if (e->d_name[0] != '.')
            unlinkat(dirfd(d), e->d_name, 0);
    }
    closedir(d);
    rmdir(rig->dir);
}

struct cardea_writer_options rig_options(const struct rig *rig)
{
    return (struct cardea_writer_options){.path = rig->path,
                                          .deployment_id = "rig deployment",
                                          .profiles = rig->list,
                                          .profile_count = 2,
                                          .seed = {11, 22},
                                          .mode = 0640};
}

void rig_write(struct rig *rig)
{
    struct cardea_writer_options o = rig_options(rig);
    struct cardea_why why = {""};
    bool adopted;
    if (cardea_writer_open(&rig->w, &o, &adopted, &why) != CARDEA_OK)
        fail_msg("%s", why.text);
}

static void put_account(struct rig *rig, uint64_t id, uint16_t profile, const char *slug, bool suspended, bool deleted)
{
    struct cardea_account_entry e = {
        .id = id, .profile = profile, .slug = S(slug), .suspended = suspended, .deleted = deleted};
    assert_int_equal(cardea_writer_put_account(rig->w, &e), CARDEA_OK);
}

static void put_people(struct rig *rig)
{
    static const struct cardea_member_entry members[] = {
        {1, 10, CARDEA_ROLE_ADMIN}, {1, 11, CARDEA_ROLE_VIEWER}, {1, 12, CARDEA_ROLE_NONE}, {2, 10, CARDEA_ROLE_OWNER}};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        assert_int_equal(cardea_writer_put_member(rig->w, &members[i]), CARDEA_OK);
    struct cardea_agent_entry agents[] = {
        {1, 20, S("scout"), false}, {1, 21, S("ghost"), true}, {1, 22, S("rover"), false}};
    for (size_t i = 0; i < sizeof agents / sizeof *agents; i++)
        assert_int_equal(cardea_writer_put_agent(rig->w, &agents[i]), CARDEA_OK);
}

void rig_fill(struct rig *rig)
{
    put_account(rig, 1, 0, "acme-co", false, false);
    put_account(rig, 2, 0, "globex", false, false);
    put_account(rig, 3, 0, "sleepy", true, false);
    put_account(rig, 4, 0, "gone", false, true);
    put_account(rig, 5, 1, "acme-co", false, false);
    put_people(rig);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (names[i].account == 0)
            continue;
        struct cardea_key_entry e;
        rig_entry(rig, names[i].name, &e);
        assert_int_equal(cardea_writer_put_key(rig->w, &e), CARDEA_OK);
    }
    assert_int_equal(cardea_writer_set_current(rig->w, 1, 116), CARDEA_OK);
}

void rig_record(struct rig *rig)
{
    assert_int_equal(cardea_activity_open(&rig->activity, rig->dir, 0660), CARDEA_OK);
    assert_int_equal(cardea_activity_reserve(rig->activity, 1000), CARDEA_OK);
}

struct cardea_reader *rig_reader(const struct rig *rig)
{
    struct cardea_reader *r;
    struct cardea_why why = {""};
    struct cardea_reader_options o = {.path = rig->path, .activity_dir = rig->activity != NULL ? rig->dir : NULL};
    if (cardea_reader_open(&r, &o, &why) != CARDEA_OK)
        fail_msg("%s", why.text);
    return r;
}

static const struct named_key *find_name(const char *name)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i].name, name) == 0)
            return &names[i];
    }
    fail_msg("no key has the name %s", name);
    return NULL;
}

void rig_key(const struct rig *rig, const char *name, struct cardea_secret *out)
{
    const struct named_key *n = find_name(name);
    if (n->kind == RIG_LEGACY && n->account != 5) {
        char text[64];
        snprintf(text, sizeof text, "Old+Key/%llu==", (unsigned long long)n->id);
        assert_int_equal(cardea_secret_set(out, S(text)), CARDEA_OK);
        return;
    }
    const struct cardea_kind *k = n->account == 5 ? &rig->other_kinds[0] : &rig->acme_kinds[n->kind];
    uint64_t seed = n->id;
    assert_int_equal(cardea_key_format_mint(&k->format, rig_random, &seed, out), CARDEA_OK);
}

void rig_entry(const struct rig *rig, const char *name, struct cardea_key_entry *out)
{
    const struct named_key *n = find_name(name);
    struct cardea_secret key;
    rig_key(rig, name, &key);
    *out = (struct cardea_key_entry){.id = n->id,
                                     .account_id = n->account,
                                     .user_id = n->user,
                                     .agent_id = n->agent,
                                     .ordinal = (uint32_t)n->id,
                                     .state = n->state,
                                     .expires_at = n->expires_at,
                                     .kind = n->kind,
                                     .has_credits = n->credits,
                                     .credits_ordinal = (uint32_t)n->id,
                                     .networks = n->ten_net ? ten_net : NULL,
                                     .network_count = n->ten_net ? 1 : 0};
    if (n->limit != 0)
        out->rate = (struct cardea_rate){.limit = n->limit, .window_ms = 60000};
    cardea_digest(cardea_secret_reveal(&key), &out->digest);
    if (n->scope != NULL)
        assert_int_equal(cardea_scopes_add(&out->scopes, &rig->profiles[0], S(n->scope)), CARDEA_OK);
}

bool rig_random(void *arg, void *buf, size_t len)
{
    uint64_t *state = arg;
    uint8_t *at = buf;
    for (size_t i = 0; i < len; i++) {
        *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        at[i] = (uint8_t)(*state >> 56);
    }
    return true;
}

struct cardea_time rig_time(void)
{
    return (struct cardea_time){.unix_sec = RIG_NOW, .boot_ns = RIG_BOOT_NS};
}

enum cardea_code rig_verify(struct cardea_reader *r, const struct rig *rig, const char *name)
{
    struct cardea_secret key;
    struct cardea_decision d;
    rig_key(rig, name, &key);
    struct cardea_check check = {.key = cardea_secret_reveal(&key), .now = rig_time()};
    cardea_verify(r, &check, &d);
    return d.code;
}
