/* Lines, and the end. */
#include "audit/verify.h"

#include "audit/verify_internal.h"
#include "base/base64.h"
#include "base/json_read.h"
#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>

/* No log has so many records; sums of such numbers fit everywhere. */
#define SIZE_LIMIT INT64_C(1000000000000000000)

const char *verify_kind_name(enum verify_kind kind)
{
    static const char *const names[VERIFY_KINDS] = {
        [VERIFY_MALFORMED] = "malformed",
        [VERIFY_FOREIGN] = "foreign",
        [VERIFY_ALTERED] = "altered",
        [VERIFY_MISSING] = "missing",
        [VERIFY_MOVED] = "moved",
        [VERIFY_REPEATED] = "repeated",
        [VERIFY_TRUNCATED] = "truncated",
        [VERIFY_HASHES] = "hashes",
        [VERIFY_UNSIGNED] = "unsigned",
        [VERIFY_CHECKPOINT] = "checkpoint",
        [VERIFY_CONTRADICTS] = "contradicts",
        [VERIFY_REWRITTEN] = "rewritten",
    };
    return names[kind];
}

struct verifier *verifier_new(const struct note_key *key)
{
    struct verifier *v = calloc(1, sizeof(*v));
    if (!v)
        abort();
    v->key = *key;
    v->records_good = v->hashes_good = true;
    return v;
}

void verifier_free(struct verifier *v)
{
    if (!v)
        return;
    arena_release(&v->arena);
    free(v);
}

void verifier_expect(struct verifier *v, const struct checkpoint *c, const char *name)
{
    if (v->expected_count == VERIFY_EXPECTED_MAX)
        abort(); /* no caller has so many */
    v->expected[v->expected_count++] = (struct expected){.checkpoint = *c, .name = name};
}

/* ---- what is wrong ---- */

static void put(struct verifier *v, const struct verify_problem *p)
{
    struct verify_report *r = &v->report;
    r->problem_total++;
    if (r->problem_count < VERIFY_PROBLEMS_MAX)
        r->problems[r->problem_count++] = *p;
}

void verify_name(struct verifier *v, enum verify_kind kind, uint64_t first, uint64_t last, uint64_t line,
                 const char *fmt, ...)
{
    struct verify_problem p = {.kind = kind, .of_records = true, .first = first, .last = last, .line = line};
    struct verify_problem *before = v->report.problem_count ? &v->report.problems[v->report.problem_count - 1] : NULL;
    v->named++;
    if (before && before->kind == kind && before->of_records && before->last + 1 == first) {
        before->last = last;
        return;
    }
    va_list args;
    va_start(args, fmt);
    vsnprintf(p.text, sizeof(p.text), fmt, args);
    va_end(args);
    put(v, &p);
}

void verify_name_file(struct verifier *v, enum verify_kind kind, const char *fmt, ...)
{
    struct verify_problem p = {.kind = kind, .line = v->line};
    va_list args;
    va_start(args, fmt);
    vsnprintf(p.text, sizeof(p.text), fmt, args);
    va_end(args);
    put(v, &p);
}

/* ---- lines that are no records ---- */

static bool read_hash(const json_t *value, struct cardea_digest *out)
{
    return tree_hash_read((struct cardea_str){json_string_value(value), json_string_length(value)}, out);
}

/* Where the file begins, and what all before it adds up to. */
static bool take_head(struct verifier *v, const json_t *head)
{
    const json_t *subtrees = json_object_get(head, "subtrees");
    int64_t from = json_get_int(head, "from", -1), to = json_get_int(head, "to", -1);
    if (from < 0 || to < from || to > SIZE_LIMIT || !json_is_array(subtrees) ||
        json_array_size(subtrees) != tree_range_peaks((uint64_t)from))
        return false;
    if (v->begun)
        return true; /* of a later piece: what it says is known */
    v->begun = true;
    v->to = (uint64_t)to;
    v->due = v->report.first = v->report.size = v->signed_size = (uint64_t)from;
    v->records.size = (uint64_t)from;
    v->records.count = (unsigned)json_array_size(subtrees);
    for (unsigned i = 0; i < v->records.count; i++)
        if (!read_hash(json_array_get(subtrees, i), &v->records.peaks[i]))
            return false;
    v->hashes = v->records;
    if (!str_eq(json_get_str(head, "origin"), str_of(v->key.name)))
        verify_name_file(v, VERIFY_CHECKPOINT, "the file is of the log %.60s, the key is %.60s's",
                         json_string_value(json_object_get(head, "origin")), v->key.name);
    verify_meet(v);
    return true;
}

static bool take_leaves(struct verifier *v, const json_t *line)
{
    struct cardea_str text = json_get_str(line, "leaves");
    int64_t from = json_get_int(line, "leaves_from", -1);
    uint8_t *bytes = arena_alloc(&v->arena, BASE64_DATA_MAX(text.len) + 1);
    size_t len;
    if (from < 0 || from > SIZE_LIMIT || !text.len || !base64_decode(text, bytes, &len) || len % CARDEA_DIGEST_LEN)
        return false;
    verify_hashes(v, (uint64_t)from, bytes, len / CARDEA_DIGEST_LEN);
    return true;
}

static bool take_json(struct verifier *v, struct cardea_str text)
{
    struct json_problem problem;
    json_t *line = json_read(&v->arena, text, &problem);
    bool known = false;
    if (json_object_get(line, "leaves"))
        known = take_leaves(v, line);
    else if (json_object_get(line, "checkpoint"))
        verify_checkpoint(v, json_get_str(line, "checkpoint")), known = true;
    else if (json_object_get(line, "subtrees"))
        known = take_head(v, line);
    json_decref(line);
    arena_clear(&v->arena);
    return known;
}

void verifier_line(struct verifier *v, char *line, size_t len)
{
    struct cardea_str text = {line, len}, log;
    uint64_t index;
    v->line++;
    if (len == 0)
        return;
    if (record_read(text, &log, &index)) {
        v->begun = true;
        verify_record(v, line, len, log, index);
    } else if (!take_json(v, text)) {
        verify_name_file(v, VERIFY_MALFORMED, "the line is none of an exported log's");
        v->records_good = false; /* it may have been a record */
    }
}

/* ---- the end ---- */

static void end_gaps(struct verifier *v)
{
    for (size_t i = 0; i < v->gap_count; i++) {
        const struct gap *g = &v->gaps[i];
        if (g->first == g->end)
            continue;
        if (g->end - g->first == 1)
            verify_name(v, VERIFY_MISSING, g->first, g->first, g->line, "the record is missing");
        else
            verify_name(v, VERIFY_MISSING, g->first, g->end - 1, g->line, "the records are missing");
    }
}

static void end_expected(struct verifier *v)
{
    for (size_t i = 0; i < v->expected_count; i++) {
        const struct expected *e = &v->expected[i];
        unsigned long long size = e->checkpoint.size;
        if (e->met)
            continue;
        v->line = 0;
        if (size < v->report.first)
            verify_name_file(
                v, VERIFY_REWRITTEN,
                "the file begins after %s (%llu records): export it from there, or ask for `cardea audit consistency`",
                e->name, size);
        else if (size > v->due)
            verify_name(v, VERIFY_TRUNCATED, v->due, size - 1, 0, "%s holds %llu records, the file ends before",
                        e->name, size);
        else if (!v->lost)
            verify_name_file(v, VERIFY_REWRITTEN, "%s (%llu records) was never a state of this log: it was rewritten",
                             e->name, size);
    }
}

const struct verify_report *verifier_end(struct verifier *v)
{
    verify_settle_differing(v, NEITHER_RIGHT);
    end_gaps(v);
    v->report.size = v->due;
    v->line = 0;
    uint64_t to = v->to > v->known ? v->to : v->known;
    if (to > v->due)
        verify_name(v, VERIFY_TRUNCATED, v->due, to - 1, 0,
                    "the file ends before the record, and says that it goes on");
    end_expected(v);
    /* What no checkpoint holds may have been anything. */
    if (!v->report.problem_total && v->due > v->report.last.size)
        verify_name(v, VERIFY_UNSIGNED, v->report.last.size > v->report.first ? v->report.last.size : v->report.first,
                    v->due - 1, 0, "no checkpoint holds what stands here");
    if (!v->report.problem_total && !v->begun)
        verify_name_file(v, VERIFY_MALFORMED, "there is no log in it");
    return &v->report;
}
