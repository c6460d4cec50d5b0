/* audit/verify.h - the whole log, line by line, against what was signed; and which forgery it is, where it is one.
 *
 * Lines come as `cardea audit export` writes them (docs/reference/audit.md). Three things are computed as they pass:
 * the tree of the records, the tree of the hashes that stand beside them, and which index was due. What a signed
 * checkpoint says tells which of the first two is right: so a record that was changed is named, not only that one was.
 * Memory does not grow with the log. */
#ifndef AUDIT_VERIFY_H
#define AUDIT_VERIFY_H

#include "audit/note.h"

enum verify_kind {
    VERIFY_MALFORMED,   /* a line that is none of the format's */
    VERIFY_FOREIGN,     /* a record of another log */
    VERIFY_ALTERED,     /* a record that is not what was signed */
    VERIFY_MISSING,     /* records that should stand here */
    VERIFY_MOVED,       /* a record that stands elsewhere than it should */
    VERIFY_REPEATED,    /* a record that stood before */
    VERIFY_TRUNCATED,   /* the log goes on, the file does not */
    VERIFY_HASHES,      /* the records are right, the hashes beside them are not */
    VERIFY_UNSIGNED,    /* no checkpoint holds these */
    VERIFY_CHECKPOINT,  /* a checkpoint that this log's key did not sign */
    VERIFY_CONTRADICTS, /* what was signed is not what stands here, and it cannot be told where in these records */
    VERIFY_REWRITTEN,   /* a checkpoint that was known before is none of this log's */
    VERIFY_KINDS
};
/* "altered", "missing", …: one word, for programs. */
const char *verify_kind_name(enum verify_kind kind);

struct verify_problem {
    enum verify_kind kind;
    bool of_records;      /* first and last say which */
    uint64_t first, last; /* indexes; neighbours with the same problem are one */
    uint64_t line;        /* of the file, from 1; 0: its end */
    char text[200];       /* for people */
};

#define VERIFY_PROBLEMS_MAX 64

struct verify_report {
    uint64_t first, size;   /* records first … size - 1 were read */
    uint64_t checkpoints;   /* that hold */
    struct checkpoint last; /* of these the last; size 0: none */
    struct verify_problem problems[VERIFY_PROBLEMS_MAX];
    size_t problem_count;   /* kept */
    uint64_t problem_total; /* found */
};

struct verifier;
struct verifier *verifier_new(const struct note_key *key);
void verifier_free(struct verifier *v);
/* What must hold beside what the file says: a checkpoint that is known from elsewhere. Before the first line; `name` is
 * how messages call it, and outlives the verifier. At most VERIFY_EXPECTED_MAX. */
#define VERIFY_EXPECTED_MAX 8
void verifier_expect(struct verifier *v, const struct checkpoint *c, const char *name);
/* Without its newline. The byte before it is written to, and put back. */
void verifier_line(struct verifier *v, char *line, size_t len);
/* Once. The report lives as long as the verifier. */
const struct verify_report *verifier_end(struct verifier *v);

#endif
