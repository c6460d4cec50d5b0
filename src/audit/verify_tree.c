/* Records, hashes and checkpoints, and which of them is right. */
#include "audit/verify_internal.h"
#include "base/str.h"

#include <string.h>

/* ---- what is known of a size ---- */

static bool is_root(const struct tree_range *range, bool good, const struct checkpoint *c)
{
    struct cardea_digest root;
    if (!good || range->size != c->size)
        return false;
    tree_range_root(range, &root);
    return cardea_digest_equal(&root, &c->root);
}

void verify_meet(struct verifier *v)
{
    for (size_t i = 0; i < v->expected_count; i++) {
        struct expected *e = &v->expected[i];
        e->met |= is_root(&v->records, v->records_good, &e->checkpoint) ||
                  is_root(&v->hashes, v->hashes_good, &e->checkpoint);
    }
}

/* ---- records ---- */

/* Whether the index was passed over before; then it is not missing any more. */
static bool fill_gap(struct verifier *v, uint64_t index)
{
    for (size_t i = 0; i < v->gap_count; i++) {
        struct gap *g = &v->gaps[i];
        if (index < g->first || index >= g->end)
            continue;
        if (index + 1 < g->end && index > g->first && v->gap_count < GAPS_MAX)
            v->gaps[v->gap_count++] = (struct gap){index + 1, g->end, g->line};
        if (index == g->first)
            g->first++;
        else
            g->end = index;
        return true;
    }
    return false;
}

/* Those before `end` should stand here; they may come later. */
static void pass_over(struct verifier *v, uint64_t end)
{
    if (v->gap_count < GAPS_MAX)
        v->gaps[v->gap_count++] = (struct gap){v->due, end, v->line};
    else
        verify_name(v, VERIFY_MISSING, v->due, end - 1, v->line, "the records are missing");
    v->due = end;
    v->named++;
}

/* The usual case returns true; else it is named, and the tree of the records ends here. */
static bool in_order(struct verifier *v, uint64_t index)
{
    if (index == v->due) {
        v->due++;
        return true;
    }
    v->records_good = false;
    if (index > v->due) {
        pass_over(v, index);
        v->due++;
        return true;
    }
    if (fill_gap(v, index)) {
        verify_name(v, VERIFY_MOVED, index, index, v->line, "the record stands after one that came later");
        return true;
    }
    if (index < v->report.first)
        verify_name(v, VERIFY_MOVED, index, index, v->line, "the record is from before the file begins");
    else
        verify_name(v, VERIFY_REPEATED, index, index, v->line, "the record stood before");
    return false;
}

/* Where there are no hashes beside the records, the oldest is forgotten. */
static void add_pending(struct verifier *v, uint64_t index, const struct cardea_digest *hash)
{
    if (v->pending_count == PENDING_MAX) {
        memmove(v->pending, v->pending + PENDING_MAX / 2, PENDING_MAX / 2 * sizeof(v->pending[0]));
        v->pending_count = PENDING_MAX / 2;
    }
    v->pending[v->pending_count++] = (struct pending){index, v->line, *hash};
}

void verify_record(struct verifier *v, char *line, size_t len, struct cardea_str log, uint64_t index)
{
    struct cardea_digest hash;
    bool ours = str_eq(log, str_of(v->key.id));
    if (!in_order(v, index))
        return;
    if (!ours) {
        verify_name(v, VERIFY_FOREIGN, index, index, v->line, "the record is of another log (key id %.*s)",
                    (int)log.len, log.ptr);
        v->records_good = false;
        return;
    }
    char before = line[-1];
    line[-1] = '\0';
    tree_hash_leaf(line - 1, len + 1, &hash);
    line[-1] = before;
    add_pending(v, index, &hash);
    if (!v->records_good)
        return;
    tree_range_add(&v->records, &hash);
    if (v->expected_count)
        verify_meet(v);
}

/* ---- hashes ---- */

static void compare(struct verifier *v, uint64_t index, const struct cardea_digest *hash, size_t *hint)
{
    for (size_t n = 0; n < v->pending_count; n++) {
        size_t i = *hint < v->pending_count ? *hint : 0;
        *hint = i + 1;
        if (v->pending[i].index != index)
            continue;
        v->compared++;
        if (memcmp(&v->pending[i].hash, hash, sizeof(*hash)) != 0 && v->differing_count < VERIFY_PROBLEMS_MAX)
            v->differing[v->differing_count++] = v->pending[i];
        return;
    }
}

static void drop_pending(struct verifier *v, uint64_t end)
{
    size_t kept = 0;
    for (size_t i = 0; i < v->pending_count; i++)
        if (v->pending[i].index >= end)
            v->pending[kept++] = v->pending[i];
    v->pending_count = kept;
}

void verify_hashes(struct verifier *v, uint64_t from, const uint8_t *hashes, size_t count)
{
    size_t hint = 0;
    if (from != v->hashes.size)
        v->hashes_good = false;
    for (size_t i = 0; i < count; i++) {
        struct cardea_digest hash;
        memcpy(hash.bytes, hashes + i * CARDEA_DIGEST_LEN, CARDEA_DIGEST_LEN);
        compare(v, from + i, &hash, &hint);
        if (v->hashes_good)
            tree_range_add(&v->hashes, &hash);
    }
    drop_pending(v, from + count);
    if (v->expected_count)
        verify_meet(v);
}

/* ---- checkpoints ---- */

void verify_settle_differing(struct verifier *v, enum verify_right right)
{
    static const struct {
        enum verify_kind kind;
        const char *text;
    } names[] = {
        [RECORDS_RIGHT] = {VERIFY_HASHES, "the record is as signed; the hash beside it is not its"},
        [HASHES_RIGHT] = {VERIFY_ALTERED, "the record is not what was signed"},
        [NEITHER_RIGHT] = {VERIFY_CONTRADICTS, "record and hash disagree, and no checkpoint tells which is right"},
    };
    for (size_t i = 0; i < v->differing_count; i++) {
        const struct pending *d = &v->differing[i];
        verify_name(v, names[right].kind, d->index, d->index, d->line, "%s", names[right].text);
    }
    v->differing_count = 0;
}

/* The hashes are what was signed; that says something of those records only that were held against them. */
static void hold_to_hashes(struct verifier *v, uint64_t size)
{
    uint64_t first = v->signed_size, end = v->due < size ? v->due : size;
    verify_settle_differing(v, HASHES_RIGHT);
    if (!v->named && v->compared < end - first)
        verify_name(v, VERIFY_CONTRADICTS, first, end - 1, v->line,
                    "one of the records is not what was signed; its hash does not stand behind it");
    if (v->due < size)
        pass_over(v, size);
}

/* Neither gives what was signed: it is somewhere since the last checkpoint that held. */
static void contradict(struct verifier *v, uint64_t size)
{
    uint64_t first = v->signed_size;
    verify_settle_differing(v, NEITHER_RIGHT);
    if (!v->named && first < size)
        verify_name(v, VERIFY_CONTRADICTS, first, size - 1, v->line,
                    "one of the records, and the hash beside it, is not what was signed at this size");
    else if (!v->named)
        verify_name_file(v, VERIFY_CONTRADICTS, "two checkpoints of %llu records contradict each other",
                         (unsigned long long)size);
    v->lost = true;
}

static void name_bad(struct verifier *v, enum checkpoint_result result, const char *signer)
{
    if (result == CHECKPOINT_OTHER_KEY)
        verify_name_file(v, VERIFY_CHECKPOINT, "the checkpoint is signed with another key (id %s, not %s)",
                         signer[0] ? signer : "none", v->key.id);
    else
        verify_name_file(v, VERIFY_CHECKPOINT, "the checkpoint does not count: %s", checkpoint_problem(result));
}

static void settle(struct verifier *v, const struct checkpoint *c)
{
    v->signed_size = c->size;
    v->named = v->compared = 0;
    v->report.checkpoints++;
    v->report.last = *c;
}

void verify_checkpoint(struct verifier *v, struct cardea_str note)
{
    struct checkpoint c;
    char signer[RECORD_LOG_LEN + 1];
    enum checkpoint_result result = checkpoint_open(note, &v->key, &c, signer);
    if (result != CHECKPOINT_OK) {
        name_bad(v, result, signer);
        return;
    }
    if (v->known < c.size)
        v->known = c.size;
    if (v->lost)
        return;
    if (is_root(&v->records, v->records_good, &c)) {
        verify_settle_differing(v, RECORDS_RIGHT);
        if (!is_root(&v->hashes, v->hashes_good, &c)) {
            v->hashes = v->records;
            v->hashes_good = true;
        }
        settle(v, &c);
    } else if (is_root(&v->hashes, v->hashes_good, &c)) {
        hold_to_hashes(v, c.size);
        v->records = v->hashes;
        v->records_good = v->due == c.size;
        settle(v, &c);
    } else if (c.size > v->due) {
        return; /* the file may go on; if not, its end says so */
    } else {
        contradict(v, c.size);
    }
}
