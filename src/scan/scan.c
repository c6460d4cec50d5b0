#include <stdlib.h>
#include <string.h>

#include "scan/scanner.h"

#define BYTES_MAX_DEFAULT    ((size_t)16 << 20)
#define BYTES_MAX_LIMIT      ((size_t)1 << 30)
#define FINDINGS_MAX_DEFAULT 256
#define HOSTS_MAX_DEFAULT    256
#define COUNT_LIMIT          65536
#define DECODED_MAX_DEFAULT  4096
#define TIME_MS_DEFAULT      2000
/* Bytes of one reading (decoding never makes more of a text, folding at most three times as much), and its pieces. */
#define VIEW_BYTES_MAX  ((size_t)64 << 20)
#define VIEW_PIECES_MAX ((size_t)4 << 20)

#define VIEW(name) (1u << CARDEA_SCAN_##name)

enum cardea_err cardea_scan_scratch_new(struct cardea_scan_scratch **out, const struct cardea_scanner *s)
{
    struct cardea_scan_scratch *n = calloc(1, sizeof(*n));
    if (!n)
        return CARDEA_E_NOMEM;
    n->scanner = s;
    n->places = places_new(&s->rules.words);
    n->seen = calloc(s->rules.rule_count / 64 + 1, sizeof(uint64_t));
    n->matcher = scan_matcher_new(s->match_limit);
    n->multi = s->multi ? multi_scratch_new(s->multi) : NULL;
    for (size_t i = 0; i < SLOT_COUNT; i++)
        view_init(&n->views[i], VIEW_BYTES_MAX, VIEW_PIECES_MAX);
    if (!n->places || !n->seen || !n->matcher || (s->multi && !n->multi)) {
        cardea_scan_scratch_free(n);
        return CARDEA_E_NOMEM;
    }
    *out = n;
    return CARDEA_OK;
}

void cardea_scan_scratch_free(struct cardea_scan_scratch *n)
{
    if (!n)
        return;
    for (size_t i = 0; i < SLOT_COUNT; i++)
        view_release(&n->views[i]);
    multi_scratch_free(n->multi);
    scan_matcher_free(n->matcher);
    places_free(n->places);
    free(n->seen);
    free(n->hits.items);
    free(n->findings);
    free(n->hosts);
    free(n->host_names);
    free(n);
}

static bool fill_limits(struct cardea_scan_limits *l)
{
    l->bytes_max = l->bytes_max ? l->bytes_max : BYTES_MAX_DEFAULT;
    l->findings_max = l->findings_max ? l->findings_max : FINDINGS_MAX_DEFAULT;
    l->hosts_max = l->hosts_max ? l->hosts_max : HOSTS_MAX_DEFAULT;
    l->decoded_max = l->decoded_max ? l->decoded_max : DECODED_MAX_DEFAULT;
    l->time_ms = l->time_ms ? l->time_ms : TIME_MS_DEFAULT;
    return l->bytes_max <= BYTES_MAX_LIMIT && l->findings_max <= COUNT_LIMIT && l->hosts_max <= COUNT_LIMIT;
}

static bool make_room_for_hosts(struct cardea_scan_scratch *n, size_t max)
{
    if (max <= n->host_cap)
        return true;
    free(n->hosts);
    free(n->host_names);
    n->hosts = calloc(max, sizeof(*n->hosts));
    n->host_names = malloc(max * HOST_NAME_MAX_LEN);
    n->host_cap = n->hosts && n->host_names ? max : 0;
    return n->host_cap > 0;
}

/* One reading, and what it is read as. */
struct reading {
    const struct view *v;
    unsigned views;
};

struct readings {
    struct scan *s;
    struct reading items[SLOT_COUNT];
    size_t count;
};

static void add_reading(struct readings *r, enum scan_slot slot, unsigned views)
{
    const struct view *v = &r->s->scratch->views[slot];
    if (v->truncated)
        r->s->cut |= CARDEA_SCAN_CUT_VIEWS;
    r->items[r->count++] = (struct reading){v, views};
}

/* Decoded runs may be of any characters: they are folded again before they are read. */
static void make_decoded(struct readings *r, const struct view *base)
{
    struct view *views = r->s->scratch->views;
    if (!view_decode(&views[SLOT_DECODED], base, r->s->limits.decoded_max))
        return;
    bool refolded = view_fold(&views[SLOT_REFOLDED], &views[SLOT_DECODED], r->s->scanner->rules.fold);
    if (refolded && views[SLOT_DECODED].truncated)
        r->s->cut |= CARDEA_SCAN_CUT_VIEWS;
    add_reading(r, refolded ? SLOT_REFOLDED : SLOT_DECODED, VIEW(DECODED));
}

static void make_leet(struct readings *r, const struct view *base)
{
    struct view *views = r->s->scratch->views;
    if (!view_leet(&views[SLOT_LEET_I], base, 'i'))
        return;
    add_reading(r, SLOT_LEET_I, VIEW(LEET));
    view_leet(&views[SLOT_LEET_L], base, 'l');
    const struct cardea_str i = views[SLOT_LEET_I].text, l = views[SLOT_LEET_L].text;
    if (i.len != l.len || memcmp(i.ptr, l.ptr, i.len) != 0)
        add_reading(r, SLOT_LEET_L, VIEW(LEET));
}

/* The readings that differ, the plainest first; what would be no different is read as that which it is like. */
static unsigned make_readings(struct readings *r)
{
    struct view *views = r->s->scratch->views, *raw = &views[SLOT_RAW], *base = raw;
    unsigned made = VIEW(RAW), derived = 0;
    add_reading(r, SLOT_RAW, VIEW(RAW));
    if (view_fold(&views[SLOT_FOLDED], raw, r->s->scanner->rules.fold)) {
        base = &views[SLOT_FOLDED];
        made |= VIEW(FOLDED);
        add_reading(r, SLOT_FOLDED, VIEW(FOLDED));
    }
    size_t plain = r->count - 1;
    make_decoded(r, base);
    if (view_join(&views[SLOT_JOINED], base))
        add_reading(r, SLOT_JOINED, VIEW(JOINED));
    make_leet(r, base);
    for (size_t i = plain + 1; i < r->count; i++)
        derived |= r->items[i].views;
    r->items[plain].views |= (VIEW(FOLDED) | VIEW(JOINED) | VIEW(LEET) | VIEW(DECODED)) & ~derived;
    if (base != raw && view_smuggled(&views[SLOT_SMUGGLED], raw)) {
        add_reading(r, SLOT_SMUGGLED, VIEW(DECODED));
        derived |= VIEW(DECODED);
    }
    return made | derived;
}

static unsigned read_views(struct scan *s)
{
    struct readings r = {.s = s};
    unsigned made = make_readings(&r);
    s->shortest = r.items[0].v->text.len;
    for (size_t i = 0; i < r.count; i++) {
        size_t len = r.items[i].v->text.len;
        s->shortest = len < s->shortest && r.items[i].v != &s->scratch->views[SLOT_SMUGGLED] ? len : s->shortest;
        enum cardea_scan_view as = (enum cardea_scan_view)__builtin_ctz(r.items[i].views);
        scan_match_view(s, r.items[i].v, r.items[i].views);
        if (as <= CARDEA_SCAN_FOLDED || as == CARDEA_SCAN_DECODED)
            scan_hosts(s, r.items[i].v, as);
    }
    return made;
}

static void fill_result(const struct scan *s, unsigned views, size_t findings, struct cardea_scan_result *out)
{
    *out = (struct cardea_scan_result){.findings = s->scratch->findings,
                                       .finding_count = findings,
                                       .hosts = s->scratch->hosts,
                                       .host_count = s->host_count,
                                       .truncated = s->cut != 0,
                                       .cut = s->cut,
                                       .views = views};
    memcpy(out->signals, s->signals, sizeof(out->signals));
    for (size_t i = CARDEA_SCAN_FINANCE; i <= CARDEA_SCAN_REQUEST; i++) {
        out->score += s->signals[i];
        out->signal_count += s->signals[i] > 0;
    }
}

enum cardea_err cardea_scan(const struct cardea_scanner *scanner, struct cardea_scan_scratch *scratch,
                            struct cardea_str text, const struct cardea_scan_params *params,
                            struct cardea_scan_result *out)
{
    struct scan s = {.scanner = scanner, .scratch = scratch, .params = params, .limits = params->limits};
    if ((unsigned)params->sensitivity >= CARDEA_SCAN_SENSITIVITY_COUNT || !fill_limits(&s.limits))
        return CARDEA_E_INVALID;
    if (!make_room_for_hosts(scratch, s.limits.hosts_max))
        return CARDEA_E_NOMEM;
    s.deadline_ns = scan_clock_ns() + (uint64_t)s.limits.time_ms * 1000000u;
    scratch->hits.count = 0;
    memset(scratch->seen, 0, (scanner->rules.rule_count / 64 + 1) * sizeof(uint64_t));
    if (text.len > s.limits.bytes_max) {
        text.len = s.limits.bytes_max;
        s.cut |= CARDEA_SCAN_CUT_BYTES;
    }
    view_set(&scratch->views[SLOT_RAW], text);
    unsigned views = read_views(&s);
    scan_combine(&s);
    size_t findings;
    if (!scan_settle(&s, &findings) || s.out_of_memory)
        return CARDEA_E_NOMEM;
    fill_result(&s, views, findings, out);
    return CARDEA_OK;
}

enum cardea_scan_verdict cardea_scan_verdict(const struct cardea_scan_result *r)
{
    enum cardea_scan_verdict verdict = r->truncated ? CARDEA_SCAN_FLAG : CARDEA_SCAN_ALLOW;
    for (size_t i = 0; i < r->finding_count; i++) {
        if (r->findings[i].severity >= CARDEA_SCAN_HIGH)
            return CARDEA_SCAN_BLOCK;
        if (r->findings[i].severity == CARDEA_SCAN_MEDIUM)
            verdict = CARDEA_SCAN_FLAG;
    }
    return verdict;
}
