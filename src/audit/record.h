/* audit/record.h - one record of the audit log as bytes: what is hashed, exported and verified. docs/reference/audit.md
 * describes it for those who write a verifier of their own; nothing else writes or reads these bytes. */
#ifndef AUDIT_RECORD_H
#define AUDIT_RECORD_H

#include "audit/tree.h"
#include "base/buf.h"

#define RECORD_SALT_LEN 16
#define RECORD_LOG_LEN  8 /* the key id of the log's verifier key, in hexadecimal: whose record this is */

struct audit_record {
    uint64_t index; /* from 0, without gaps */
    int64_t at_ms;
    struct cardea_str action, actor, subject;
    int64_t actor_key;  /* the key that a nameless actor ("root") used; 0: none, or the actor is a key itself */
    int64_t account_id; /* 0: none */
    bool has_source;
    struct cardea_digest source; /* what stands for the address, which can be erased */
    struct cardea_str detail;    /* a JSON object's text */
};

/* RFC 3339 with milliseconds and a NUL. */
#define RECORD_TIME_LEN 25
void record_time(char out[RECORD_TIME_LEN], int64_t at_ms);

/* Appends the line, without a newline. */
void record_write(struct buf *b, const char log[RECORD_LOG_LEN], const struct audit_record *r);
/* The hash of that line as a leaf. `scratch` is cleared. False when the record is larger than the buffer may be. */
bool record_hash(struct buf *scratch, const char log[RECORD_LOG_LEN], const struct audit_record *r,
                 struct cardea_digest *out);

/* What stands for an address: SHA-256 of salt and address. With the salt erased, nobody can find the address by trying
 * all there are. */
void record_source(const uint8_t salt[RECORD_SALT_LEN], struct cardea_str address, struct cardea_digest *out);

/* Whose record a line is, and which. False: it is no record's line. */
bool record_read(struct cardea_str line, struct cardea_str *log, uint64_t *index);

#endif
