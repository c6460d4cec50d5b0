/* A document: its own words, then rules and exceptions one by one. Every mistake is named, none ends the reading. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "policy/internal.h"
#include "scan/fields_rule.h"
#include "scan/names.h"

#define COUNT(list)        (sizeof(list) / sizeof((list)[0]))
#define PLACE_MAX          256
#define REPLACEMENT_MAX    2000
#define LIST_MAX           512
#define REPLACEMENT_STATIC "This message was not delivered: it does not comply with the content policy."

void policy_mistake(struct policy_reader *r, const char *place, const char *message, const char *fix)
{
    if (r->mistakes->count == POLICY_MISTAKES_MAX)
        return;
    r->mistakes->items[r->mistakes->count++] = (struct json_problem){
        .location = arena_printf(r->a, "%s%s", r->at, place).ptr, .message = message, .fix = fix};
}

const char *policy_place(struct policy_reader *r, const char *fmt, ...)
{
    char text[PLACE_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    return arena_cstr(r->a, str_of(text));
}

bool policy_check(struct policy_reader *r, const char *place, const json_t *object, const struct json_field *fields,
                  size_t count)
{
    struct json_problem problems[POLICY_MISTAKES_MAX];
    size_t found = json_check(r->a, object, fields, count, problems, POLICY_MISTAKES_MAX);
    for (size_t i = 0; i < found && i < POLICY_MISTAKES_MAX; i++) {
        bool whole = problems[i].location[0] == '\0';
        policy_mistake(r, policy_place(r, "%s%s", place, problems[i].location),
                       whole ? "The value is not a JSON object." : problems[i].message, problems[i].fix);
    }
    return found == 0;
}

int policy_choice(struct policy_reader *r, const char *place, const json_t *object, const char *name,
                  const char *const *names)
{
    struct cardea_str given = json_get_str(object, name);
    struct buf list;
    if (!json_is_string(json_object_get(object, name)))
        return -1;
    for (size_t i = 0; names[i]; i++)
        if (str_eq(given, str_of(names[i])))
            return (int)i;
    buf_init(&list, PLACE_MAX);
    for (size_t i = 0; names[i]; i++)
        buf_printf(&list, "%s%s", i == 0 ? "" : names[i + 1] ? ", " : " or ", names[i]);
    policy_mistake(r, policy_place(r, "%s/%s", place, name), "The value is none of those that are known.",
                   arena_printf(r->a, "Write %.*s.", STR_ARG(buf_str(&list))).ptr);
    buf_release(&list);
    return -1;
}

struct cardea_str policy_copy(struct policy_reader *r, struct cardea_str text)
{
    return arena_str(&r->p->arena, text);
}

/* `*.Example.COM.` is `example.com`: what is beneath is meant anyway. A last label alone is a name too. */
static const char *read_domain(struct policy_reader *r, struct cardea_str given, struct cardea_str *out)
{
    char *name = arena_cstr(&r->p->arena, given);
    struct cardea_str s = {name, given.len};
    for (size_t i = 0; i < s.len; i++)
        if (name[i] >= 'A' && name[i] <= 'Z')
            name[i] |= 0x20;
    if (str_starts(s, STR("*.")))
        s = (struct cardea_str){s.ptr + 2, s.len - 2};
    if (s.len > 0 && s.ptr[s.len - 1] == '.')
        s.len--;
    *out = s;
    bool alone = s.len > 0 && s.len < 64 && !memchr(s.ptr, '.', s.len);
    return fields_rule_domain(alone ? arena_printf(r->a, "x.%.*s", STR_ARG(s)) : s);
}

struct policy_texts policy_read_domains(struct policy_reader *r, const char *place, const json_t *object,
                                        const char *name)
{
    const json_t *list = json_object_get(object, name);
    struct policy_texts out = {arena_array(&r->p->arena, json_array_size(list) + 1, sizeof(*out.items)), 0};
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        const char *wrong = "it takes a string";
        if (json_is_string(one))
            wrong = read_domain(r, (struct cardea_str){json_string_value(one), json_string_length(one)},
                                &out.items[out.count]);
        if (wrong)
            policy_mistake(r, policy_place(r, "%s/%s/%zu", place, name, i), "The value is no host name.",
                           arena_printf(r->a, "For a host name %s.", wrong).ptr);
        else
            out.count++;
    }
    size_t before = r->domains;
    r->domains += out.count;
    if (before <= POLICY_DOMAINS_MAX && r->domains > POLICY_DOMAINS_MAX)
        policy_mistake(r, policy_place(r, "%s/%s", place, name), "The document has more than 2,000 host names.",
                       "Name the domains above them.");
    return out;
}

struct cardea_str policy_read_host(struct policy_reader *r, const char *place, const json_t *object, const char *name)
{
    struct cardea_str out = {0};
    if (!json_is_string(json_object_get(object, name)))
        return out;
    const char *wrong = read_domain(r, json_get_str(object, name), &out);
    if (!wrong)
        return out;
    policy_mistake(r, policy_place(r, "%s/%s", place, name), "The value is no host name.",
                   arena_printf(r->a, "For a host name %s.", wrong).ptr);
    return (struct cardea_str){0};
}

/* ---- the whole ---- */

static int by_priority(const void *left, const void *right)
{
    const struct policy_rule *a = left, *b = right;
    if (a->priority != b->priority)
        return a->priority < b->priority ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

/* A denied domain is not left to whether a rule happens to take it: the list is a rule of its own, before all. */
static void add_denied(struct policy *p)
{
    p->rules[p->rule_count] = (struct policy_rule){.id = "deny_domains",
                                                   .title = "Host of a denied domain",
                                                   .type = POLICY_PACK,
                                                   .action = POLICY_BLOCK,
                                                   .priority = -1,
                                                   .order = p->rule_count,
                                                   .category = CARDEA_SCAN_DOMAIN,
                                                   .most = CARDEA_SCAN_CRITICAL,
                                                   .glob = "domain.denied"};
    p->rule_count++;
    p->every_rule = true;
}

static void check_ids(struct policy_reader *r)
{
    const struct policy *p = r->p;
    for (size_t i = 0; i < p->rule_count; i++)
        for (size_t k = 0; k < i && p->rules[i].id; k++)
            if (p->rules[k].id && strcmp(p->rules[k].id, p->rules[i].id) == 0) {
                policy_mistake(r, policy_place(r, "/rules/%zu/id", i), "Another rule has this id.",
                               "Give each rule an id of its own.");
                break;
            }
}

static void read_rules(struct policy_reader *r, const json_t *document)
{
    struct policy *p = r->p;
    const json_t *rules = json_object_get(document, "rules");
    size_t count = json_array_size(rules);
    p->rules = arena_array(&p->arena, count + 2, sizeof(*p->rules));
    p->by_order = arena_array(&p->arena, count + 2, sizeof(*p->by_order));
    for (size_t i = 0; i < count; i++) {
        policy_read_rule(r, policy_place(r, "/rules/%zu", i), json_array_get(rules, i), &p->rules[i]);
        p->rules[i].order = i;
        p->settings.has_ai |= p->rules[i].type == POLICY_AI;
        p->every_rule |= p->rules[i].glob != NULL;
    }
    p->rule_count = p->settings.rule_count = count;
    check_ids(r);
    if (p->deny_domains.count > 0)
        add_denied(p);
    if (p->rule_count > 1)
        qsort(p->rules, p->rule_count, sizeof(*p->rules), by_priority);
    for (size_t i = 0; i < p->rule_count; i++)
        p->by_order[p->rules[i].order] = i;
}

static void read_exceptions(struct policy_reader *r, const json_t *document)
{
    struct policy *p = r->p;
    const json_t *list = json_object_get(document, "exceptions");
    size_t count = json_array_size(list);
    p->exceptions = arena_array(&p->arena, count + 1, sizeof(*p->exceptions));
    for (size_t i = 0; i < count; i++)
        policy_read_exception(r, policy_place(r, "/exceptions/%zu", i), json_array_get(list, i), &p->exceptions[i]);
    p->settings.exception_count = count;
    /* What an exception takes out may stand before something weaker that it does not. */
    p->every_rule |= count > 0;
}

static void read_settings(struct policy_reader *r, const json_t *document)
{
    struct policy_settings *s = &r->p->settings;
    int sensitivity = policy_choice(r, "", document, "sensitivity", scan_sensitivity_names);
    struct cardea_str replacement = str_trim(json_get_str(document, "replacement"));
    s->sensitivity = sensitivity < 0 ? CARDEA_SCAN_AT_MEDIUM : (enum cardea_scan_sensitivity)sensitivity;
    s->fail_open = json_get_bool(document, "fail_open", false);
    s->keep_content = json_get_bool(document, "keep_content", false);
    s->replacement = policy_copy(r, replacement.len ? replacement : STR(REPLACEMENT_STATIC));
    r->p->allow_domains = policy_read_domains(r, "", document, "allow_domains");
    r->p->deny_domains = policy_read_domains(r, "", document, "deny_domains");
}

static void read_document(struct policy_reader *r, const json_t *document)
{
    static const struct json_field fields[] = {
        {"sensitivity", JSON_WANT_STRING},
        {"fail_open", JSON_WANT_BOOL},
        {"keep_content", JSON_WANT_BOOL},
        {"replacement", JSON_WANT_STRING, .nullable = true, .max = REPLACEMENT_MAX},
        {"allow_domains", JSON_WANT_ARRAY, .max = LIST_MAX},
        {"deny_domains", JSON_WANT_ARRAY, .max = LIST_MAX},
        {"rules", JSON_WANT_ARRAY, .required = true, .max = POLICY_RULES_MAX},
        {"exceptions", JSON_WANT_ARRAY, .max = POLICY_EXCEPTIONS_MAX},
    };
    /* Lists that are too long are not walked. */
    if (!policy_check(r, "", document, fields, COUNT(fields)))
        return;
    read_settings(r, document);
    read_rules(r, document);
    read_exceptions(r, document);
}

enum cardea_err policy_open(struct policy **out, struct arena *a, const json_t *document, const char *at,
                            struct policy_mistakes *mistakes)
{
    enum cardea_err err = CARDEA_OK;
    struct policy *p = calloc(1, sizeof(*p));
    mistakes->count = 0;
    if (!p)
        return CARDEA_E_NOMEM;
    p->holders = 1;
    pthread_mutex_init(&p->lock, NULL);
    struct policy_reader r = {.p = p, .a = a, .at = at, .mistakes = mistakes};
    read_document(&r, document);
    /* Patterns too, when others are wrong: who mends a document wants to know all of it. */
    if (p->rules)
        err = policy_own_open(&r);
    if (err == CARDEA_OK && mistakes->count > 0)
        err = CARDEA_E_FORMAT;
    if (err != CARDEA_OK)
        policy_free(p);
    else
        *out = p;
    return err;
}

enum cardea_err policy_open_text(struct policy **out, struct arena *a, struct cardea_str document, const char *at,
                                 struct policy_mistakes *mistakes)
{
    struct json_problem problem = {.message = "The document is larger than 256 KiB.", .fix = "Make it smaller."};
    json_t *json = document.len > POLICY_DOCUMENT_MAX ? NULL : json_read(a, document, &problem);
    if (!json) {
        mistakes->items[0] = (struct json_problem){
            .location = problem.location ? problem.location : at, .message = problem.message, .fix = problem.fix};
        mistakes->count = 1;
        return CARDEA_E_FORMAT;
    }
    enum cardea_err err = policy_open(out, a, json, at, mistakes);
    json_decref(json);
    return err;
}

struct policy *policy_hold(struct policy *p)
{
    p->holders++;
    return p;
}

void policy_free(struct policy *p)
{
    if (!p || --p->holders > 0)
        return;
    policy_own_release(p);
    pthread_mutex_destroy(&p->lock);
    arena_release(&p->arena);
    free(p);
}

const struct policy_settings *policy_settings(const struct policy *p)
{
    return &p->settings;
}

void policy_scan_params(const struct policy *p, const enum cardea_scan_sensitivity *sensitivity,
                        struct cardea_scan_params *out)
{
    *out = (struct cardea_scan_params){.sensitivity = sensitivity ? *sensitivity : p->settings.sensitivity,
                                       .allow_domains = p->allow_domains.items,
                                       .allow_domain_count = p->allow_domains.count,
                                       .deny_domains = p->deny_domains.items,
                                       .deny_domain_count = p->deny_domains.count,
                                       .every_rule = p->every_rule};
}
