#include "cli/keys.h"

#include <errno.h>

#include "base/id.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "cli/output.h"

static const char *const tenant = "{tenant}";
/* In its place: the account that the key belongs to. No slug looks like this. */
static const char *const own_account = "-";

int keys_path(struct client *c, const struct cli_args *args, const char **out)
{
    struct cli *cli = c->cli;
    if (cli_is_native(cli)) {
        *out = "/v1/keys";
        return CLI_OK;
    }
    const char *base = cli->profile->management.base, *capture = base ? strstr(base, tenant) : NULL;
    if (!base) {
        cli_error(cli, "%s has no API for managing keys", cli->title);
        return CLI_FAILURE;
    }
    *out = base;
    if (!capture)
        return CLI_OK;
    const char *account = args ? cli_args_get(args, "account") : NULL;
    if (!account)
        account = c->credentials.account;
    *out = arena_printf(&cli->arena, "%.*s%s%s", (int)(capture - base), base,
                        account ? cli_url_encode(&cli->arena, account) : own_account, capture + strlen(tenant))
               .ptr;
    return CLI_OK;
}

const char *keys_path_of(struct client *c, const char *collection, const char *id)
{
    return arena_printf(&c->cli->arena, "%s/%s", collection, cli_url_encode(&c->cli->arena, id)).ptr;
}

/* Whether `text` is a complete key of any product: it is not to be sent in a URL, nor repeated in a message. */
static const struct cardea_key_format *whole_key(struct cli *cli, struct cardea_str text)
{
    for (size_t i = 0; i < cli->profiles.count; i++) {
        const struct cardea_profile *p = &cli->profiles.items[i]->core;
        for (size_t k = 0; k < p->kind_count; k++)
            if (!(p->kinds[k].flags & CARDEA_KIND_LEGACY) && cardea_key_format_match(&p->kinds[k].format, text))
                return &p->kinds[k].format;
    }
    return NULL;
}

#define CANDIDATES_MAX 10

struct search {
    struct cli *cli;
    struct cardea_str prefix;
    struct keys_ref found[CANDIDATES_MAX];
    size_t count;
    bool exact; /* what was found has exactly this prefix */
    bool revoked_too;
};

/* For a change, revoked keys are passed by: nothing can be done to them, and a prefix may come again. */
static bool search_each(void *arg, const json_t *item)
{
    struct search *s = arg;
    struct cardea_str prefix = output_text(s->cli, item, "prefix"), name = output_text(s->cli, item, "name");
    if (!str_starts(prefix, s->prefix) ||
        (!s->revoked_too && str_eq(output_text(s->cli, item, "status"), STR("revoked"))))
        return true;
    bool exact = prefix.len == s->prefix.len;
    if (exact && !s->exact)
        s->count = 0;
    if (s->exact && !exact)
        return true;
    s->exact = exact;
    if (s->count < CANDIDATES_MAX)
        s->found[s->count] = (struct keys_ref){
            output_text(s->cli, item, "id").ptr,
            arena_printf(&s->cli->arena, "%.*s (%.*s)", STR_ARG(prefix), STR_ARG(name)).ptr};
    s->count++;
    return true;
}

static int say_ambiguous(struct cli *cli, const struct search *s, const char *text)
{
    cli_error(cli, "\"%s\" could be %zu keys; name one by its id", text, s->count);
    for (size_t i = 0; i < s->count && i < CANDIDATES_MAX; i++)
        cli_hint(cli, "%s  %s", s->found[i].id, s->found[i].shown);
    if (s->count > CANDIDATES_MAX)
        cli_hint(cli, "and %zu more", s->count - CANDIDATES_MAX);
    return CLI_USAGE;
}

static int resolve(struct client *c, const struct cli_args *args, const char *collection, const char *text,
                   bool revoked_too, struct keys_ref *out)
{
    struct cli *cli = c->cli;
    struct cardea_str given = str_of(text);
    int64_t id;
    *out = (struct keys_ref){text, text};
    if (id_parse(given, "key", &id))
        return CLI_OK;
    const struct cardea_key_format *format = whole_key(cli, given);
    if (format) {
        cli_error(cli,
                  "that is a whole key, and arguments are visible to others; name it by its id or its prefix (%.*s)",
                  (int)format->visible_len, text);
        return CLI_USAGE;
    }
    struct search s = {.cli = cli, .prefix = given, .revoked_too = revoked_too};
    const char *account = cli_is_native(cli) ? cli_args_get(args, "account") : NULL;
    int code = given.len > 0 ? client_each(c, client_query(c->cli, collection, "account", account), search_each, &s)
                             : CLI_OK;
    if (code != CLI_OK)
        return code;
    if (s.count > 1)
        return say_ambiguous(cli, &s, text);
    if (s.count == 0) {
        cli_error(cli, "no key has the id or prefix \"%s\"", text);
        cli_hint(cli, "`%s %s list` shows them.", cli->name, cli_keys_noun(cli));
        return CLI_NOT_FOUND;
    }
    *out = s.found[0];
    return CLI_OK;
}

int keys_resolve(struct client *c, const struct cli_args *args, const char *collection, const char *text,
                 struct keys_ref *out)
{
    return resolve(c, args, collection, text, false, out);
}

int keys_filter(struct client *c, const struct cli_args *args, const char *path, const char **out)
{
    const char *given = cli_args_get(args, "key"), *collection;
    struct keys_ref ref = {0};
    int code = given ? keys_path(c, args, &collection) : CLI_OK;
    if (code == CLI_OK && given)
        code = resolve(c, args, collection, given, true, &ref);
    *out = client_query(c->cli, path, "key", ref.id);
    return code;
}

static int bad_value(struct cli *cli, const char *option, const char *value, const char *want)
{
    cli_error(cli, "--%s \"%s\": %s", option, value, want);
    return CLI_USAGE;
}

static int add_list(struct cli *cli, const struct cli_args *args, json_t *body, const char *option, const char *member,
                    const char *nothing)
{
    size_t count;
    const char **all = cli_args_all(cli, args, option, &count);
    if (!cli_args_has(args, option))
        return CLI_OK;
    json_t *list = json_array();
    json_object_set_new(body, member, list);
    if (count == 1 && nothing && strcmp(all[0], nothing) == 0)
        return CLI_OK;
    for (size_t i = 0; i < count; i++)
        if (json_array_append_new(list, json_string(all[i])) != 0)
            return bad_value(cli, option, all[i], "it is not UTF-8");
    return CLI_OK;
}

static int add_expiry(struct cli *cli, const struct cli_args *args, json_t *body)
{
    const char *text = cli_args_get(args, "expires");
    int64_t when, seconds;
    if (!text)
        return CLI_OK;
    if (strcmp(text, "never") == 0) {
        json_object_set_new(body, "expires_at", json_null());
        return CLI_OK;
    }
    if (timefmt_parse_duration(str_of(text), &seconds) && seconds > 0 && seconds < (int64_t)100 * 366 * 86400)
        when = cli->now + seconds;
    else if (!timefmt_parse(str_of(text), &when))
        return bad_value(cli, "expires", text, "write 30d, 12h, a time such as 2027-01-31T00:00:00Z, or never");
    char rfc3339[TIMEFMT_LEN];
    timefmt_rfc3339(rfc3339, when);
    json_object_set_new(body, "expires_at", json_string(rfc3339));
    return CLI_OK;
}

/* A whole number of at least 0 that ends at `end`; -1 when it is none. */
static int64_t whole_number(const char *text, char end, const char **rest)
{
    char *stop;
    errno = 0;
    if (*text < '0' || *text > '9')
        return -1;
    long long n = strtoll(text, &stop, 10);
    if (errno || *stop != end)
        return -1;
    if (rest)
        *rest = stop + 1;
    return n;
}

static int add_rate_limit(struct cli *cli, const struct cli_args *args, json_t *body)
{
    const char *text = cli_args_get(args, "rate-limit"), *time;
    int64_t window;
    if (!text)
        return CLI_OK;
    if (strcmp(text, "none") == 0) {
        json_object_set_new(body, "rate_limit", json_null());
        return CLI_OK;
    }
    int64_t limit = whole_number(text, '/', &time);
    if (limit < 1 || !timefmt_parse_duration(str_of(time), &window) || window < 1)
        return bad_value(cli, "rate-limit", text, "write requests and a time, such as 100/60s");
    json_t *rate = json_object();
    json_object_set_new(rate, "limit", json_integer(limit));
    json_object_set_new(rate, "window_sec", json_integer(window));
    json_object_set_new(body, "rate_limit", rate);
    return CLI_OK;
}

int keys_credits(struct cli *cli, const struct cli_args *args, json_t *body)
{
    const char *text = cli_args_get(args, "credits");
    if (!text)
        return CLI_OK;
    if (strcmp(text, "none") == 0) {
        json_object_set_new(body, "credits", json_null());
        return CLI_OK;
    }
    int64_t n = whole_number(text, '\0', NULL);
    if (n < 0)
        return bad_value(cli, "credits", text, "write a whole number");
    json_object_set_new(body, "credits", json_integer(n));
    return CLI_OK;
}

static int add_metadata(struct cli *cli, const struct cli_args *args, json_t *body)
{
    size_t count;
    const char **all = cli_args_all(cli, args, "metadata", &count);
    if (count == 0)
        return CLI_OK;
    json_t *data = json_object();
    json_object_set_new(body, "metadata", data);
    for (size_t i = 0; i < count; i++) {
        const char *equals = strchr(all[i], '=');
        if (!equals || equals == all[i])
            return bad_value(cli, "metadata", all[i], "write NAME=VALUE");
        const char *name = arena_cstr(&cli->arena, (struct cardea_str){all[i], (size_t)(equals - all[i])});
        if (json_object_set_new(data, name, json_string(equals + 1)) != 0)
            return bad_value(cli, "metadata", all[i], "it is not UTF-8");
    }
    return CLI_OK;
}

int keys_body(struct cli *cli, const struct cli_args *args, json_t *body)
{
    static const char *const texts[] = {"name", "kind", "account", "agent"};
    int (*const adders[])(struct cli *, const struct cli_args *, json_t *) = {add_expiry, add_rate_limit, keys_credits,
                                                                              add_metadata};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const char *value = cli_args_get(args, texts[i]);
        /* a product's path already says whose keys they are */
        if (!value || (strcmp(texts[i], "account") == 0 && !cli_is_native(cli)))
            continue;
        if (json_object_set_new(body, texts[i], json_string(value)) != 0)
            return bad_value(cli, texts[i], value, "it is not UTF-8");
    }
    int code = add_list(cli, args, body, "scope", "scopes", NULL);
    if (code == CLI_OK)
        code = add_list(cli, args, body, "ip-allow", "ip_allow", "any");
    for (size_t i = 0; code == CLI_OK && i < sizeof(adders) / sizeof(adders[0]); i++)
        code = adders[i](cli, args, body);
    return code;
}

int keys_delivered(struct cli *cli, const json_t *key)
{
    if (fflush(cli->out) == 0 && !ferror(cli->out))
        return CLI_OK;
    cli_error(cli, "the key was made but could not be written, so nobody has it");
    cli_hint(cli, "Revoke it: %s %s revoke %s", cli->name, cli_keys_noun(cli), output_text(cli, key, "id").ptr);
    return CLI_FAILURE;
}
