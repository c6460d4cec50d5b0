#include "scan/ruleset.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "scan/group.h"
#include "scan/source.h"

#define RAW (1u << CARDEA_SCAN_RAW)

struct build {
    struct ruleset *rs;
    struct buf *mistakes;
    bool failed;
    size_t unit_cap;
};

static void fail(struct build *b, const char *file, const struct scan_rule *rule, const char *what, const char *why)
{
    buf_printf(b->mistakes, "%s:%u:%u: %s%s%s\n", file, rule->line, rule->col, what, why[0] ? ": " : "", why);
    b->failed = true;
}

/* A pack takes the place of an earlier one of its name. */
static void put_pack(struct ruleset *rs, const struct scan_pack *pack)
{
    size_t at = 0;
    while (at < rs->pack_count && strcmp(rs->packs[at]->name, pack->name) != 0)
        at++;
    rs->packs[at] = pack;
    if (at == rs->pack_count)
        rs->pack_count++;
}

static void read_pack(struct build *b, const char *file, struct cardea_str text, bool builtin)
{
    struct diags diags;
    struct arena *a = &b->rs->arena;
    diags_init(&diags, a, arena_cstr(a, str_of(file)));
    const struct scan_pack *pack = scan_pack_read(a, diags.file, text, !builtin, &diags);
    diags_write(&diags, b->mistakes);
    if (pack)
        put_pack(b->rs, pack);
    else
        b->failed = true;
}

static void read_packs(struct build *b, const struct cardea_scan_options *o)
{
    size_t builtin = o->without_builtin ? 0 : scan_pack_builtin_count;
    b->rs->packs = arena_array(&b->rs->arena, builtin + o->pack_count + 1, sizeof(*b->rs->packs));
    for (size_t i = 0; i < builtin; i++)
        read_pack(b, scan_pack_builtins[i].file,
                  (struct cardea_str){scan_pack_builtins[i].text, scan_pack_builtins[i].len}, true);
    for (size_t i = 0; i < o->pack_count; i++)
        read_pack(b, o->packs[i].file, o->packs[i].text, false);
}

static void read_keys(struct build *b, const struct cardea_scan_options *o)
{
    struct arena *a = &b->rs->arena;
    struct scan_rule *rules = arena_array(a, o->key_count + 1, sizeof(*rules));
    struct scan_pack *pack = arena_alloc(a, sizeof(*pack));
    for (size_t i = 0; i < o->key_count; i++)
        rules[i] = *ruleset_key_rule(a, &o->keys[i]);
    *pack = (struct scan_pack){"keys", "Keys of the products", "keys", rules, o->key_count};
    if (o->key_count > 0)
        put_pack(b->rs, pack);
}

static void add_unit(struct build *b, uint32_t rule, struct cardea_str source, unsigned flags, unsigned views)
{
    struct ruleset *rs = b->rs;
    if (rs->unit_count == b->unit_cap) {
        size_t cap = b->unit_cap ? b->unit_cap * 2 : 1024;
        struct ruleset_unit *grown = arena_array(&rs->arena, cap, sizeof(*grown));
        if (rs->unit_count)
            memcpy(grown, rs->units, rs->unit_count * sizeof(*grown));
        rs->units = grown;
        b->unit_cap = cap;
    }
    rs->units[rs->unit_count++] = (struct ruleset_unit){.source = source, .flags = flags, .rule = rule, .views = views};
}

#define FOLDED (1u << CARDEA_SCAN_FOLDED)

/* The text as it came needs a pattern as it is written, the other views need it folded. Where a rule looks at the
 * folded view, that finds what the plain form would have found in the text as it came. */
static void add_forms(struct build *b, uint32_t rule, struct cardea_str plain, struct cardea_str folded, unsigned flags)
{
    unsigned views = b->rs->rules[rule].rule->views;
    if (views & FOLDED || str_eq(plain, folded)) {
        add_unit(b, rule, folded, flags, views);
        return;
    }
    if (views & RAW)
        add_unit(b, rule, plain, flags, views & RAW);
    if (views & ~RAW)
        add_unit(b, rule, folded, flags, views & ~RAW);
}

static void add_patterns(struct build *b, uint32_t index, const char *file)
{
    const struct scan_rule *rule = b->rs->rules[index].rule;
    for (size_t i = 0; i < rule->seeks.count; i++) {
        struct cardea_why why = {""};
        struct arena *a = &b->rs->arena;
        struct cardea_str plain = source_of_pattern(a, rule->seeks.items[i], NULL, &why);
        struct cardea_str folded = source_of_pattern(a, rule->seeks.items[i], b->rs->fold, &why);
        if (plain.ptr && folded.ptr)
            add_forms(b, index, plain, folded, rule->flags);
        else
            fail(b, file, rule, rule->id, why.text);
    }
}

static void add_words(struct build *b, uint32_t index)
{
    const struct scan_rule *rule = b->rs->rules[index].rule;
    bool both = (rule->views & FOLDED) != 0;
    if (rule->views & RAW && !both) {
        struct source_list plain = source_of_words(&b->rs->arena, &rule->seeks, NULL);
        for (size_t i = 0; i < plain.count; i++)
            add_unit(b, index, plain.items[i], FIELDS_CASELESS, rule->views & RAW);
    }
    struct source_list folded = source_of_words(&b->rs->arena, &rule->seeks, b->rs->fold);
    for (size_t i = 0; i < folded.count && rule->views & ~RAW; i++)
        add_unit(b, index, folded.items[i], FIELDS_CASELESS, both ? rule->views : rule->views & ~RAW);
}

static void add_host_rule(struct build *b, uint32_t index)
{
    struct ruleset *rs = b->rs;
    struct ruleset_rule *r = &rs->rules[index];
    rs->host_rules[rs->host_rule_count++] = index;
    if (r->rule->kind != SCAN_BY_LOOKALIKE)
        return;
    r->looks = arena_array(&rs->arena, r->rule->seeks.count, sizeof(*r->looks));
    for (size_t i = 0; i < r->rule->seeks.count; i++)
        host_look_at(&r->looks[i], r->rule->seeks.items[i], rs->fold);
}

static int compare_ids(const void *left, const void *right)
{
    const struct scan_rule *const *a = left, *const *b = right;
    return strcmp((*a)->id, (*b)->id);
}

static void check_ids(struct build *b)
{
    struct ruleset *rs = b->rs;
    const struct scan_rule **sorted = arena_array(&rs->arena, rs->rule_count + 1, sizeof(*sorted));
    for (size_t i = 0; i < rs->rule_count; i++)
        sorted[i] = rs->rules[i].rule;
    qsort(sorted, rs->rule_count, sizeof(*sorted), compare_ids);
    for (size_t i = 1; i < rs->rule_count; i++)
        if (strcmp(sorted[i]->id, sorted[i - 1]->id) == 0) {
            buf_printf(b->mistakes, "the rule `%s` stands in two packs\n", sorted[i]->id);
            b->failed = true;
        }
}

static void add_rules(struct build *b)
{
    struct ruleset *rs = b->rs;
    size_t count = 0;
    for (size_t i = 0; i < rs->pack_count; i++)
        count += rs->packs[i]->count;
    rs->rules = arena_array(&rs->arena, count + 1, sizeof(*rs->rules));
    rs->host_rules = arena_array(&rs->arena, count + 1, sizeof(*rs->host_rules));
    for (size_t i = 0; i < rs->pack_count; i++) {
        const struct scan_pack *pack = rs->packs[i];
        for (size_t k = 0; k < pack->count; k++) {
            uint32_t index = (uint32_t)rs->rule_count++;
            struct ruleset_rule *r = &rs->rules[index];
            *r = (struct ruleset_rule){.rule = &pack->rules[k], .pack = pack->name};
            r->allow = arena_array(&rs->arena, r->rule->allow.count + 1, sizeof(*r->allow));
            if (r->rule->kind == SCAN_BY_PATTERN)
                add_patterns(b, index, pack->file);
            else if (r->rule->kind == SCAN_BY_WORDS)
                add_words(b, index);
            else
                add_host_rule(b, index);
        }
    }
    check_ids(b);
}

static void find_words(struct ruleset *rs)
{
    struct words_builder b = {.arena = &rs->arena};
    for (size_t i = 0; i < rs->unit_count; i++) {
        struct ruleset_unit *unit = &rs->units[i];
        struct needs needs = needs_of(&rs->arena, unit->source, unit->flags);
        unit->first_branch = (uint32_t)b.branch_count;
        unit->branch_count = (uint32_t)needs.count;
        words_add(&b, &needs);
    }
    words_build(&b, &rs->words);
}

enum cardea_err ruleset_build(struct ruleset *rs, const struct cardea_scan_options *o, struct buf *mistakes)
{
    struct build b = {.rs = rs, .mistakes = mistakes};
    *rs = (struct ruleset){0};
    rs->fold = fold_new();
    if (!rs->fold)
        return CARDEA_E_NOMEM;
    read_packs(&b, o);
    read_keys(&b, o);
    add_rules(&b);
    if (!b.failed && rs->rule_count == 0) {
        buf_add_cstr(mistakes, "there are no rules\n");
        b.failed = true;
    }
    if (b.failed)
        ruleset_release(rs);
    else
        find_words(rs);
    return b.failed ? CARDEA_E_FORMAT : CARDEA_OK;
}

void ruleset_release(struct ruleset *rs)
{
    for (size_t i = 0; i < rs->unit_count; i++)
        scan_pattern_free(atomic_load(&rs->units[i].pattern));
    for (size_t i = 0; i < rs->rule_count; i++)
        for (size_t k = 0; k < rs->rules[i].rule->allow.count; k++)
            scan_pattern_free(atomic_load(&rs->rules[i].allow[k]));
    fold_free(rs->fold);
    arena_release(&rs->arena);
    *rs = (struct ruleset){0};
}

/* Whoever comes first makes it; whoever made it in vain at the same time throws it away. */
static const struct scan_pattern *make_once(_Atomic(struct scan_pattern *) *at, struct cardea_str source,
                                            unsigned flags)
{
    struct scan_pattern *have = atomic_load_explicit(at, memory_order_acquire);
    if (have)
        return have;
    struct arena arena = {0};
    struct scan_pattern *made = scan_pattern_new(pattern_grouped(&arena, source, flags), flags);
    arena_release(&arena);
    if (!made)
        return NULL;
    if (atomic_compare_exchange_strong(at, &have, made))
        return made;
    scan_pattern_free(made);
    return have;
}

const struct scan_pattern *ruleset_pattern(struct ruleset_unit *unit)
{
    return make_once(&unit->pattern, unit->source, unit->flags);
}

const struct scan_pattern *ruleset_allow(struct ruleset_rule *r, size_t i)
{
    return make_once(&r->allow[i], r->rule->allow.items[i], r->rule->flags);
}

struct scan_rule *ruleset_key_rule(struct arena *a, const struct cardea_scan_key *key)
{
    struct scan_rule *rule = arena_alloc(a, sizeof(*rule));
    struct cardea_str *source = arena_alloc(a, sizeof(*source));
    const char *set = key->format->alphabet == CARDEA_BASE36 ? "[0-9a-z]" : "[0-9A-Za-z]";
    struct buf out;
    *rule = (struct scan_rule){.checksum = -1,
                               .signal = -1,
                               .category = CARDEA_SCAN_SECRET,
                               .severity = CARDEA_SCAN_CRITICAL,
                               .kind = SCAN_BY_PATTERN};
    buf_init(&out, 4096);
    buf_add_cstr(&out, "\\b");
    for (size_t i = 0; i < key->format->part_count; i++) {
        const struct cardea_format_part *part = &key->format->parts[i];
        for (size_t k = 0; part->type == CARDEA_PART_LITERAL && k < part->len; k++)
            buf_printf(&out, "[%c]", part->literal[k]); /* literals are letters, digits, `_`, `-`, `.` */
        if (part->type != CARDEA_PART_LITERAL)
            buf_printf(&out, "%s{%u}", set, part->len);
        if (part->type == CARDEA_PART_CHECK)
            rule->checksum = FIELDS_CHECK_KEY;
    }
    buf_add_cstr(&out, "\\b");
    *source = arena_str(a, buf_str(&out));
    buf_release(&out);
    rule->id = arena_printf(a, "secret.key.%s", key->name).ptr;
    rule->title = arena_printf(a, "Key: %s", key->name).ptr;
    rule->seeks = (struct scan_texts){source, 1};
    rule->views = RAW | 1u << CARDEA_SCAN_FOLDED | 1u << CARDEA_SCAN_DECODED;
    return rule;
}
