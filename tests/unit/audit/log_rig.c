#include "log_rig.h"

#include "base/base64.h"
#include "base/json_write.h"

static const uint64_t signed_at[] = {50, 130, RECORDS};

struct arena arena;
struct note_signer *signer, *forger, *elsewhere;

size_t add_line(struct file *f, const struct buf *b)
{
    char *line = arena_alloc(&arena, b->len + 2);
    memcpy(line + 1, b->ptr, b->len);
    line[b->len + 1] = '\0';
    f->lines[f->count] = line + 1;
    return f->count++;
}

struct audit_record record_of(uint64_t index, const char *note)
{
    return (struct audit_record){.index = index,
                                 .at_ms = 1700000000000 + (int64_t)index,
                                 .action = STR("key.created"),
                                 .actor = STR("root"),
                                 .subject = STR("key_0000000000001"),
                                 .detail = arena_printf(&arena, "{\"note\":\"%s\"}", note)};
}

static void add_leaves(struct file *f, struct buf *b, uint64_t from, const struct cardea_digest *hashes, size_t count)
{
    char text[BASE64_TEXT_LEN(TILE_WIDTH * 32) + 1];
    size_t len = base64_encode(hashes, count * 32, text);
    buf_clear(b);
    buf_printf(b, "{\"leaves_from\":%llu,\"leaves\":\"%.*s\"}", (unsigned long long)from, (int)len, text);
    size_t line = add_line(f, b);
    for (uint64_t i = from; i < from + count; i++)
        f->leaves[i] = line;
}

void add_checkpoint(struct file *f, struct buf *b, const struct note_signer *by, const struct tree_range *range,
                    size_t n)
{
    struct json_writer w;
    char note[CHECKPOINT_MAX];
    size_t len;
    f->states[n].size = range->size;
    tree_range_root(range, &f->states[n].root);
    checkpoint_sign(by, range->size, &f->states[n].root, note, &len);
    buf_clear(b);
    jw_init(&w, b);
    jw_object_begin(&w);
    jw_member_int(&w, "size", (int64_t)range->size);
    jw_member_str(&w, "checkpoint", (struct cardea_str){note, len});
    jw_object_end(&w);
    f->checkpoint[n] = add_line(f, b);
}

static void add_head(struct file *f, struct buf *b, const char *origin, const struct tree_range *range)
{
    buf_clear(b);
    buf_printf(b, "{\"origin\":\"%s\",\"from\":%llu,\"to\":%d,\"subtrees\":[", origin, (unsigned long long)range->size,
               RECORDS);
    for (unsigned i = 0; i < range->count; i++) {
        char text[44];
        base64_encode(range->peaks[i].bytes, 32, text);
        buf_printf(b, "%s\"%.44s\"", i ? "," : "", text);
    }
    buf_printf(b, "]}");
    add_line(f, b);
}

struct file *make(uint64_t from, int64_t changed, const struct note_signer *by, const char *log)
{
    struct file *f = arena_alloc(&arena, sizeof(*f));
    struct cardea_digest hashes[TILE_WIDTH];
    struct tree_range range = {0};
    struct buf b, scratch;
    size_t run = 0, next = 0;
    buf_init(&b, 1 << 16);
    buf_init(&scratch, 1 << 16);
    for (uint64_t i = 0; i < RECORDS; i++) {
        if (i == from)
            add_head(f, &b, note_signer_key(by)->name, &range);
        struct audit_record r = record_of(i, (int64_t)i == changed ? "forged" : "as it was");
        buf_clear(&b);
        record_write(&b, log, &r);
        if (i >= from)
            f->record[i] = add_line(f, &b);
        assert_true(record_hash(&scratch, log, &r, &hashes[run]));
        tree_range_add(&range, &hashes[run++]);
        bool sign = next < 3 && range.size == signed_at[next];
        if (i >= from && (sign || range.size % TILE_WIDTH == 0))
            add_leaves(f, &b, range.size - run, hashes, run);
        if (sign || range.size % TILE_WIDTH == 0 || i + 1 == from)
            run = 0;
        if (sign && i >= from)
            add_checkpoint(f, &b, by, &range, next);
        if (sign && i < from) {
            f->states[next].size = range.size;
            tree_range_root(&range, &f->states[next].root);
        }
        next += sign;
    }
    buf_release(&b);
    buf_release(&scratch);
    return f;
}

struct file *good(void)
{
    return make(0, -1, signer, note_signer_key(signer)->id);
}

static struct verifier *v;
const struct verify_report *check_with(const struct file *f, const struct checkpoint *known)
{
    verifier_free(v);
    v = verifier_new(note_signer_key(signer));
    if (known)
        verifier_expect(v, known, "the known checkpoint");
    for (size_t i = 0; i < f->count; i++)
        if (f->lines[i])
            verifier_line(v, f->lines[i], strlen(f->lines[i]));
    return verifier_end(v);
}

void assert_problem(const struct file *f, enum verify_kind kind, int64_t first, int64_t last)
{
    const struct verify_report *r = check_with(f, NULL);
    if (r->problem_total != 1)
        for (size_t i = 0; i < r->problem_count; i++)
            print_error("%s %llu-%llu line %llu: %s\n", verify_kind_name(r->problems[i].kind),
                        (unsigned long long)r->problems[i].first, (unsigned long long)r->problems[i].last,
                        (unsigned long long)r->problems[i].line, r->problems[i].text);
    assert_int_equal(r->problem_total, 1);
    assert_string_equal(verify_kind_name(r->problems[0].kind), verify_kind_name(kind));
    assert_int_equal(r->problems[0].of_records, first >= 0);
    if (first >= 0) {
        assert_int_equal(r->problems[0].first, first);
        assert_int_equal(r->problems[0].last, last);
    }
}

int log_rig_open(void **state)
{
    static const uint8_t seed[NOTE_SEED_LEN] = {1}, other[NOTE_SEED_LEN] = {2};
    signer = note_signer_new("keys.example.com/audit", seed);
    forger = note_signer_new("keys.example.com/audit", other);
    elsewhere = note_signer_new("other.example.com/audit", other);
    return 0;
}

int log_rig_close(void **state)
{
    verifier_free(v);
    note_signer_free(signer);
    note_signer_free(forger);
    note_signer_free(elsewhere);
    arena_release(&arena);
    return 0;
}
