/* Lines of an exported log that stand elsewhere than the export puts them: no record is accepted that was not held
 * against what was signed. */
#include "log_rig.h"

#include "base/base64.h"

static struct file *reordered(const struct file *f, const size_t *lines, size_t count)
{
    struct file *out = arena_alloc(&arena, sizeof(*out));
    for (size_t i = 0; i < count; i++)
        out->lines[out->count++] = f->lines[lines[i]];
    return out;
}

/* All lines but the first, as `key` sorts them: each sort is stable. */
static struct file *sorted(const struct file *f, int (*key)(const char *line))
{
    size_t order[LINES], count = 1;
    order[0] = 0;
    for (int turn = 0; turn < 3; turn++)
        for (size_t i = 1; i < f->count; i++)
            if (key(f->lines[i]) == turn)
                order[count++] = i;
    return reordered(f, order, count);
}

static bool is_record(const char *line)
{
    return strncmp(line, "{\"log\"", 6) == 0;
}

static bool is_checkpoint(const char *line)
{
    return strstr(line, "\"checkpoint\"") != NULL;
}

static int hashes_first(const char *line)
{
    return is_checkpoint(line) ? 2 : is_record(line) ? 1 : 0;
}

static int records_last(const char *line)
{
    return is_record(line) ? 2 : is_checkpoint(line) ? 1 : 0;
}

/* As if a checkpoint had been signed at the end only. */
static struct file *signed_once(int64_t changed)
{
    struct file *f = good();
    if (changed >= 0)
        *strstr(f->lines[f->record[changed]], "as it was") = 'x';
    memmove(&f->lines[f->checkpoint[1]], &f->lines[f->checkpoint[1] + 1],
            (f->count - f->checkpoint[1] - 1) * sizeof(f->lines[0]));
    memmove(&f->lines[f->checkpoint[0]], &f->lines[f->checkpoint[0] + 1],
            (f->count - f->checkpoint[0] - 2) * sizeof(f->lines[0]));
    f->count -= 2;
    return f;
}

static void test_hashes_before_their_records(void **state)
{
    assert_int_equal(check_with(sorted(signed_once(-1), hashes_first), NULL)->problem_total, 0);
    assert_problem(sorted(signed_once(70), hashes_first), VERIFY_CONTRADICTS, 0, 199);
}

static void test_records_behind_what_signed_them(void **state)
{
    const struct verify_report *r = check_with(sorted(signed_once(70), records_last), NULL);
    assert_true(r->problem_total >= 1);
    assert_int_equal(r->problems[0].kind, VERIFY_MOVED);
}

/* The head says less; but what it does not speak of was signed. */
static void test_a_checkpoint_of_more_than_there_is(void **state)
{
    struct file *f = good();
    size_t last = f->checkpoint[2];
    f->lines[f->checkpoint[0] + 1] = f->lines[last];
    f->count = f->checkpoint[0] + 2;
    memcpy(strstr(f->lines[0], "\"to\":200"), "\"to\": 50", 8);
    assert_problem(f, VERIFY_TRUNCATED, 50, 199);
}

/* Longer ago than any hash stands beside a record. */
static void test_far_from_their_hashes(void **state)
{
    enum { MANY = 1000 };
    struct buf b, scratch;
    struct tree_range range = {0};
    struct verifier *far = verifier_new(note_signer_key(signer));
    const char *log = note_signer_key(signer)->id;
    struct file *f = arena_alloc(&arena, sizeof(*f));
    struct cardea_digest all[MANY];
    char *text = arena_alloc(&arena, BASE64_TEXT_LEN(sizeof(all)));
    buf_init(&b, 1 << 17);
    buf_init(&scratch, 1 << 16);
    for (uint64_t i = 0; i < MANY; i++) {
        struct audit_record r = record_of(i, "as it was"), forged = record_of(i, "forged");
        assert_true(record_hash(&scratch, log, &r, &all[i]));
        tree_range_add(&range, &all[i]);
        buf_clear(&b);
        buf_add_char(&b, ' ');
        record_write(&b, log, i == 5 ? &forged : &r);
        verifier_line(far, b.ptr + 1, b.len - 1);
    }
    buf_clear(&b);
    buf_printf(&b, " {\"leaves_from\":0,\"leaves\":\"%.*s\"}", (int)base64_encode(all, sizeof(all), text), text);
    verifier_line(far, b.ptr + 1, b.len - 1);
    add_checkpoint(f, &b, signer, &range, 0);
    verifier_line(far, f->lines[0], strlen(f->lines[0]));
    const struct verify_report *r = verifier_end(far);
    assert_int_equal(r->problem_total, 1);
    assert_int_equal(r->problems[0].kind, VERIFY_CONTRADICTS);
    verifier_free(far);
    buf_release(&b);
    buf_release(&scratch);
}

/* ---- whatever is done to the lines: what is accepted holds the records as they were ---- */

static uint64_t below(uint64_t *seed, size_t end)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (*seed >> 33) % end;
}

/* The lines first … first + count - 1 stand at `to` afterwards. */
static void move_lines(struct file *f, size_t first, size_t count, size_t to)
{
    char *moved[LINES];
    memcpy(moved, f->lines + first, count * sizeof(moved[0]));
    memmove(f->lines + first, f->lines + first + count, (f->count - first - count) * sizeof(moved[0]));
    memmove(f->lines + to + count, f->lines + to, (f->count - count - to) * sizeof(moved[0]));
    memcpy(f->lines + to, moved, count * sizeof(moved[0]));
}

/* Half of them no record: of these there are few, and they say what counts. */
static size_t some_line(const struct file *f, uint64_t *seed)
{
    size_t at = below(seed, f->count);
    if (below(seed, 2))
        while (f->lines[at] && is_record(f->lines[at]))
            at = (at + 1) % f->count;
    return at;
}

static void disturb(struct file *f, const struct file *forged, uint64_t *seed)
{
    size_t at = some_line(f, seed), to = below(seed, f->count), count = 1 + below(seed, f->count - at);
    switch (below(seed, 6)) {
    case 0:
    case 1:
        move_lines(f, at, 1, to);
        break;
    case 2:
        move_lines(f, at, count, below(seed, f->count - count + 1));
        break;
    case 3:
        f->lines[at] = NULL;
        break;
    case 4:
        f->lines[to] = f->lines[at];
        break;
    default:
        f->lines[0] = forged->lines[0];
    }
}

static bool is_as_it_was(const struct file *f, const struct file *original, const struct verify_report *r)
{
    uint64_t next = r->first;
    for (size_t i = 0; i < f->count; i++)
        if (f->lines[i] && is_record(f->lines[i]) &&
            (next >= r->size || strcmp(f->lines[i], original->lines[original->record[next++]]) != 0))
            return false;
    return next == r->size;
}

static void test_what_is_accepted_is_as_it_was(void **state)
{
    enum { ROUNDS = 4000 };
    static char forged_head[] = " {\"origin\":\"keys.example.com/audit\",\"from\":0,\"to\":0,\"subtrees\":[]}";
    struct file *original = good(), *forged = make(0, 70, forger, note_signer_key(signer)->id);
    uint64_t seed = 1, accepted = 0;
    forged->lines[0] = forged_head + 1; /* says nothing of how many there are */
    for (int round = 0; round < ROUNDS; round++) {
        struct file f = *original;
        if (below(&seed, 4))
            f.lines[f.record[70]] = forged->lines[f.record[70]];
        for (uint64_t i = below(&seed, 8); i > 0; i--)
            disturb(&f, forged, &seed);
        const struct verify_report *r = check_with(&f, NULL);
        accepted += r->problem_total == 0;
        assert_true(r->problem_total || is_as_it_was(&f, original, r));
    }
    assert_in_range(accepted, 100, ROUNDS / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hashes_before_their_records),
        cmocka_unit_test(test_records_behind_what_signed_them),
        cmocka_unit_test(test_a_checkpoint_of_more_than_there_is),
        cmocka_unit_test(test_far_from_their_hashes),
        cmocka_unit_test(test_what_is_accepted_is_as_it_was),
    };
    return cmocka_run_group_tests(tests, log_rig_open, log_rig_close);
}
