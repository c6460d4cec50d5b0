#include <string.h>

#include "base/str.h"
#include "scan/scanner.h"

struct hosts {
    struct scan *s;
    const struct view *v;
    enum cardea_scan_view as;
};

static bool is_under_any(struct cardea_str host, const struct cardea_str *domains, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (host_is_under(host, domains[i]))
            return true;
    return false;
}

static bool applies(const struct ruleset_rule *r, const struct cardea_scan_host *host, const struct host_look *look)
{
    if (r->rule->kind == SCAN_BY_HOST)
        return (r->rule->hosts & host->traits) != 0;
    if (r->rule->kind == SCAN_BY_DOMAIN)
        return is_under_any(host->name, r->rule->seeks.items, r->rule->seeks.count);
    for (size_t i = 0; i < r->rule->seeks.count; i++)
        if (host_is_under(host->name, r->rule->seeks.items[i]))
            return false;
    for (size_t i = 0; i < r->rule->seeks.count; i++)
        if (host_looks_like(look, &r->looks[i]))
            return true;
    return false;
}

static void judge(const struct hosts *h, const struct cardea_scan_host *host)
{
    struct scan *s = h->s;
    const struct cardea_scan_params *p = s->params;
    const struct ruleset *rs = &s->scanner->rules;
    struct scan_hit hit = {.rule = SCAN_RULE_DENIED,
                           .category = CARDEA_SCAN_DOMAIN,
                           .severity = CARDEA_SCAN_HIGH,
                           .view = h->as,
                           .span = host->span,
                           .redact = host->span};
    struct host_look look;
    if (is_under_any(host->name, p->deny_domains, p->deny_domain_count))
        scan_add_hit(s, &hit);
    if (is_under_any(host->name, p->allow_domains, p->allow_domain_count))
        return;
    host_look_at(&look, host->name, rs->fold);
    for (size_t i = 0; i < rs->host_rule_count; i++) {
        const struct ruleset_rule *r = &rs->rules[rs->host_rules[i]];
        if (r->rule->sensitivity > p->sensitivity || !applies(r, host, &look))
            continue;
        hit.rule = rs->host_rules[i];
        hit.category = r->rule->category;
        hit.severity = r->rule->severity;
        s->scratch->seen[hit.rule / 64] |= 1ull << hit.rule % 64;
        scan_add_hit(s, &hit);
    }
}

/* The reading before may have found it already. */
static bool is_known(const struct scan *s, const struct cardea_scan_host *host)
{
    for (size_t i = 0; i < s->host_count; i++) {
        const struct cardea_scan_host *k = &s->scratch->hosts[i];
        if (k->span.start == host->span.start && k->span.end == host->span.end && str_eq(k->name, host->name))
            return true;
    }
    return false;
}

static bool on_host(void *arg, const struct host *found)
{
    struct hosts *h = arg;
    struct scan *s = h->s;
    if (s->host_count == s->limits.hosts_max) {
        s->cut |= CARDEA_SCAN_CUT_HOSTS;
        return false;
    }
    size_t start = found->start, end = found->end;
    char *name = s->scratch->host_names + s->host_count * HOST_NAME_MAX_LEN;
    view_locate(h->v, &start, &end);
    memcpy(name, found->name, found->name_len);
    struct cardea_scan_host host = {{name, found->name_len}, found->traits, {start, end}};
    if (is_known(s, &host))
        return true;
    s->scratch->hosts[s->host_count++] = host;
    judge(h, &host);
    return scan_has_time(s);
}

void scan_hosts(struct scan *s, const struct view *v, enum cardea_scan_view as)
{
    struct hosts h = {s, v, as};
    if (scan_has_time(s))
        host_find(v->text, s->scanner->rules.fold, on_host, &h);
}
