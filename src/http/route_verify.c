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

static void write_scopes(struct json_writer *w, const struct cardea_profile *profile,
                         const struct cardea_scopes *scopes)
{
    jw_name(w, "scopes");
    jw_array_begin(w);
    for (size_t i = 0; profile && i < profile->scope_count; i++)
        if (cardea_scopes_has(scopes, (unsigned)i))
            jw_str(w, str_of(profile->scopes[i]));
    jw_array_end(w);
}

/* The only thing a decision does not know. Null when there is no key, or when the store cannot say: the decision
 * stands. */
static void write_metadata(struct call *c, struct json_writer *w, const struct cardea_decision *d)
{
    struct store_key row;
    jw_name(w, "metadata");
    if (d->key_id == 0)
        jw_null(w);
    else if (!d->has_metadata)
        jw_raw(w, STR("{}"));
    else if (store_key_get(c->svc.db, &c->arena, (int64_t)d->key_id, &row) != STORE_OK)
        jw_null(w);
    else
        jw_raw(w, row.metadata.len ? row.metadata : STR("{}"));
}

static void write_remaining(struct json_writer *w, const struct cardea_decision *d)
{
    jw_name(w, "remaining");
    if (d->key_id && d->credits_remaining >= 0)
        jw_int(w, d->credits_remaining);
    else if (d->key_id && d->limited)
        jw_int(w, d->rate_remaining);
    else
        jw_null(w);
    jw_name(w, "retry_after");
    if (d->code == CARDEA_RATE_LIMITED)
        jw_int(w, (d->retry_after_ms + 999) / 1000);
    else
        jw_null(w);
}

/* A key of a legacy kind has no format: what is no key by the look of it may be one. */
static void verify_any(struct call *c, const struct cardea_check *check, struct cardea_decision *d)
{
    struct cardea_check legacy = *check;
    struct cardea_decision second;
    cardea_verify(c->reader, check, d);
    if (d->code != CARDEA_MALFORMED && d->code != CARDEA_NOT_FOUND)
        return;
    legacy.legacy = true;
    cardea_verify(c->reader, &legacy, &second);
    if (second.key_id != 0)
        *d = second;
}

static void decide(struct call *c, struct json_writer *w, const struct question *q)
{
    struct cardea_decision d;
    verify_any(c, &q->check, &d);
    call_decided(c, d.code);
    bool found = d.key_id != 0;
    const struct cardea_profile *profile = found && d.profile >= 0 ? cardea_reader_profile(c->reader, (size_t)d.profile)
                                                                   : NULL;
    bool known = profile && d.kind >= 0 && (size_t)d.kind < profile->kind_count;
    jw_object_begin(w);
    jw_member_bool(w, "valid", d.code == CARDEA_VALID);
    jw_member_str(w, "code", str_of(cardea_code_name(d.code)));
    jw_member_id(w, "key_id", "key", found ? (int64_t)d.key_id : 0);
    jw_member_id(w, "account", "acc", found ? (int64_t)d.account_id : 0);
    jw_member_id(w, "user", "usr", found ? (int64_t)d.user_id : 0);
    jw_member_id(w, "agent", "agt", found ? (int64_t)d.agent_id : 0);
    jw_member_str_or_null(w, "kind", known ? str_of(profile->kinds[d.kind].name) : (struct cardea_str){0});
    write_scopes(w, profile, &d.scopes);
    jw_member_time(w, "expires_at", found ? d.expires_at : 0);
    write_metadata(c, w, &d);
    write_remaining(w, &d);
    jw_object_end(w);
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
