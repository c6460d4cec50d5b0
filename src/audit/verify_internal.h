/* audit/verify_internal.h - the verifier's parts, for its own files. */
#ifndef AUDIT_VERIFY_INTERNAL_H
#define AUDIT_VERIFY_INTERNAL_H

#include "audit/tiles.h"
#include "audit/verify.h"
#include "base/arena.h"

/* Records whose hash has not come yet: a tile's, and what was put out of place. */
#define PENDING_MAX (4 * TILE_WIDTH)
#define GAPS_MAX    64

struct pending {
    uint64_t index, line;
    struct cardea_digest hash;
};

struct gap {
    uint64_t first, end, line; /* records first … end - 1 were passed over at that line */
};

struct expected {
    struct checkpoint checkpoint;
    const char *name;
    bool met;
};

struct verifier {
    struct note_key key;
    struct arena arena;
    struct verify_report report;
    uint64_t line;
    bool begun;   /* a head or a record came */
    uint64_t to;  /* as the head says; 0: it does not */
    uint64_t due; /* the index that comes next */

    struct tree_range records, hashes; /* of size `first` at the beginning */
    bool records_good, hashes_good;    /* nothing has come that kept them from being built */
    bool lost;                         /* neither was what was signed: nothing after that can be told */
    uint64_t signed_size;              /* up to here all is known to be right, or named */
    uint64_t named;                    /* problems of records since */
    uint64_t compared;                 /* records since that were held against the hash beside them */
    uint64_t known;                    /* the largest size that this log's key has signed */

    struct pending pending[PENDING_MAX];
    size_t pending_count;
    struct pending differing[VERIFY_PROBLEMS_MAX]; /* record and hash disagree: which one is wrong is not known yet */
    size_t differing_count;
    struct gap gaps[GAPS_MAX];
    size_t gap_count;
    struct expected expected[VERIFY_EXPECTED_MAX];
    size_t expected_count;
};

/* Keeps it, or widens the one before. */
void verify_name(struct verifier *v, enum verify_kind kind, uint64_t first, uint64_t last, uint64_t line,
                 const char *fmt, ...) __attribute__((format(printf, 6, 7)));
void verify_name_file(struct verifier *v, enum verify_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

void verify_record(struct verifier *v, char *line, size_t len, struct cardea_str log, uint64_t index);
/* The hashes of the records `from` and on, 32 bytes each. */
void verify_hashes(struct verifier *v, uint64_t from, const uint8_t *hashes, size_t count);
void verify_checkpoint(struct verifier *v, struct cardea_str note);
/* Names those records whose hash is another than what stands beside them. */
enum verify_right { RECORDS_RIGHT, HASHES_RIGHT, NEITHER_RIGHT };
void verify_settle_differing(struct verifier *v, enum verify_right right);
/* Whatever is known of this size by now. */
void verify_meet(struct verifier *v);

#endif
