/* audit/note.h - signed tree heads: C2SP signed-note (c2sp.org/signed-note) with Ed25519, and in it tlog-checkpoint
 * (c2sp.org/tlog-checkpoint). */
#ifndef AUDIT_NOTE_H
#define AUDIT_NOTE_H

#include "audit/record.h"

#define NOTE_SEED_LEN 32
#define NOTE_NAME_MAX 120
#define NOTE_KEY_MAX  (NOTE_NAME_MAX + 1 + 8 + 1 + 44 + 1) /* name+id+base64 and a NUL */
/* What we write: origin, size, root, a blank line and one signature. What we read may have more of those. */
#define CHECKPOINT_MAX      512
#define CHECKPOINT_READ_MAX 65536

/* Whose signatures count: the log's name (its origin), and its public key. */
struct note_key {
    char name[NOTE_NAME_MAX + 1];
    char id[RECORD_LOG_LEN + 1]; /* of name and key: eight hexadecimal digits */
    uint8_t public_key[32];
};

struct note_signer; /* holds the private key */
/* NULL: the name is none (note_name_valid()), or libcrypto has no Ed25519. */
struct note_signer *note_signer_new(const char *name, const uint8_t seed[NOTE_SEED_LEN]);
void note_signer_free(struct note_signer *s);
const struct note_key *note_signer_key(const struct note_signer *s);

/* 1 to NOTE_NAME_MAX printable ASCII characters without blanks and `+`. The standard allows others; nobody needs them.
 */
bool note_name_valid(struct cardea_str name);
/* The verifier key's text: name+id+key. */
size_t note_key_write(const struct note_key *key, char out[NOTE_KEY_MAX]);
/* False when it is no such text, or its id is not that of name and key. Blanks around it are passed by. */
bool note_key_read(struct cardea_str text, struct note_key *out);

struct checkpoint {
    uint64_t size;
    struct cardea_digest root;
    char origin[NOTE_NAME_MAX + 1];
};

/* Signs; `out` holds the whole note. */
void checkpoint_sign(const struct note_signer *s, uint64_t size, const struct cardea_digest *root,
                     char out[CHECKPOINT_MAX], size_t *len);

enum checkpoint_result {
    CHECKPOINT_OK,
    CHECKPOINT_MALFORMED,     /* no checkpoint at all */
    CHECKPOINT_OTHER_ORIGIN,  /* one of another log */
    CHECKPOINT_OTHER_KEY,     /* not signed by this key, but by others */
    CHECKPOINT_BAD_SIGNATURE, /* says to be signed by this key, and is not */
};
/* Reads and verifies. `out` is filled from CHECKPOINT_OTHER_ORIGIN on, too; `signer` (may be NULL) gets the id of the
 * first signature's key: eight digits, or empty. */
enum checkpoint_result checkpoint_open(struct cardea_str note, const struct note_key *key, struct checkpoint *out,
                                       char signer[RECORD_LOG_LEN + 1]);
/* For people. */
const char *checkpoint_problem(enum checkpoint_result result);

#endif
