#include "http/key_body.h"

#include "base/str.h"

/* Bounds that keep absurd input out; the rules proper, with their own words, are the use cases'. */
#define TEXT_MAX     4096
#define INT_MAX_SENT INT64_C(1000000000000000000)

bool key_body_check(struct call *c, const json_t *object, const char *at, const struct json_field *fields, size_t count)
{
    struct json_problem problems[SERVICE_PROBLEMS_MAX];
    size_t found = json_check(&c->arena, object, fields, count, problems, SERVICE_PROBLEMS_MAX);
    bool unknown = false;
    for (size_t i = 0; i < found && i < SERVICE_PROBLEMS_MAX; i++) {
        service_invalid(&c->svc,
                        *at ? arena_printf(&c->arena, "%s%s", at, problems[i].location).ptr : problems[i].location,
                        problems[i].message, problems[i].fix);
        unknown |= problems[i].unknown;
    }
    if (unknown)
        c->svc.code = "unknown_field";
    return found == 0;
}

static bool given(const json_t *object, const char *name)
{
    return json_object_get(object, name) != NULL;
}

static bool is_null(const json_t *object, const char *name)
{
    return json_is_null(json_object_get(object, name));
}

bool key_body_strings(struct call *c, const json_t *object, const char *at, const char *name,
                      const struct cardea_str **out, size_t *count)
{
    const json_t *array = json_object_get(object, name);
    bool well = true;
    *count = json_array_size(array);
    struct cardea_str *items = arena_array(&c->arena, *count ? *count : 1, sizeof(*items));
    for (size_t i = 0; i < *count; i++) {
        const json_t *item = json_array_get(array, i);
        if (!json_is_string(item)) {
            service_invalid(&c->svc, arena_printf(&c->arena, "%s/%s/%zu", at, name, i).ptr,
                            "The value has the wrong type.", "Send a string.");
            well = false;
            continue;
        }
        items[i] = (struct cardea_str){json_string_value(item), json_string_length(item)};
    }
    *out = items;
    return well;
}

static bool read_rate(struct call *c, const json_t *object, const char *at, struct key_input *in)
{
    static const struct json_field fields[] = {
        {.name = "limit", .want = JSON_WANT_INT, .required = true},
        {.name = "window_sec", .want = JSON_WANT_INT, .required = true},
        {.name = "burst", .want = JSON_WANT_INT, .nullable = true},
    };
    const json_t *rate = json_object_get(object, "rate_limit");
    in->rate_null = json_is_null(rate);
    if (in->rate_null)
        return true;
    if (!key_body_check(c, rate, arena_printf(&c->arena, "%s/rate_limit", at).ptr, fields, 3))
        return false;
    in->rate_limit = json_get_int(rate, "limit", 0);
    in->rate_window_sec = json_get_int(rate, "window_sec", 0);
    in->rate_burst = json_get_int(rate, "burst", 0);
    return true;
}

static struct cardea_str compact(struct call *c, const json_t *value)
{
    /* One byte more than may be kept tells the use case that it is too large; the rest need not be copied. */
    char text[KEY_METADATA_MAX + 1];
    size_t len = json_dumpb(value, text, sizeof(text), JSON_COMPACT);
    return arena_str(&c->arena, (struct cardea_str){text, len < sizeof(text) ? len : sizeof(text)});
}

/* The members that a key has in every body. */
static bool read_input(struct call *c, const json_t *object, const char *at, struct key_input *in)
{
    static const struct {
        const char *name;
        unsigned member;
    } members[] = {
        {"name", KEY_NAME},       {"scopes", KEY_SCOPES},   {"expires_at", KEY_EXPIRES}, {"ip_allow", KEY_IP_ALLOW},
        {"rate_limit", KEY_RATE}, {"credits", KEY_CREDITS}, {"metadata", KEY_METADATA},  {"enabled", KEY_ENABLED},
    };
    bool well = true;
    *in = (struct key_input){0};
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        if (given(object, members[i].name))
            in->given |= members[i].member;
    in->name = json_get_str(object, "name");
    in->expires_null = is_null(object, "expires_at");
    in->expires_at = json_get_str(object, "expires_at");
    in->credits_null = is_null(object, "credits");
    in->credits = json_get_int(object, "credits", 0);
    in->enabled = json_get_bool(object, "enabled", false);
    if (in->given & KEY_SCOPES)
        well &= key_body_strings(c, object, at, "scopes", &in->scopes, &in->scope_count);
    if (in->given & KEY_IP_ALLOW)
        well &= key_body_strings(c, object, at, "ip_allow", &in->ip_allow, &in->ip_allow_count);
    if (in->given & KEY_RATE)
        well &= read_rate(c, object, at, in);
    if (in->given & KEY_METADATA)
        in->metadata = compact(c, json_object_get(object, "metadata"));
    return well;
}

#define TEXT_FIELD(field_name, ...)                                                \
    {                                                                              \
        .name = field_name, .want = JSON_WANT_STRING, .max = TEXT_MAX, __VA_ARGS__ \
    }
#define LIMIT_FIELDS                                                                                                   \
    {.name = "scopes", .want = JSON_WANT_ARRAY, .max = CARDEA_SCOPES_MAX}, TEXT_FIELD("expires_at", .nullable = true), \
        {.name = "ip_allow", .want = JSON_WANT_ARRAY, .max = 1024},                                                    \
        {.name = "rate_limit", .want = JSON_WANT_OBJECT, .nullable = true},                                            \
        {.name = "credits", .want = JSON_WANT_INT, .nullable = true, .min = -INT_MAX_SENT, .max = INT_MAX_SENT},       \
    {                                                                                                                  \
        .name = "metadata", .want = JSON_WANT_OBJECT                                                                   \
    }

bool key_body_create(struct call *c, struct key_create *out)
{
    static const struct json_field fields[] = {
        TEXT_FIELD("account", .nullable = true),
        TEXT_FIELD("kind", .nullable = true),
        TEXT_FIELD("agent", .nullable = true),
        {.name = "name", .want = JSON_WANT_STRING, .required = true},
        LIMIT_FIELDS,
    };
    if (!key_body_check(c, c->json, "", fields, sizeof(fields) / sizeof(fields[0])))
        return false;
    *out = (struct key_create){
        .account = json_get_str(c->json, "account"),
        .kind = json_get_str(c->json, "kind"),
        .agent = json_get_str(c->json, "agent"),
    };
    return read_input(c, c->json, "", &out->input);
}

bool key_body_update(struct call *c, struct key_input *out)
{
    static const struct json_field fields[] = {
        {.name = "name", .want = JSON_WANT_STRING},
        {.name = "enabled", .want = JSON_WANT_BOOL},
        LIMIT_FIELDS,
    };
    return key_body_check(c, c->json, "", fields, sizeof(fields) / sizeof(fields[0])) &&
           read_input(c, c->json, "", out);
}

bool key_body_rotate(struct call *c, int64_t *overlap_sec)
{
    static const struct json_field fields[] = {
        {.name = "overlap_sec", .want = JSON_WANT_INT, .nullable = true, .max = KEY_OVERLAP_MAX_SEC},
    };
    if (!key_body_check(c, c->json, "", fields, 1))
        return false;
    *overlap_sec = json_get_int(c->json, "overlap_sec", KEY_OVERLAP_DEFAULT);
    return true;
}

bool key_body_reason(struct call *c, struct cardea_str *reason)
{
    static const struct json_field fields[] = {TEXT_FIELD("reason", .nullable = true)};
    if (!key_body_check(c, c->json, "", fields, 1))
        return false;
    *reason = given(c->json, "reason") ? json_get_str(c->json, "reason") : call_query(c, "reason");
    return true;
}

static bool read_import(struct call *c, const json_t *object, size_t index, struct key_import *out)
{
    static const struct json_field fields[] = {
        TEXT_FIELD("sha256", .required = true),
        {.name = "name", .want = JSON_WANT_STRING},
        TEXT_FIELD("kind", .nullable = true),
        TEXT_FIELD("prefix", .nullable = true),
        TEXT_FIELD("agent", .nullable = true),
        TEXT_FIELD("created_at", .nullable = true),
        LIMIT_FIELDS,
    };
    const char *at = arena_printf(&c->arena, "/keys/%zu", index).ptr;
    if (!key_body_check(c, object, at, fields, sizeof(fields) / sizeof(fields[0])))
        return false;
    *out = (struct key_import){
        .sha256 = json_get_str(object, "sha256"),
        .kind = json_get_str(object, "kind"),
        .prefix = json_get_str(object, "prefix"),
        .agent = json_get_str(object, "agent"),
        .created_at = json_get_str(object, "created_at"),
    };
    return read_input(c, object, at, &out->input);
}

bool key_body_import(struct call *c, struct key_import_body *out)
{
    static const struct json_field fields[] = {
        TEXT_FIELD("account", .required = true),
        TEXT_FIELD("kind", .nullable = true),
        {.name = "keys", .want = JSON_WANT_ARRAY, .required = true, .min = 1, .max = KEY_IMPORT_MAX},
    };
    if (!key_body_check(c, c->json, "", fields, sizeof(fields) / sizeof(fields[0])))
        return false;
    const json_t *keys = json_object_get(c->json, "keys");
    out->account = json_get_str(c->json, "account");
    out->kind = json_get_str(c->json, "kind");
    out->count = json_array_size(keys);
    out->items = arena_array(&c->arena, out->count, sizeof(*out->items));
    bool well = true;
    for (size_t i = 0; i < out->count && c->svc.problem_count < SERVICE_PROBLEMS_MAX; i++)
        well &= read_import(c, json_array_get(keys, i), i, &out->items[i]);
    return well;
}
