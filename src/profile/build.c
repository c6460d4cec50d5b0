#include "profile/build.h"

#include <string.h>

#include "base/json_read.h"
#include "base/str.h"

const char *build_text(const struct yaml_node *node)
{
    return node ? node->text.ptr : NULL;
}

void build_mistake(struct build *b, const struct yaml_node *at, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    diags_add(b->diags, at->line, at->col, "%s", text);
}

void build_scopes(struct build *b)
{
    const struct yaml_node *map = b->from->scopes;
    if (!map)
        return;
    const char **names = arena_array(b->arena, map->count, sizeof(*names));
    const char **docs = arena_array(b->arena, map->count, sizeof(*docs));
    size_t count = 0;
    for (const struct yaml_node *one = map->first; one; one = one->next) {
        names[count] = one->key.ptr;
        docs[count++] = one->text.ptr;
    }
    b->out->core.scopes = names;
    b->out->core.scope_count = count;
    b->out->scope_docs = docs;
}

/* What is wrong with a name that should be one of the profile's. */
static void not_found(struct build *b, const struct yaml_node *node, const char *what, const char *const *names,
                      size_t count)
{
    const char *nearest = str_nearest(node->text, names, count);
    build_mistake(b, node, "there is no %s `%.*s` in this profile%s%s%s", what, DIAG_ARG(node->text),
                  nearest ? "; did you mean `" : "", nearest ? nearest : "", nearest ? "`?" : "");
}

int build_scope(struct build *b, const struct yaml_node *node)
{
    if (!node)
        return -1;
    const struct cardea_profile *p = &b->out->core;
    int index = cardea_profile_scope(p, node->text);
    if (index < 0)
        not_found(b, node, "scope", p->scopes, p->scope_count);
    return index;
}

int build_kind(struct build *b, const struct yaml_node *node)
{
    const struct cardea_profile *p = &b->out->core;
    int index = cardea_profile_kind(p, node->text);
    if (index >= 0)
        return index;
    const char *names[CARDEA_KINDS_MAX];
    for (size_t i = 0; i < p->kind_count; i++)
        names[i] = p->kinds[i].name;
    not_found(b, node, "kind", names, p->kind_count);
    return -1;
}

static bool code_of(struct build *b, const struct yaml_node *entry, enum cardea_code *code)
{
    if (cardea_code_parse(entry->key, code))
        return *code != CARDEA_VALID; /* the schema has told */
    const char *names[CARDEA_CODE_COUNT];
    size_t count = 0;
    for (int i = CARDEA_VALID + 1; i < CARDEA_CODE_COUNT; i++)
        names[count++] = cardea_code_name((enum cardea_code)i);
    const char *nearest = str_nearest(entry->key, names, count);
    diags_add(b->diags, entry->key_line, entry->key_col, "`%.*s` is no code of a decision%s%s%s", DIAG_ARG(entry->key),
              nearest ? "; did you mean `" : "", nearest ? nearest : "", nearest ? "`?" : "");
    return false;
}

/* A body that claims to be JSON is read once here, so that no customer is the first to find out. */
static void check_json(struct build *b, const struct yaml_node *body)
{
    struct json_problem problem;
    json_t *value = json_read(b->arena, body->text, &problem);
    if (!value)
        build_mistake(b, body, "`body` is not JSON (%s: %s) although its type says so", problem.location,
                      problem.message);
    json_decref(value);
}

void build_denials(struct build *b)
{
    const struct fields_denial *from = b->from->denials.items;
    struct cardea_denial *denials = arena_array(b->arena, b->from->denials.count, sizeof(*denials));
    size_t count = 0;
    for (size_t i = 0; i < b->from->denials.count; i++) {
        enum cardea_code code;
        if (!code_of(b, from[i].node, &code) || from[i].node->shape != YAML_SHAPE_MAP)
            continue;
        if (from[i].content_type && !from[i].body)
            build_mistake(b, from[i].content_type, "`content_type` without a `body` has nothing to describe");
        if (from[i].status < 0 && !from[i].body && from[i].node->count == 0)
            build_mistake(b, from[i].node, "a denial without `status` and `body` changes nothing");
        const char *type = from[i].content_type ? build_text(from[i].content_type) : "application/json";
        if (from[i].body && strcmp(type, "application/json") == 0)
            check_json(b, from[i].body);
        denials[count++] = (struct cardea_denial){
            .code = code,
            .status = from[i].status < 0 ? 0 : (uint16_t)from[i].status,
            .body = build_text(from[i].body),
            .content_type = from[i].body ? type : NULL,
        };
    }
    b->out->core.denials = denials;
    b->out->core.denial_count = count;
}

static void check_action_scope(struct build *b, const struct yaml_node *scope, bool can, const char *action)
{
    if (scope && !can)
        build_mistake(b, scope, "`%s` has a scope but is not among the `actions`", action);
}

static bool same_path(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

static void build_things(struct build *b, const struct fields_things *from, struct profile_things *to)
{
    to->base = build_text(from->base);
    to->by_session = from->by_session == 1;
    to->by_key = from->by_key == 1;
    if (!to->by_session && !to->by_key)
        build_mistake(b, from->node, "nobody may call these paths: set `by_session` or `by_key`");
    if ((from->read || from->write) && !to->by_key)
        build_mistake(b, from->read ? from->read : from->write,
                      "this scope is asked of keys; without `by_key` nothing reads it");
    if (same_path(to->base, b->out->management.base))
        build_mistake(b, from->base, "keys are managed at this path");
    to->read_scope = build_scope(b, from->read);
    to->write_scope = build_scope(b, from->write);
}

static void build_messages(struct build *b, const struct fields_messages *from, struct profile_messages *to)
{
    const struct profile_management *m = &b->out->management;
    to->base = build_text(from->base);
    to->by_session = from->by_session == 1;
    to->by_key = from->by_key == 1;
    if (!to->by_session && !to->by_key)
        build_mistake(b, from->node, "nobody may call these paths: set `by_session` or `by_key`");
    const struct yaml_node *scope = from->send ? from->send : from->receive ? from->receive : from->read;
    if (scope && !to->by_key)
        build_mistake(b, scope, "this scope is asked of keys; without `by_key` nothing reads it");
    if (!m->agents.base)
        build_mistake(b, from->node, "messages are agents': say under `agents` where those are");
    const char *taken = same_path(to->base, m->base)            ? "keys"
                        : same_path(to->base, m->agents.base)   ? "agents"
                        : same_path(to->base, m->policies.base) ? "policies"
                        : same_path(to->base, m->webhooks.base) ? "webhooks"
                        : same_path(to->base, m->logs.base)     ? "logs"
                        : same_path(to->base, m->billing.base)  ? "billing"
                                                                : NULL;
    if (taken)
        build_mistake(b, from->base, "%s are managed at this path", taken);
    to->send_scope = build_scope(b, from->send);
    to->receive_scope = build_scope(b, from->receive);
    to->read_scope = build_scope(b, from->read);
}

void build_management(struct build *b)
{
    const struct fields_management *from = b->from->management;
    struct profile_management *to = &b->out->management;
    *to = (struct profile_management){.list_scope = -1,
                                      .create_scope = -1,
                                      .update_scope = -1,
                                      .revoke_scope = -1,
                                      .agents = {.read_scope = -1, .write_scope = -1},
                                      .policies = {.read_scope = -1, .write_scope = -1},
                                      .webhooks = {.read_scope = -1, .write_scope = -1},
                                      .logs = {.read_scope = -1, .write_scope = -1},
                                      .billing = {.read_scope = -1, .write_scope = -1},
                                      .messages = {.send_scope = -1, .receive_scope = -1, .read_scope = -1}};
    if (!from)
        return;
    to->base = build_text(from->base);
    if (from->agents)
        build_things(b, from->agents, &to->agents);
    if (from->policies)
        build_things(b, from->policies, &to->policies);
    if (from->webhooks)
        build_things(b, from->webhooks, &to->webhooks);
    if (same_path(to->agents.base, to->policies.base))
        build_mistake(b, from->policies->base, "agents are managed at this path");
    if (same_path(to->agents.base, to->webhooks.base) || same_path(to->policies.base, to->webhooks.base))
        build_mistake(b, from->webhooks->base, "something else is managed at this path");
    if (from->logs)
        build_things(b, from->logs, &to->logs);
    if (same_path(to->logs.base, to->agents.base) || same_path(to->logs.base, to->policies.base) ||
        same_path(to->logs.base, to->webhooks.base))
        build_mistake(b, from->logs->base, "something else is managed at this path");
    if (from->billing)
        build_things(b, from->billing, &to->billing);
    if (same_path(to->billing.base, to->agents.base) || same_path(to->billing.base, to->policies.base) ||
        same_path(to->billing.base, to->webhooks.base) || same_path(to->billing.base, to->logs.base))
        build_mistake(b, from->billing->base, "something else is managed at this path");
    if (from->messages)
        build_messages(b, from->messages, &to->messages);
    to->by_session = from->by_session == 1;
    to->by_key = from->by_key == 1;
    to->can_create = (from->actions & FIELDS_CREATE) != 0;
    to->can_update = (from->actions & FIELDS_UPDATE) != 0;
    to->can_revoke = (from->actions & FIELDS_REVOKE) != 0;
    to->can_show = (from->actions & FIELDS_SHOW) != 0;
    if (!to->by_session && !to->by_key)
        build_mistake(b, from->node, "nobody may call these paths: set `by_session` or `by_key`");
    if (!from->scopes)
        return;
    if (!to->by_key)
        build_mistake(b, from->scopes->node, "`scopes` are asked of keys; without `by_key` nothing reads them");
    check_action_scope(b, from->scopes->create, to->can_create, "create");
    check_action_scope(b, from->scopes->update, to->can_update, "update");
    check_action_scope(b, from->scopes->revoke, to->can_revoke, "revoke");
    to->list_scope = build_scope(b, from->scopes->list);
    to->create_scope = build_scope(b, from->scopes->create);
    to->update_scope = build_scope(b, from->scopes->update);
    to->revoke_scope = build_scope(b, from->scopes->revoke);
}
