#include "scan/pack.h"

#include "base/str.h"
#include "scan/fields_rule.h"
#include "scan/pattern.h"
#include "scan/source.h"

/* Where a category looks unless its rule says. */
#define VIEW(name) (1u << CARDEA_SCAN_##name)
static const unsigned default_views[CARDEA_SCAN_CATEGORY_COUNT] = {
    [CARDEA_SCAN_INJECTION] = VIEW(RAW) | VIEW(FOLDED) | VIEW(JOINED) | VIEW(LEET) | VIEW(DECODED),
    [CARDEA_SCAN_SECRET] = VIEW(RAW) | VIEW(FOLDED) | VIEW(DECODED),
    [CARDEA_SCAN_PAYLOAD] = VIEW(RAW) | VIEW(FOLDED) | VIEW(DECODED),
    [CARDEA_SCAN_HIDDEN] = VIEW(RAW),
    [CARDEA_SCAN_DOMAIN] = VIEW(RAW) | VIEW(FOLDED),
    [CARDEA_SCAN_PERSONAL] = VIEW(RAW) | VIEW(FOLDED),
    [CARDEA_SCAN_KEYWORD] = VIEW(RAW) | VIEW(FOLDED),
};

/* Signals of a jailbreak are written as jailbreaks are: in every encoding. */
static unsigned views_of(const struct scan_rule *rule)
{
    bool of_jailbreak = rule->category == CARDEA_SCAN_KEYWORD && rule->signal >= (int)CARDEA_SCAN_MODEL;
    return default_views[of_jailbreak ? CARDEA_SCAN_INJECTION : rule->category];
}

#define WITHIN_DEFAULT 100
#define SCORE_DEFAULT  10

struct build {
    struct arena *arena;
    struct diags *diags;
    bool try_patterns;
};

static struct scan_texts texts_of(struct build *b, const struct yaml_node *list)
{
    struct scan_texts out = {NULL, 0};
    if (!list)
        return out;
    struct cardea_str *items = arena_array(b->arena, list->count, sizeof(*items));
    for (const struct yaml_node *one = list->first; one; one = one->next)
        items[out.count++] = one->text;
    out.items = items;
    return out;
}

static void mistake(struct build *b, const struct yaml_node *at, const char *what)
{
    diags_add(b->diags, at->line, at->col, "%s", what);
}

/* Which of the six ways; exactly one. */
static void build_seeks(struct build *b, const struct fields_rule *from, struct scan_rule *out)
{
    const struct {
        const struct yaml_node *node;
        enum scan_rule_kind kind;
    } ways[] = {{from->patterns, SCAN_BY_PATTERN},
                {from->words, SCAN_BY_WORDS},
                {from->domains, SCAN_BY_DOMAIN},
                {from->lookalikes, SCAN_BY_LOOKALIKE}};
    size_t given = 0;
    if (from->pattern) {
        struct cardea_str *one = arena_alloc(b->arena, sizeof(*one));
        *one = from->pattern->text;
        out->seeks = (struct scan_texts){one, 1};
        out->kind = SCAN_BY_PATTERN;
        given++;
    }
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        if (!ways[i].node)
            continue;
        out->seeks = texts_of(b, ways[i].node);
        out->kind = ways[i].kind;
        given++;
    }
    if (from->hosts) {
        out->hosts = from->hosts;
        out->kind = SCAN_BY_HOST;
        given++;
    }
    if (given != 1)
        mistake(b, from->node,
                "a rule has exactly one of `pattern`, `patterns`, `words`, `domains`, `lookalikes` and `hosts`");
}

static void check_pattern(struct build *b, const struct scan_rule *rule, const struct yaml_node *at)
{
    struct cardea_why why;
    struct cardea_str source = source_of_pattern(b->arena, at->text, NULL, &why);
    if (!source.ptr || !scan_pattern_try(source, rule->flags, &why))
        diags_add(b->diags, at->line, at->col, "`%.*s` is no pattern: %s", DIAG_ARG(at->text), why.text);
}

static void check_patterns(struct build *b, const struct fields_rule *from, const struct scan_rule *rule)
{
    if (from->pattern)
        check_pattern(b, rule, from->pattern);
    for (const struct yaml_node *one = from->patterns ? from->patterns->first : NULL; one; one = one->next)
        check_pattern(b, rule, one);
    for (const struct yaml_node *one = from->allow ? from->allow->first : NULL; one; one = one->next)
        check_pattern(b, rule, one);
}

static void check_fit(struct build *b, const struct fields_rule *from, const struct scan_rule *rule)
{
    bool of_text = rule->kind == SCAN_BY_PATTERN || rule->kind == SCAN_BY_WORDS;
    if ((rule->category == CARDEA_SCAN_KEYWORD) != (rule->signal >= 0))
        mistake(b, from->node, "`signal` belongs to rules of the category keyword, and each of those has one");
    if (from->score >= 0 && rule->category != CARDEA_SCAN_KEYWORD)
        mistake(b, from->node, "`score` belongs to rules of the category keyword");
    if (from->flags && rule->kind != SCAN_BY_PATTERN)
        mistake(b, from->node, "`flags` belongs to patterns; words are found in any case");
    if (!of_text && (rule->category == CARDEA_SCAN_KEYWORD || from->views || from->context || from->stop_words ||
                     from->allow || from->entropy || from->needs || from->checksum >= 0))
        mistake(b, from->node, "a rule of hosts has no views and no checks, and is no keyword");
    if (from->context && !from->context->require && !from->context->forbid)
        mistake(b, from->context->node, "`context` needs `require` or `forbid`");
}

static void build_context(struct build *b, const struct fields_context *from, struct scan_rule *out)
{
    if (!from)
        return;
    out->within = from->within < 0 ? WITHIN_DEFAULT : (uint32_t)from->within;
    out->require = texts_of(b, from->require);
    out->forbid = texts_of(b, from->forbid);
}

static void build_rule(struct build *b, const struct fields_rule *from, struct scan_rule *out)
{
    size_t before = b->diags->count;
    *out = (struct scan_rule){.flags = from->flags,
                              .needs = from->needs,
                              .checksum = from->checksum,
                              .signal = from->signal,
                              .score = from->score < 0 ? SCORE_DEFAULT : (int)from->score,
                              .line = from->node->line,
                              .col = from->node->col};
    if (!from->id || !from->title || from->category < 0 || from->severity < 0)
        return; /* the schema has said so */
    out->id = from->id->text.ptr;
    out->title = from->title->text.ptr;
    out->category = (enum cardea_scan_category)from->category;
    out->severity = (enum cardea_scan_severity)from->severity;
    out->sensitivity = from->sensitivity < 0 ? CARDEA_SCAN_AT_LOW : (enum cardea_scan_sensitivity)from->sensitivity;
    out->views = from->views ? from->views : views_of(out);
    out->entropy_milli = from->entropy ? fields_entropy(from->entropy->text) : 0;
    out->stop_words = texts_of(b, from->stop_words);
    out->allow = texts_of(b, from->allow);
    build_context(b, from->context, out);
    build_seeks(b, from, out);
    if (from->examples) {
        out->match = texts_of(b, from->examples->match);
        out->no_match = texts_of(b, from->examples->no_match);
    }
    if (b->diags->count > before)
        return;
    check_fit(b, from, out);
    if (b->try_patterns)
        check_patterns(b, from, out);
}

static void check_ids(struct build *b, const struct fields_rule *from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i && from[i].id; k++)
            if (from[k].id && str_eq(from[k].id->text, from[i].id->text)) {
                diags_add(b->diags, from[i].id->line, from[i].id->col, "`%.*s` stands in line %u too",
                          DIAG_ARG(from[i].id->text), from[k].id->line);
                break;
            }
}

const struct scan_pack *scan_pack_read(struct arena *a, const char *file, struct cardea_str text, bool try_patterns,
                                       struct diags *diags)
{
    const struct yaml_node *root = yaml_tree_read(a, text, diags);
    if (!root)
        return NULL;
    struct build b = {a, diags, try_patterns};
    struct fields_pack fields = {0};
    schema_read(&fields_pack_schema, a, root, diags, &fields);
    const struct fields_rule *from = fields.rules.items;
    struct scan_rule *rules = arena_array(a, fields.rules.count + 1, sizeof(*rules));
    struct scan_texts mentions = texts_of(&b, fields.mentions), reports = texts_of(&b, fields.reports);
    for (size_t i = 0; i < fields.rules.count; i++) {
        build_rule(&b, &from[i], &rules[i]);
        rules[i].mentions = mentions;
        rules[i].reports = reports;
    }
    check_ids(&b, from, fields.rules.count);
    if (diags->count > 0)
        return NULL;
    struct scan_pack *pack = arena_alloc(a, sizeof(*pack));
    *pack = (struct scan_pack){fields.pack->text.ptr, fields.title->text.ptr, file, rules, fields.rules.count};
    return pack;
}

void scan_pack_docs(struct buf *out)
{
    buf_add_cstr(out,
                 "# Rule packs\n\n"
                 "What the scanner's deterministic layer looks for stands in YAML files, the *rule packs*: those of "
                 "`rules/` are compiled in, a folder may add more. Each rule brings examples, which are run as tests. "
                 "This page is written by the table that reads the files (`cardea rules docs` prints it); `cardea "
                 "rules check FILE` names every mistake of a file as `file:line:col: what`, and runs its examples.\n\n"
                 "The formats of our own keys need no rules: the scanner takes them from the profiles.\n\n"
                 "```yaml\n"
                 "pack: example\n"
                 "title: An example\n"
                 "rules:\n"
                 "  - id: secret.example-token\n"
                 "    title: Token of Example\n"
                 "    category: secret\n"
                 "    pattern: '\\b(ext_[0-9A-Za-z]{32})\\b'\n"
                 "    severity: critical\n"
                 "    entropy: 3.0\n"
                 "    stop_words: [example, xxxx]\n"
                 "    examples:\n"
                 "      match: ['token: ext_q8Xv2LmZr7TbN4cKw9JdP1sYf6HgA3eU']\n"
                 "      no_match: ['token: ext_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx', 'the prefix is ext_']\n"
                 "```\n");
    schema_docs(&fields_pack_schema, "", out);
}
