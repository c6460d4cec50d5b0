/* Forgeries: whatever is done to an exported log is found, and named. */
#include "log_rig.h"

static void test_a_log_as_it_was(void **state)
{
    const struct verify_report *r = check_with(good(), NULL);
    assert_int_equal(r->problem_total, 0);
    assert_int_equal(r->size, RECORDS);
    assert_int_equal(r->checkpoints, 3);
    assert_int_equal(r->last.size, RECORDS);
}

static void test_flipped(void **state)
{
    static const int records[] = {0, 1, 49, 50, 63, 64, 129, 199};
    for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
        struct file *f = good();
        char *at = strstr(f->lines[f->record[records[i]]], "as it was");
        *at ^= 1;
        assert_problem(f, VERIFY_ALTERED, records[i], records[i]);
    }
}

/* Two in one tile, and one in another. */
static void test_several_flipped(void **state)
{
    struct file *f = good();
    *strstr(f->lines[f->record[7]], "as it was") = 'x';
    *strstr(f->lines[f->record[9]], "as it was") = 'x';
    *strstr(f->lines[f->record[140]], "as it was") = 'x';
    const struct verify_report *r = check_with(f, NULL);
    assert_int_equal(r->problem_total, 3);
    assert_int_equal(r->problems[0].first, 7);
    assert_int_equal(r->problems[1].first, 9);
    assert_int_equal(r->problems[2].first, 140);
    assert_int_equal(r->checkpoints, 3);
}

/* Record and hash changed together: known to the minute. */
static void test_flipped_with_its_hash(void **state)
{
    struct file *f = good(), *forged = make(0, 70, forger, note_signer_key(signer)->id);
    f->lines[f->record[70]] = forged->lines[forged->record[70]];
    f->lines[f->leaves[70]] = forged->lines[forged->leaves[70]];
    assert_problem(f, VERIFY_CONTRADICTS, 50, 129);
}

static void test_flipped_hash(void **state)
{
    struct file *f = good();
    char *at = strstr(f->lines[f->leaves[3]], "leaves\":\"") + 9 + 44 * 2;
    *at = *at == 'A' ? 'B' : 'A';
    const struct verify_report *r = check_with(f, NULL);
    assert_true(r->problem_total >= 1);
    assert_int_equal(r->problems[0].kind, VERIFY_HASHES);
    assert_int_equal(r->checkpoints, 3);
}

static void test_dropped(void **state)
{
    static const int records[] = {0, 1, 49, 50, 63, 64, 129, 130};
    for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
        struct file *f = good();
        f->lines[f->record[records[i]]] = NULL;
        assert_problem(f, VERIFY_MISSING, records[i], records[i]);
    }
    struct file *f = good();
    for (size_t i = 40; i < 90; i++)
        f->lines[f->record[i]] = NULL;
    assert_problem(f, VERIFY_MISSING, 40, 89);
}

/* With the hashes beside them, so that the file looks whole. */
static void test_dropped_with_their_hashes(void **state)
{
    struct file *f = good();
    for (size_t i = f->record[64]; i < f->record[128]; i++)
        if (i != f->checkpoint[0])
            f->lines[i] = NULL;
    const struct verify_report *r = check_with(f, NULL);
    assert_int_equal(r->problem_total, 1);
    assert_int_equal(r->problems[0].kind, VERIFY_MISSING);
    assert_int_equal(r->problems[0].first, 64);
    assert_int_equal(r->problems[0].last, 127);
}

static void swap(struct file *f, size_t a, size_t b)
{
    char *line = f->lines[f->record[a]];
    f->lines[f->record[a]] = f->lines[f->record[b]];
    f->lines[f->record[b]] = line;
}

static void test_reordered(void **state)
{
    struct file *f = good();
    swap(f, 20, 21);
    assert_problem(f, VERIFY_MOVED, 20, 20);
    f = good();
    swap(f, 0, 1);
    assert_problem(f, VERIFY_MOVED, 0, 0);
    f = good();
    swap(f, 198, 199);
    assert_problem(f, VERIFY_MOVED, 198, 198);
    f = good();
    swap(f, 20, 25);
    const struct verify_report *r = check_with(f, NULL);
    assert_true(r->problem_total >= 1);
    for (size_t i = 0; i < r->problem_count; i++)
        assert_int_equal(r->problems[i].kind, VERIFY_MOVED);
}

static void test_duplicated(void **state)
{
    static const size_t pairs[][2] = {{10, 11}, {63, 64}, {5, 150}, {0, 199}};
    for (size_t i = 0; i < 4; i++) {
        struct file *f = good();
        char *both = f->lines[f->record[pairs[i][0]]];
        /* stands in place of a record that moves to the end of the list of lines */
        memmove(&f->lines[f->record[pairs[i][1]] + 1], &f->lines[f->record[pairs[i][1]]],
                (f->count - f->record[pairs[i][1]]) * sizeof(f->lines[0]));
        f->lines[f->record[pairs[i][1]]] = both;
        f->count++;
        assert_problem(f, VERIFY_REPEATED, (int64_t)pairs[i][0], (int64_t)pairs[i][0]);
    }
}

static void test_truncated(void **state)
{
    struct file *f = good();
    f->count = f->record[150];
    assert_problem(f, VERIFY_TRUNCATED, 150, 199);
    f->count = f->checkpoint[1] + 1; /* just where a checkpoint was signed */
    assert_problem(f, VERIFY_TRUNCATED, 130, 199);
    f->count = f->record[0];
    assert_problem(f, VERIFY_TRUNCATED, 0, 199);
}

/* The head says less, too: a log as it was once. Only who knows of more can tell. */
static void test_truncated_without_a_trace(void **state)
{
    struct file *f = good();
    char *to = strstr(f->lines[0], "\"to\":200");
    f->count = f->checkpoint[1] + 1;
    memcpy(to, "\"to\":130", 8);
    assert_int_equal(check_with(f, NULL)->problem_total, 0);
    const struct verify_report *r = check_with(f, &good()->states[2]);
    assert_int_equal(r->problem_total, 1);
    assert_int_equal(r->problems[0].kind, VERIFY_TRUNCATED);
    assert_int_equal(r->problems[0].first, 130);
}

static void test_spliced(void **state)
{
    struct file *f = good(), *other = make(0, -1, elsewhere, note_signer_key(elsewhere)->id);
    for (size_t i = 30; i < 35; i++)
        f->lines[f->record[i]] = other->lines[other->record[i]];
    assert_problem(f, VERIFY_FOREIGN, 30, 34);
    const struct verify_report *r = check_with(other, NULL);
    assert_true(r->problem_total > 1);
    assert_int_equal(r->problems[0].kind, VERIFY_CHECKPOINT);
    assert_int_equal(r->problems[1].kind, VERIFY_FOREIGN);
    assert_int_equal(r->problems[1].first, 0);
}

static void test_signed_by_another(void **state)
{
    struct file *f = make(0, 70, forger, note_signer_key(signer)->id);
    const struct verify_report *r = check_with(f, NULL);
    assert_int_equal(r->problem_total, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(r->problems[i].kind, VERIFY_CHECKPOINT);
        assert_non_null(strstr(r->problems[i].text, "another key"));
        assert_non_null(strstr(r->problems[i].text, note_signer_key(forger)->id));
    }
    f = good();
    f->lines[f->checkpoint[1]] = make(0, -1, forger, note_signer_key(signer)->id)->lines[f->checkpoint[1]];
    assert_problem(f, VERIFY_CHECKPOINT, -1, -1);
}

/* The log's own key signed another history: only who kept a checkpoint can tell. */
static void test_rewritten(void **state)
{
    struct file *f = make(0, 70, signer, note_signer_key(signer)->id);
    assert_int_equal(check_with(f, NULL)->problem_total, 0);
    assert_int_equal(check_with(f, &good()->states[0])->problem_total, 0);
    const struct verify_report *r = check_with(f, &good()->states[1]);
    assert_int_equal(r->problem_total, 1);
    assert_int_equal(r->problems[0].kind, VERIFY_REWRITTEN);
}

/* From a checkpoint on, as after old records were deleted. */
static void test_a_part(void **state)
{
    struct file *f = make(130, -1, signer, note_signer_key(signer)->id);
    const struct verify_report *r = check_with(f, &good()->states[1]);
    assert_int_equal(r->problem_total, 0);
    assert_int_equal(r->first, 130);
    assert_int_equal(r->size, RECORDS);
    *strstr(f->lines[f->record[150]], "as it was") = 'x';
    assert_problem(f, VERIFY_ALTERED, 150, 150);
    f = make(130, 5, signer, note_signer_key(signer)->id); /* of another past */
    r = check_with(f, &good()->states[1]);
    assert_int_equal(r->problem_total, 1);
    assert_int_equal(r->problems[0].kind, VERIFY_REWRITTEN);
    r = check_with(make(130, -1, signer, note_signer_key(signer)->id), &good()->states[0]);
    assert_int_equal(r->problem_total, 1); /* cannot be told from this file */
}

static void test_rubbish(void **state)
{
    struct file *f = good();
    struct buf b;
    buf_init(&b, 100);
    buf_add_cstr(&b, "{\"what\":1}");
    f->lines[f->record[3]] = f->lines[add_line(f, &b)];
    f->count--;
    const struct verify_report *r = check_with(f, NULL);
    assert_true(r->problem_total >= 2);
    assert_int_equal(r->problems[0].kind, VERIFY_MALFORMED);
    f->count = 0;
    r = check_with(f, NULL);
    assert_int_equal(r->problem_total, 1);
    f->count = 3;
    f->lines[0] = NULL; /* no head, no checkpoint */
    r = check_with(f, NULL);
    assert_int_equal(r->problem_total, 1);
    assert_int_equal(r->problems[0].kind, VERIFY_UNSIGNED);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_log_as_it_was),
        cmocka_unit_test(test_flipped),
        cmocka_unit_test(test_several_flipped),
        cmocka_unit_test(test_flipped_with_its_hash),
        cmocka_unit_test(test_flipped_hash),
        cmocka_unit_test(test_dropped),
        cmocka_unit_test(test_dropped_with_their_hashes),
        cmocka_unit_test(test_reordered),
        cmocka_unit_test(test_duplicated),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_truncated_without_a_trace),
        cmocka_unit_test(test_spliced),
        cmocka_unit_test(test_signed_by_another),
        cmocka_unit_test(test_rewritten),
        cmocka_unit_test(test_a_part),
        cmocka_unit_test(test_rubbish),
    };
    return cmocka_run_group_tests(tests, log_rig_open, log_rig_close);
}
