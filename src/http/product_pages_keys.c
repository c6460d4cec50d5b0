/* The pages that say what keys may do, and who makes them. */
#include "base/str.h"
#include "http/product_pages.h"

/* ---- scopes ---- */

static void write_methods(uint32_t methods, struct buf *out)
{
    static const char *const names[] = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
    bool first = true;
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (!(methods >> i & 1))
            continue;
        buf_printf(out, "%s%s", first ? "" : ", ", names[i]);
        first = false;
    }
}

static void write_need(const struct profile *p, const struct cardea_route *r, struct buf *out)
{
    if (r->access == CARDEA_ACCESS_PUBLIC)
        buf_add_cstr(out, "nothing: it is public");
    else if (r->access == CARDEA_ACCESS_SCOPE)
        buf_printf(out, "a key with `%s`", p->core.scopes[r->scope]);
    else
        buf_add_cstr(out, "any key");
    bool first = true;
    for (size_t i = 0; i < p->core.kind_count; i++) {
        if (!(r->kinds >> i & 1))
            continue;
        buf_printf(out, "%s`%s`", first ? " of the kind " : " or ", p->core.kinds[i].name);
        first = false;
    }
    if (r->min_role != CARDEA_ROLE_NONE)
        buf_printf(out, "%s whose maker's role is `%s`%s", first ? "" : ",",
                   cardea_role_name((enum cardea_role)r->min_role),
                   r->min_role == CARDEA_ROLE_OWNER ? "" : " or higher");
}

static bool any_part(const struct cardea_profile *p, const char *part)
{
    for (size_t i = 0; i < p->route_count; i++)
        if (strstr(p->routes[i].pattern, part))
            return true;
    return false;
}

static void write_routes(const struct profile *p, struct buf *out)
{
    buf_add_cstr(out, "\n## What each request needs\n\n| Method | Path | Needs |\n|---|---|---|\n");
    for (size_t i = 0; i < p->core.route_count; i++) {
        const struct cardea_route *r = &p->core.routes[i];
        buf_add_cstr(out, "| ");
        write_methods(r->methods, out);
        buf_printf(out, " | `%s` | ", r->pattern);
        write_need(p, r, out);
        buf_add_cstr(out, " |\n");
    }
    buf_add_cstr(out, "\nHEAD counts as GET.");
    if (any_part(&p->core, "**"))
        buf_add_cstr(out, " `**` stands for any rest of a path, nothing included.");
    if (any_part(&p->core, "{tenant}"))
        buf_add_cstr(out, " `{tenant}` is the key's own account, by its short name.");
    if (any_part(&p->core, "{agent}"))
        buf_add_cstr(out, " `{agent}` is an agent of the account; a key that is bound to an agent has no other.");
    buf_add_cstr(out, " What stands neither here nor in [Managing keys](" PROFILE_DOCS_PAGES "/keys.md) is refused.\n");
}

/* The scopes of the set in code, `*` when it has all. */
static void write_set(const struct cardea_profile *p, const struct cardea_scopes *set, struct buf *out)
{
    const char *names[CARDEA_SCOPES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < p->scope_count; i++)
        if (cardea_scopes_has(set, (unsigned)i))
            names[count++] = p->scopes[i];
    if (count && count == p->scope_count)
        buf_add_cstr(out, "all scopes");
    else
        product_page_code_list(out, names, count);
}

static void write_kind_scopes(const struct profile *p, size_t i, struct buf *out)
{
    static const struct cardea_scopes none;
    const struct profile_kind *k = &p->kinds[i];
    bool granted = memcmp(&k->granted, &none, sizeof(none)) != 0;
    buf_add_cstr(out, "- ");
    product_page_text(out, k->title);
    buf_printf(out, " (`%s`): ", p->core.kinds[i].name);
    if (granted) {
        buf_add_cstr(out, "every one has ");
        write_set(&p->core, &k->granted, out);
        buf_add_cstr(out, k->scopes_selectable ? "; " : ".");
    }
    if (k->scopes_selectable) {
        buf_add_cstr(out, "whoever makes it chooses from ");
        if (k->allowed)
            write_set(&p->core, k->allowed, out);
        else
            buf_add_cstr(out, "all scopes");
        buf_add_cstr(out, k->scopes_required ? ", at least one." : ".");
    } else if (!granted) {
        buf_add_cstr(out, p->core.kinds[i].flags & CARDEA_KIND_FOLLOWS_ROLE
                              ? "none; it may do what the person who made it may do."
                              : "none.");
    }
    buf_add_char(out, '\n');
}

void product_page_scopes(const struct product_docs *d, struct buf *out)
{
    const struct profile *p = d->profile;
    if (p->core.scope_count) {
        buf_add_cstr(out, "\nA key may do what its scopes allow. Give it those that it needs and no others.\n\n"
                          "| Scope | Allows |\n|---|---|\n");
        for (size_t i = 0; i < p->core.scope_count; i++) {
            buf_printf(out, "| `%s` | ", p->core.scopes[i]);
            product_page_text(out, p->scope_docs[i]);
            buf_add_cstr(out, " |\n");
        }
        buf_add_cstr(out, "\n`*` stands for all of them.\n");
    } else {
        buf_add_cstr(out, "\nKeys have no scopes here.\n");
    }
    buf_add_cstr(out, "\n## By kind of key\n\n");
    for (size_t i = 0; i < p->core.kind_count; i++)
        write_kind_scopes(p, i, out);
    write_routes(p, out);
}

/* ---- management ---- */

static void write_caller(const struct profile *p, bool by_session, bool by_key, int scope, struct buf *out)
{
    if (by_session)
        buf_add_cstr(out, "a session token");
    if (by_session && by_key)
        buf_add_cstr(out, ", or ");
    if (by_key && scope >= 0)
        buf_printf(out, "a key with `%s`", p->core.scopes[scope]);
    else if (by_key)
        buf_add_cstr(out, "a key of the account");
}

struct action {
    const char *method, *path, *does;
    bool offered;
    int scope;
};

static void write_actions(const struct product_docs *d, const char *base, const struct action *actions, size_t count,
                          bool by_session, bool by_key, struct buf *out)
{
    if (d->origin)
        buf_printf(out, "\nAt `%s`:\n", d->origin);
    buf_add_cstr(out, "\n| Request | Does | By |\n|---|---|---|\n");
    for (size_t i = 0; i < count; i++) {
        if (!actions[i].offered)
            continue;
        buf_printf(out, "| `%s %s%s` | %s | ", actions[i].method, base, actions[i].path, actions[i].does);
        write_caller(d->profile, by_session, by_key, actions[i].scope, out);
        buf_add_cstr(out, " |\n");
    }
}

static void write_key_paths(const struct product_docs *d, struct buf *out)
{
    const struct profile_management *m = &d->profile->management;
    const struct action actions[] = {
        {"GET", "", "lists the account's keys", true, m->list_scope},
        {"POST", "", "makes a key and shows it, this once", m->can_create, m->create_scope},
        {"GET", "/ID", "shows one key's data, never the key", m->can_show, m->list_scope},
        {"PATCH", "/ID", "changes a key; its secret stays", m->can_update, m->update_scope},
        {"DELETE", "/ID", "revokes a key, at once and for good", m->can_revoke, m->revoke_scope},
    };
    buf_add_cstr(out, "\n## By the API\n");
    if (!m->base) {
        buf_add_cstr(out, "\nThe API has no paths that manage keys.\n");
        return;
    }
    write_actions(d, m->base, actions, sizeof(actions) / sizeof(actions[0]), m->by_session, m->by_key, out);
    if (m->can_create)
        buf_printf(out, "\nWhat makes a key is a JSON object with `name` and, as wanted, `expires_at`%s%s.\n",
                   d->profile->core.kind_count > 1 ? ", `kind`" : "", d->profile->core.scope_count ? ", `scopes`" : "");
    if (!m->by_key)
        buf_add_cstr(out, "\nKeys do not manage keys, whatever their scopes: a session token is what a person who has "
                          "logged in has.\n");
    else if (d->profile->core.scope_count)
        buf_add_cstr(out, "\nA key gives no scope that it lacks itself.\n");
}

static void write_agent_paths(const struct product_docs *d, struct buf *out)
{
    const struct profile_things *a = &d->profile->management.agents;
    if (!a->base)
        return;
    const struct action actions[] = {
        {"GET", "", "lists the account's agents", true, a->read_scope},
        {"POST", "", "makes an agent", true, a->write_scope},
        {"GET", "/ID", "shows an agent", true, a->read_scope},
        {"PATCH", "/ID", "changes or disables an agent", true, a->write_scope},
        {"DELETE", "/ID", "deletes an agent; its keys stop", true, a->write_scope},
    };
    buf_add_cstr(out, "\n## Agents\n");
    write_actions(d, a->base, actions, sizeof(actions) / sizeof(actions[0]), a->by_session, a->by_key, out);
}

static void write_policy_paths(const struct product_docs *d, struct buf *out)
{
    const struct profile_things *p = &d->profile->management.policies;
    if (!p->base)
        return;
    const struct action actions[] = {
        {"GET", "", "lists the account's content policies", true, p->read_scope},
        {"POST", "", "makes a policy", true, p->write_scope},
        {"GET", "/ID", "shows a policy, with its draft and what is in force", true, p->read_scope},
        {"PATCH", "/ID", "renames it, or makes it the default", true, p->write_scope},
        {"DELETE", "/ID", "deletes it", true, p->write_scope},
        {"PUT", "/ID/draft", "saves a draft", true, p->write_scope},
        {"POST", "/ID/publish", "puts the draft, or an older version, in force", true, p->write_scope},
        {"POST", "/ID/test", "says what it would do with texts whose verdict is known", true, p->read_scope},
        {"POST", "/ID/replay", "says what its draft would have done with what was recorded", true, p->write_scope},
        {"GET", "/ID/versions", "lists what was published", true, p->read_scope},
        {"GET", "/ID/versions/N", "shows one of them", true, p->read_scope},
    };
    buf_add_cstr(out, "\n## Content policies\n");
    write_actions(d, p->base, actions, sizeof(actions) / sizeof(actions[0]), p->by_session, p->by_key, out);
}

static void write_webhook_paths(const struct product_docs *d, struct buf *out)
{
    const struct profile_things *p = &d->profile->management.webhooks;
    if (!p->base)
        return;
    const struct action actions[] = {
        {"GET", "", "lists the account's webhook endpoints", true, p->read_scope},
        {"POST", "", "makes an endpoint; its secret is shown this once", true, p->write_scope},
        {"GET", "/ID", "shows an endpoint", true, p->read_scope},
        {"PATCH", "/ID", "changes, enables or disables it", true, p->write_scope},
        {"DELETE", "/ID", "deletes it", true, p->write_scope},
        {"POST", "/ID/rotate-secret", "replaces its secret; for a day both sign", true, p->write_scope},
        {"POST", "/ID/cut-over", "ends that day", true, p->write_scope},
        {"POST", "/ID/test", "sends it a test event", true, p->write_scope},
        {"POST", "/ID/replay", "sends once more, one event or what failed of a time", true, p->write_scope},
        {"GET", "/ID/deliveries", "lists what was sent, and what became of it", true, p->read_scope},
        {"GET", "/ID/deliveries/DELIVERY", "shows one, with its attempts", true, p->read_scope},
    };
    buf_add_cstr(out, "\n## Webhooks\n");
    write_actions(d, p->base, actions, sizeof(actions) / sizeof(actions[0]), p->by_session, p->by_key, out);
    if (d->profile->webhooks.header)
        buf_printf(
            out,
            "\nEach is signed: `%s` is HMAC-SHA256 of the raw body under the endpoint's secret, in hexadecimal%s; "
            "`webhook-signature` is Standard Webhooks'. Compare in constant time.\n",
            d->profile->webhooks.header,
            d->profile->webhooks.style == PROFILE_SIGNATURE_PREFIXED ? " behind `sha256=`" : "");
}

static void write_billing_paths(const struct product_docs *d, struct buf *out)
{
    const struct profile_things *p = &d->profile->management.billing;
    if (!p->base)
        return;
    const struct action actions[] = {
        {"GET", "", "shows what the account used in a month (`?month=2026-11`), key by key", true, p->read_scope},
        {"PUT", "/keys/ID", "sets a key's credits, and how they are filled up again", true, p->write_scope},
    };
    buf_add_cstr(out, "\n## Billing\n");
    write_actions(d, p->base, actions, sizeof(actions) / sizeof(actions[0]), p->by_session, p->by_key, out);
}

static void write_dashboard(const struct product_docs *d, struct buf *out)
{
    const struct profile_dashboard *dashboard = &d->profile->dashboard;
    if (dashboard->path)
        buf_printf(out, "\n## In the browser\n\nPeople who are logged in manage the account's keys at `%s%s`.\n",
                   d->origin ? d->origin : "", dashboard->path);
}

static void write_own_commands(const struct profile_cli *cli, struct buf *out)
{
    for (size_t i = 0; i < cli->command_count; i++) {
        const struct profile_command *c = &cli->commands[i];
        buf_printf(out, "%s %s %s", cli->name, c->noun, c->verb);
        for (size_t k = 0; k < c->flag_count; k++)
            if (c->flags[k].required)
                buf_printf(out, " --%s %s", c->flags[k].name, c->flags[k].type == PROFILE_FLAG_NUMBER ? "N" : "TEXT");
        if (c->to_file)
            buf_add_cstr(out, " --out FILE");
        buf_add_char(out, '\n');
    }
}

static void write_cli(const struct product_docs *d, struct buf *out)
{
    const struct profile_cli *cli = &d->profile->cli;
    const struct profile_management *m = &d->profile->management;
    if (!cli->name)
        return;
    buf_printf(out, "\n## From a terminal\n\n```sh\n%s login --token KEY\n", cli->name);
    if (cli->browser_login)
        buf_printf(out, "%s login\n", cli->name);
    if (m->base && m->can_create)
        buf_printf(out, "%s %s create --name \"ci\"\n", cli->name, cli->keys_noun);
    if (m->base)
        buf_printf(out, "%s %s list\n", cli->name, cli->keys_noun);
    if (m->base && m->can_revoke)
        buf_printf(out, "%s %s revoke ID\n", cli->name, cli->keys_noun);
    write_own_commands(cli, out);
    buf_add_cstr(out, "```\n\nThe key comes from ");
    if (cli->env)
        buf_printf(out, "the variable `%s`, then from ", cli->env);
    buf_printf(out, "the file `%s`, which `login` writes%s.\n", cli->credentials,
               cli->browser_login ? "; without `--token` it asks in the browser, and a key is made for this machine"
                                  : "");
}

static void write_duration_line(struct buf *out, const char *before, int64_t sec, const char *after)
{
    if (sec <= 0)
        return;
    buf_add_cstr(out, before);
    product_page_duration(out, sec);
    buf_add_cstr(out, after);
}

static void write_kind(const struct profile *p, size_t i, struct buf *out)
{
    const struct profile_kind *k = &p->kinds[i];
    uint32_t flags = p->core.kinds[i].flags;
    buf_add_cstr(out, "\n### ");
    product_page_text(out, k->title);
    buf_printf(out, " (`%s`)\n\n", p->core.kinds[i].name);
    if (flags & CARDEA_KIND_LEGACY) {
        buf_add_cstr(out, "- brought along from an older system; none is made anew\n");
        return;
    }
    if (k->root_only)
        buf_add_cstr(out, "- made by the operator alone\n");
    if (k->max_active)
        buf_printf(out, "- at most %lld active ones an account; revoking one makes room\n", (long long)k->max_active);
    else if (!(flags & CARDEA_KIND_REPLACES))
        buf_add_cstr(out, "- as many as the account needs: one for each use is best\n");
    if (flags & CARDEA_KIND_REPLACES)
        buf_add_cstr(out, "- one an account: making the next one revokes it, whoever makes it\n");
    if (flags & CARDEA_KIND_AGENT)
        buf_add_cstr(out, "- made for one agent\n");
    write_duration_line(out, "- ends after ", k->default_ttl_sec, " unless another end is asked for\n");
    write_duration_line(out, "- lives at most ", k->max_ttl_sec, "\n");
    if (!k->default_ttl_sec && !k->max_ttl_sec)
        buf_add_cstr(out, "- lives until it is revoked, unless an end is asked for\n");
    write_duration_line(out, "- a rotation is due every ", k->rotate_every_sec, "\n");
    write_duration_line(out, "- when the operator rotates it, the old one goes on working for ", k->overlap_sec, "\n");
}

static bool replaces(const struct cardea_profile *p)
{
    for (size_t i = 0; i < p->kind_count; i++)
        if (!(p->kinds[i].flags & (CARDEA_KIND_REPLACES | CARDEA_KIND_LEGACY)))
            return false;
    return true;
}

void product_page_keys(const struct product_docs *d, struct buf *out)
{
    const struct profile *p = d->profile;
    buf_add_cstr(out,
                 "\nA key is shown once, when it is made. What is kept is its hash and its first characters: a key "
                 "that is lost cannot be found again.\n\n");
    buf_add_cstr(out, replaces(&p->core)
                          ? "To rotate, make a new key: that revokes the one before.\n"
                          : "To rotate without a pause, make a new key, put it to use, then revoke the old one.\n");
    write_key_paths(d, out);
    write_agent_paths(d, out);
    write_policy_paths(d, out);
    write_webhook_paths(d, out);
    write_billing_paths(d, out);
    write_dashboard(d, out);
    write_cli(d, out);
    buf_add_cstr(out, "\n## Limits\n");
    for (size_t i = 0; i < p->core.kind_count; i++)
        write_kind(p, i, out);
}
