/* An exported log as lines, to be forged. */
#ifndef TESTS_UNIT_AUDIT_LOG_RIG_H
#define TESTS_UNIT_AUDIT_LOG_RIG_H

#include "audit_test.h"

#include "audit/tiles.h"
#include "audit/verify.h"
#include "base/arena.h"

#define RECORDS 200
#define LINES   400

/* Each line has a byte before it, as the verifier wants; one that is NULL is not in the file. Signed at 50, 130, 200.
 */
struct file {
    char *lines[LINES];
    size_t count;
    size_t record[RECORDS]; /* where each stands */
    size_t checkpoint[3];
    size_t leaves[RECORDS + 1]; /* the line that holds the hash */
    struct checkpoint states[3];
};

extern struct arena arena;
extern struct note_signer *signer, *forger /* of the same name */, *elsewhere;
int log_rig_open(void **state);
int log_rig_close(void **state);

size_t add_line(struct file *f, const struct buf *b);
struct audit_record record_of(uint64_t index, const char *note);
void add_checkpoint(struct file *f, struct buf *b, const struct note_signer *by, const struct tree_range *range,
                    size_t n);
/* From the record `from` on. `changed`: that record says something else, and everything behind it is computed and
 * signed anew by `by`. */
struct file *make(uint64_t from, int64_t changed, const struct note_signer *by, const char *log);
struct file *good(void);

/* Lives until the next one. */
const struct verify_report *check_with(const struct file *f, const struct checkpoint *known);
/* One, and this; `first` -1: not of records. */
void assert_problem(const struct file *f, enum verify_kind kind, int64_t first, int64_t last);

#endif
