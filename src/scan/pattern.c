#include "scan/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "scan/fields.h"

#define STACK_FIRST ((size_t)32 * 1024)
#define STACK_MAX   ((size_t)1024 * 1024)
#define HEAP_MAX_KB 20000

struct scan_pattern {
    pcre2_code *code;
    uint32_t value; /* number of the capture; 0: none */
};

struct scan_matcher {
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
};

static uint32_t options_of(unsigned flags)
{
    return (flags & FIELDS_CASELESS ? PCRE2_CASELESS : 0) | (flags & FIELDS_MULTILINE ? PCRE2_MULTILINE : 0) |
           (flags & FIELDS_DOTALL ? PCRE2_DOTALL : 0) | (flags & FIELDS_EXTENDED ? PCRE2_EXTENDED : 0) |
           PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C | PCRE2_USE_OFFSET_LIMIT;
}

static pcre2_code *compile(struct cardea_str source, unsigned flags, struct cardea_why *why)
{
    int error;
    PCRE2_SIZE at;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)source.ptr, source.len, options_of(flags), &error, &at, NULL);
    if (!code && why) {
        PCRE2_UCHAR text[160];
        pcre2_get_error_message(error, text, sizeof(text));
        snprintf(why->text, sizeof(why->text), "%s, at character %zu", (const char *)text, (size_t)at + 1);
    }
    return code;
}

bool scan_pattern_try(struct cardea_str source, unsigned flags, struct cardea_why *why)
{
    pcre2_code *code = compile(source, flags, why);
    if (!code)
        return false;
    uint32_t least = 0;
    pcre2_pattern_info(code, PCRE2_INFO_MINLENGTH, &least);
    pcre2_code_free(code);
    if (least == 0)
        snprintf(why->text, sizeof(why->text), "it matches the empty text");
    return least > 0;
}

struct scan_pattern *scan_pattern_new(struct cardea_str source, unsigned flags)
{
    struct scan_pattern *p = calloc(1, sizeof(*p));
    if (!p)
        return NULL;
    p->code = compile(source, flags, NULL);
    if (!p->code) {
        free(p);
        return NULL;
    }
    /* Where there is no JIT, the interpreter matches: the same, but slower. */
    (void)pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE);
    int named = pcre2_substring_number_from_name(p->code, (PCRE2_SPTR) "value");
    uint32_t captures = 0;
    pcre2_pattern_info(p->code, PCRE2_INFO_CAPTURECOUNT, &captures);
    p->value = named > 0 ? (uint32_t)named : captures > 0;
    return p;
}

void scan_pattern_free(struct scan_pattern *p)
{
    if (p)
        pcre2_code_free(p->code);
    free(p);
}

struct scan_matcher *scan_matcher_new(uint32_t match_limit)
{
    struct scan_matcher *m = calloc(1, sizeof(*m));
    if (!m)
        return NULL;
    /* Captures beyond those are not asked for. */
    m->data = pcre2_match_data_create(16, NULL);
    m->context = pcre2_match_context_create(NULL);
    m->stack = pcre2_jit_stack_create(STACK_FIRST, STACK_MAX, NULL);
    if (!m->data || !m->context) {
        scan_matcher_free(m);
        return NULL;
    }
    pcre2_set_match_limit(m->context, match_limit);
    pcre2_set_heap_limit(m->context, HEAP_MAX_KB);
    if (m->stack)
        pcre2_jit_stack_assign(m->context, NULL, m->stack);
    return m;
}

void scan_matcher_free(struct scan_matcher *m)
{
    if (!m)
        return;
    pcre2_match_data_free(m->data);
    pcre2_match_context_free(m->context);
    pcre2_jit_stack_free(m->stack);
    free(m);
}

enum scan_matched scan_pattern_match(const struct scan_pattern *p, struct scan_matcher *m, struct cardea_str text,
                                     size_t from, size_t last, struct scan_match *out)
{
    pcre2_set_offset_limit(m->context, last);
    int got = pcre2_match(p->code, (PCRE2_SPTR)(text.ptr ? text.ptr : ""), text.len, from, 0, m->data, m->context);
    if (got == PCRE2_ERROR_NOMATCH)
        return SCAN_NO_MATCH;
    if (got < 0)
        return SCAN_MATCH_GAVE_UP;
    const PCRE2_SIZE *spans = pcre2_get_ovector_pointer(m->data);
    *out = (struct scan_match){spans[0], spans[1], spans[0], spans[1]};
    size_t at = (size_t)p->value * 2;
    if (p->value > 0 && (got == 0 ? 16 : got) > (int)p->value && p->value < 16 && spans[at] != PCRE2_UNSET &&
        spans[at + 1] > spans[at]) {
        out->value_start = spans[at];
        out->value_end = spans[at + 1];
    }
    /* \K can end a match before it starts. */
    return out->end > out->start ? SCAN_MATCH : SCAN_NO_MATCH;
}
