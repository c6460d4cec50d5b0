#include <cardea/refusal.h>

#include "base/str.h"
#include "http/key_body.h"
#include "http/routes.h"
#include "service/networks.h"

#define BATCH_MAX    1000
#define KEY_SENT_MAX 4096 /* longer than any key, so that a wrong paste is a decision and not a malformed call */
#define COST_MAX     1000000

/* One question, checked. */
struct question {
    struct cardea_check check;
    uint8_t ip[16];
};

static const struct json_field fields[] = {
    {.name = "key", .want = JSON_WANT_STRING, .required = true, .max = KEY_SENT_MAX},
    {.name = "profile", .want = JSON_WANT_STRING, .nullable = true, .max = 256},
    {.name = "scope", .want = JSON_WANT_STRING, .nullable = true, .max = 256},
    {.name = "account", .want = JSON_WANT_STRING, .nullable = true, .max = 256},
    {.name = "agent", .want = JSON_WANT_STRING, .nullable = true, .max = 256},
    {.name = "ip", .want = JSON_WANT_STRING, .nullable = true, .max = 256},
    {.name = "cost", .want = JSON_WANT_INT, .nullable = true, .max = COST_MAX},
};

static void refuse_member(struct call *c, const char *at, const char *member, const char *message, const char *fix)
{
    service_invalid(&c->svc, arena_printf(&c->arena, "%s/%s", at, member).ptr, message, fix);
}

static const char *profile_choice(struct call *c)
{
    struct cardea_str text = STR("Choose among: ");
    size_t count = cardea_reader_profile_count(c->reader);
    for (size_t i = 0; i < count; i++)
        text = arena_printf(&c->arena, "%.*s%s%s", STR_ARG(text), cardea_reader_profile(c->reader, i)->name,
                            i + 1 < count ? ", " : ".");
    return text.ptr;
}

static bool name_profile(struct call *c, const char *at, const char *member, struct cardea_str name, int *profile)
{
    *profile = cardea_reader_profile_named(c->reader, name);
    if (*profile >= 0)
        return true;
    refuse_member(c, at, member, "There is no such profile.", profile_choice(c));
    return false;
}

/* An id, a slug, or `profile/slug`. */
static bool name_account(struct call *c, const char *at, struct cardea_str text, struct cardea_check *check)
{
    int64_t id;
    if (text.len == 0)
        return true;
    if (id_parse(text, "acc", &id)) {
        check->account_id = (uint64_t)id;
        return true;
    }
    const char *slash = memchr(text.ptr, '/', text.len);
    check->account = text;
    if (!slash)
        return true;
    struct cardea_str profile = {text.ptr, (size_t)(slash - text.ptr)};
    int named;
    check->account = (struct cardea_str){slash + 1, text.len - profile.len - 1};
    if (!name_profile(c, at, "account", profile, &named))
        return false;
    if (check->profile != CARDEA_ANY_PROFILE && check->profile != named) {
        refuse_member(c, at, "account", "The account and `profile` name different profiles.", "Leave one of them out.");
        return false;
    }
    check->profile = named;
    return true;
}

static bool read_question(struct call *c, const json_t *object, const char *at, struct cardea_time now,
                          struct question *q)
{
    if (!key_body_check(c, object, at, fields, sizeof(fields) / sizeof(fields[0])))
        return false;
    struct cardea_str profile = json_get_str(object, "profile"), ip = json_get_str(object, "ip");
    struct cardea_str agent = json_get_str(object, "agent");
    struct cardea_check *check = &q->check;
    int64_t id;
    bool well = true;
    *check = (struct cardea_check){
        .key = json_get_str(object, "key"),
        .profile = CARDEA_ANY_PROFILE,
        .scope = json_get_str(object, "scope"),
        .cost = (uint32_t)json_get_int(object, "cost", 1),
        .now = now,
    };
    if (profile.ptr)
        well &= name_profile(c, at, "profile", profile, &check->profile);
    well &= name_account(c, at, json_get_str(object, "account"), check);
    if (id_parse(agent, "agt", &id))
        check->agent_id = (uint64_t)id;
    else
        check->agent = agent;
    if (ip.ptr) {
        check->ip = q->ip;
        if (!network_parse_address(ip, q->ip)) {
            refuse_member(c, at, "ip", "It is not an address.", "Send one such as \"192.0.2.7\" or \"2001:db8::7\".");
            well = false;
        }
    }
    return well;
}

/* The only thing a decision does not know. Empty when the store cannot say: the decision stands. */
static struct cardea_str metadata_of(struct call *c, const struct cardea_decision *d)
{
    struct store_key row;
    if (!d->has_metadata)
        return STR("{}");
    if (store_key_get(c->svc.db, &c->arena, (int64_t)d->key_id, &row) != STORE_OK)
        return (struct cardea_str){0};
    return row.metadata.len ? row.metadata : STR("{}");
}

static void decide(struct call *c, struct json_writer *w, const struct question *q)
{
    struct cardea_decision d;
    cardea_verify_any(c->reader, &q->check, &d);
    call_decided(c, d.code);
    const struct cardea_profile *profile = d.profile >= 0 ? cardea_reader_profile(c->reader, (size_t)d.profile) : NULL;
    struct cardea_str metadata = d.key_id ? metadata_of(c, &d) : (struct cardea_str){0};
    size_t len = cardea_verdict(profile, &d, metadata, NULL, 0);
    char *text = arena_alloc(&c->arena, len);
    cardea_verdict(profile, &d, metadata, text, len);
    jw_raw(w, (struct cardea_str){text, len});
}

static void keys_verify(struct call *c)
{
    struct question q;
    struct json_writer w;
    if (!read_question(c, c->json, "", cardea_time_now(), &q)) {
        call_refuse(c);
        return;
    }
    call_json(c, 200, &w);
    decide(c, &w, &q);
}

static void keys_verify_batch(struct call *c)
{
    static const struct json_field batch[] = {
        {.name = "keys", .want = JSON_WANT_ARRAY, .required = true, .min = 1, .max = BATCH_MAX},
    };
    const json_t *keys = json_object_get(c->json, "keys");
    struct cardea_time now = cardea_time_now();
    bool well = key_body_check(c, c->json, "", batch, 1);
    size_t count = well ? json_array_size(keys) : 0;
    struct question *questions = arena_array(&c->arena, count ? count : 1, sizeof(*questions));
    /* Nothing is drawn from any key before all of the call is understood. */
    for (size_t i = 0; i < count && c->svc.problem_count < SERVICE_PROBLEMS_MAX; i++)
        well &= read_question(c, json_array_get(keys, i), arena_printf(&c->arena, "/keys/%zu", i).ptr, now,
                              &questions[i]);
    if (!well) {
        call_refuse(c);
        return;
    }
    struct json_writer w;
    call_json(c, 200, &w);
    jw_object_begin(&w);
    jw_name(&w, "results");
    jw_array_begin(&w);
    for (size_t i = 0; i < count; i++)
        decide(c, &w, &questions[i]);
    jw_array_end(&w);
    jw_object_end(&w);
}

static const struct http_route items[] = {
    {.method = CARDEA_POST,
     .pattern = "/v1/keys/verify",
     .lane = LANE_LOOP,
     .access = ACCESS_ROOT | ACCESS_VERIFIER,
     .takes_json = true,
     .handle = keys_verify,
     .operation = "keys_verify"},
    {.method = CARDEA_POST,
     .pattern = "/v1/keys/verify/batch",
     .lane = LANE_LOOP,
     .access = ACCESS_ROOT | ACCESS_VERIFIER,
     .takes_json = true,
     .handle = keys_verify_batch,
     .operation = "keys_verify_batch"},
};

const struct http_routes routes_verify = {items, sizeof(items) / sizeof(items[0])};
