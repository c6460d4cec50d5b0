/* The policy's own patterns and words: two small rule packs, so that they are read in all views, confirmed and placed
 * like the built-in rules. JSON is YAML, and each rule stands on a line of its own: the scanner's mistakes name lines.
 */
#include <stdio.h>
#include <stdlib.h>

#include "policy/internal.h"
#include "policy/weight.h"

#define PACK_MAX ((size_t)1024 * 1024) /* what the scanner reads of one */
/* Steps from one place of a text. 1,000,000 take 1.5 ms with JIT, and each place of a window of 24 KiB may take them
 * again before the clock is looked at: with 10,000 that is half a second at worst (measured), and no pattern that tries
 * one way at a time comes near it. */
#define MATCH_LIMIT 10000
#define SEAT_KEEPS  ((size_t)1 << 20)
#define FIRST_LINE  2 /* of the first rule in a pack */
#define WHY_MAX     256

/* All readings, as orders to a model are looked for: that is what categories of our own would choose too. */
#define CATEGORY "injection"

/* A YAML text in double quotes that is ASCII only: what YAML takes for breaks and refuses as unprintable is escaped. */
static void add_text(struct buf *out, struct cardea_str text)
{
    buf_add_char(out, '"');
    for (size_t at = 0; at < text.len;) {
        unsigned char c = (unsigned char)text.ptr[at];
        size_t len = str_utf8_step(text, at);
        uint32_t code = c;
        if (len > 1)
            code = c & (0xffu >> (len + 1));
        for (size_t i = 1; i < len; i++)
            code = code << 6 | ((unsigned char)text.ptr[at + i] & 0x3fu);
        if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\')
            buf_add_char(out, (char)c);
        else
            buf_printf(out, code < 0x100 ? "\\x%02x" : code < 0x10000 ? "\\u%04x" : "\\U%08x", code);
        at += len ? len : 1;
    }
    buf_add_char(out, '"');
}

static void add_rule(struct buf *out, const struct policy_rule *rule)
{
    buf_printf(out, "{\"id\": \"r%zu\", \"title\": \"-\", \"category\": \"" CATEGORY "\", \"severity\": \"%s\", ",
               rule->order, cardea_scan_severity_name(rule->severity));
    if (rule->caseless)
        buf_add_cstr(out, "\"flags\": [caseless], ");
    if (rule->type == POLICY_REGEX) {
        buf_add_cstr(out, "\"pattern\": ");
        add_text(out, rule->pattern);
    }
    for (size_t i = 0; i < rule->words.count; i++) {
        buf_add_cstr(out, i == 0 ? "\"words\": [" : ", ");
        add_text(out, rule->words.items[i]);
    }
    buf_add_cstr(out, rule->words.count > 0 ? "], " : ", ");
    buf_add_cstr(out, "\"examples\": {\"match\": [\"-\"]}},\n"); /* a pack must bring some; they are not run here */
}

static bool is_of(const struct policy_rule *rule, enum policy_bench_kind kind)
{
    return kind == BENCH_PATTERNS ? rule->type == POLICY_REGEX && rule->pattern.len > 0
                                  : rule->type == POLICY_KEYWORD && rule->words.count > 0;
}

/* The rules of one kind in the document's order, which of them in `lines`; `only` (if not SIZE_MAX) alone. */
static size_t write_pack(const struct policy *p, enum policy_bench_kind kind, size_t only, struct buf *out,
                         size_t *lines)
{
    size_t count = 0;
    buf_add_cstr(out, "{\"pack\": \"policy\", \"title\": \"Policy\", \"rules\": [\n");
    for (size_t order = 0; order < p->rule_count; order++) {
        const struct policy_rule *rule = &p->rules[p->by_order[order]];
        if (!is_of(rule, kind) || (only != SIZE_MAX && only != order))
            continue;
        add_rule(out, rule);
        lines[count++] = order;
    }
    buf_add_cstr(out, "]}\n");
    return count;
}

static enum cardea_err open_pack(const struct policy *p, enum policy_bench_kind kind, size_t only, size_t *lines,
                                 struct cardea_scanner **out, char **mistakes)
{
    struct buf text;
    enum cardea_err err = CARDEA_OK;
    *out = NULL;
    *mistakes = NULL;
    buf_init(&text, PACK_MAX);
    size_t count = write_pack(p, kind, only, &text, lines);
    struct cardea_scan_pack pack = {"policy", buf_str(&text)};
    const struct cardea_scan_options options = {.without_builtin = true,
                                                .without_multi = kind == BENCH_PATTERNS,
                                                .match_limit = MATCH_LIMIT,
                                                .packs = &pack,
                                                .pack_count = 1};
    if (text.failed)
        err = CARDEA_E_INVALID;
    else if (count > 0)
        err = cardea_scanner_open(out, &options, mistakes);
    buf_release(&text);
    return err;
}

/* ---- what the scanner says of them ---- */

/* "policy:3:41: `...` is no pattern: why" belongs to the second rule. What it quotes is the author's own, but no
 * message repeats a value. */
static void add_mistake(struct policy_reader *r, enum policy_bench_kind kind, struct cardea_str line,
                        const size_t *lines, size_t count)
{
    unsigned at = 0;
    const char *member = kind == BENCH_PATTERNS ? "pattern" : "words";
    const char *why = memmem(line.ptr, line.len, "` is no pattern: ", 17);
    if (sscanf(arena_cstr(r->a, line), "policy:%u:", &at) != 1 || at < FIRST_LINE || at - FIRST_LINE >= count) {
        policy_mistake(r, "/rules", "The rules cannot be searched for.", "Simplify patterns and words.");
        return;
    }
    const char *message = kind == BENCH_PATTERNS ? "The pattern cannot be used." : "The words cannot be used.";
    if (why)
        message = arena_printf(r->a, "It is no pattern: %.*s.", (int)(line.ptr + line.len - why - 17), why + 17).ptr;
    policy_mistake(r, policy_place(r, "/rules/%zu/%s", lines[at - FIRST_LINE], member), message,
                   "Write a regular expression of PCRE2 that matches at least one character.");
}

static enum cardea_err open_bench(struct policy_reader *r, enum policy_bench_kind kind)
{
    size_t *lines = arena_array(r->a, r->p->rule_count + 1, sizeof(*lines));
    char *mistakes;
    enum cardea_err err = open_pack(r->p, kind, SIZE_MAX, lines, &r->p->benches[kind].scanner, &mistakes);
    if (err == CARDEA_E_INVALID)
        policy_mistake(r, "/rules", "Patterns and words are too long together.", "Use fewer, or shorter ones.");
    struct cardea_str rest = str_of(mistakes), line;
    while (str_cut(&rest, '\n', &line))
        if (line.len)
            add_mistake(r, kind, line, lines, r->p->rule_count);
    cardea_scan_text_free(mistakes);
    return err;
}

/* ---- patterns that never end ---- */

/* The pattern gives up on so many times a character, with something after it that does not fit: and then all that the
 * pattern names, or PCRE2 sees at once that the text lacks what each match ends with. */
static bool gives_up(const struct cardea_scanner *s, struct cardea_scan_scratch *scratch, char c,
                     struct cardea_str pattern)
{
    enum { TIMES = 2000 };
    /* Steps decide; the clock is for what they do not bound, with room for a machine that has much else to do. */
    static const struct cardea_scan_params params = {.sensitivity = CARDEA_SCAN_AT_HIGH, .limits = {.time_ms = 1000}};
    struct cardea_scan_result result;
    char text[TIMES + 1 + POLICY_PATTERN_MAX];
    memset(text, c, TIMES);
    text[TIMES] = c == '!' ? '"' : '!';
    memcpy(text + TIMES + 1, pattern.ptr, pattern.len);
    return cardea_scan(s, scratch, (struct cardea_str){text, TIMES + 1 + pattern.len}, &params, &result) == CARDEA_OK &&
           (result.cut & (CARDEA_SCAN_CUT_PATTERN | CARDEA_SCAN_CUT_TIME)) != 0;
}

static bool is_endless(const struct cardea_scanner *s, struct cardea_str pattern)
{
    static const char often[] = "aA0 -_.";
    struct cardea_scan_scratch *scratch;
    bool tried[128] = {false}, found = false;
    if (cardea_scan_scratch_new(&scratch, s) != CARDEA_OK)
        return true;
    for (const char *c = often; *c && !found; c++) {
        tried[(unsigned char)*c] = true;
        found = gives_up(s, scratch, *c, pattern);
    }
    for (size_t i = 0; i < pattern.len && !found; i++) {
        unsigned char c = (unsigned char)pattern.ptr[i];
        if (c >= 128 || tried[c])
            continue;
        tried[c] = true;
        found = gives_up(s, scratch, (char)c, pattern);
    }
    cardea_scan_scratch_free(scratch);
    return found;
}

/* What is cheap by its shape is not tried: a document may have hundreds. What does not compile has its mistake. */
static enum cardea_err try_patterns(struct policy_reader *r)
{
    struct policy *p = r->p;
    enum cardea_err err = CARDEA_OK;
    size_t lines[1];
    for (size_t i = 0; i < p->rule_count && err != CARDEA_E_NOMEM; i++) {
        const struct policy_rule *rule = &p->rules[p->by_order[i]];
        struct cardea_scanner *s;
        char *mistakes;
        if (!is_of(rule, BENCH_PATTERNS) || !policy_weigh(rule->pattern).nested)
            continue;
        err = open_pack(p, BENCH_PATTERNS, rule->order, lines, &s, &mistakes);
        cardea_scan_text_free(mistakes);
        if (err != CARDEA_OK)
            continue;
        if (is_endless(s, rule->pattern))
            policy_mistake(r, policy_place(r, "/rules/%zu/pattern", rule->order),
                           "The pattern is too complex: repetitions within repetitions take it too many steps.",
                           "Let each part of a text fit in one way only: `a+` in place of `(a+)+`.");
        cardea_scanner_free(s);
    }
    return err;
}

enum cardea_err policy_own_open(struct policy_reader *r)
{
    size_t before = r->mistakes->count;
    enum cardea_err err = open_bench(r, BENCH_WORDS);
    if (err != CARDEA_E_NOMEM)
        err = open_bench(r, BENCH_PATTERNS);
    if (err != CARDEA_E_NOMEM)
        err = try_patterns(r);
    if (err == CARDEA_E_NOMEM)
        return err;
    return r->mistakes->count > before ? CARDEA_E_FORMAT : CARDEA_OK;
}

/* ---- use ---- */

static void seat_free(struct policy_seat *seat)
{
    if (seat)
        cardea_scan_scratch_free(seat->scratch);
    free(seat);
}

void policy_own_release(struct policy *p)
{
    for (size_t i = 0; i < BENCH_COUNT; i++) {
        while (p->benches[i].idle) {
            struct policy_seat *next = p->benches[i].idle->next;
            seat_free(p->benches[i].idle);
            p->benches[i].idle = next;
        }
        cardea_scanner_free(p->benches[i].scanner);
    }
}

struct policy_seat *policy_own_take(struct policy *p, enum policy_bench_kind kind)
{
    pthread_mutex_lock(&p->lock);
    struct policy_seat *seat = p->benches[kind].idle;
    if (seat)
        p->benches[kind].idle = seat->next;
    pthread_mutex_unlock(&p->lock);
    if (seat)
        return seat;
    seat = calloc(1, sizeof(*seat));
    if (seat && cardea_scan_scratch_new(&seat->scratch, p->benches[kind].scanner) == CARDEA_OK)
        return seat;
    free(seat);
    return NULL;
}

void policy_own_give_back(struct policy *p, enum policy_bench_kind kind, struct policy_seat *seat, size_t scanned)
{
    if (scanned > SEAT_KEEPS) {
        seat_free(seat);
        return;
    }
    pthread_mutex_lock(&p->lock);
    seat->next = p->benches[kind].idle;
    p->benches[kind].idle = seat;
    pthread_mutex_unlock(&p->lock);
}

size_t policy_own_rule(const struct policy *p, const char *rule_id)
{
    return p->by_order[strtoul(rule_id + 1, NULL, 10)];
}
