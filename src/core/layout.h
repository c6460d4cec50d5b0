/* core/layout.h - the snapshot file, byte for byte. Little-endian, one writer, any number of readers.
 *
 *   header    4096 bytes: an immutable part under a checksum, then atomics in cache lines of their own
 *   profiles  profile_codec.h's bytes; SHA-256 in the header
 *   accounts, members, agents, grants, networks: arrays, appended to
 *   keys      an open-addressed table of 64-byte records, linear probing from the scaled, seeded hash of the digest
 *
 * Order of writes: an entry's fields, then its count, then (release) the word of the key that names it. A reader that
 * sees a key's word therefore sees all that the word leads to. Entries never move and are never reused while the file
 * lives; what may change in place is atomic. A file of another boot is worth nothing: after a power cut some of its
 * pages may be older than others, so that a revocation could be missing. It is then made anew from the store.
 *
 * No index or length read from the file is trusted: each is compared with its region where it is used. */
#ifndef CORE_LAYOUT_H
#define CORE_LAYOUT_H

#include <stdalign.h>
#include <stdatomic.h>

#include <cardea/snapshot_writer.h>

#define LAYOUT_MAGIC      "CARDEA\x1a\n"
#define LAYOUT_VERSION    3
#define LAYOUT_HEADER_LEN 4096
#define LAYOUT_ALIGN      4096

enum layout_region_id {
    LAYOUT_PROFILES, /* capacity in bytes; all others in entries */
    LAYOUT_ACCOUNTS,
    LAYOUT_MEMBERS,
    LAYOUT_AGENTS,
    LAYOUT_GRANTS,
    LAYOUT_NETWORKS,
    LAYOUT_KEYS,
    LAYOUT_REGIONS,
};

struct layout_region {
    uint64_t offset;
    uint64_t capacity;
};

/* What never changes in a file, under the checksum. */
struct layout_fixed {
    char magic[8];
    uint32_t version;
    uint32_t header_len;
    uint64_t file_len;
    uint8_t deployment_id[16];
    uint8_t boot_id[16];
    uint64_t generation;
    uint64_t seed[2];
    struct layout_region regions[LAYOUT_REGIONS];
    uint8_t profiles_sha256[CARDEA_DIGEST_LEN];
};

struct layout_header {
    struct layout_fixed fixed;
    uint8_t checksum[CARDEA_DIGEST_LEN]; /* SHA-256 of `fixed` */

    /* Read by every decision, written once a second. */
    alignas(64) _Atomic uint32_t superseded; /* 1: another file stands at the path; look there */
    _Atomic uint32_t max_staleness_ms;
    _Atomic int64_t time_floor;    /* unix seconds that the wall clock does not fall below */
    _Atomic uint64_t heartbeat_ns; /* CLOCK_BOOTTIME; 0: not yet */

    /* Written with every change; no decision reads them. */
    alignas(64) _Atomic uint64_t position;
    _Atomic uint64_t counts[LAYOUT_REGIONS];
};

/* An index that leads nowhere. */
#define LAYOUT_NONE UINT32_MAX

enum layout_account_status { LAYOUT_ACCOUNT_ACTIVE = 1, LAYOUT_ACCOUNT_SUSPENDED = 2, LAYOUT_ACCOUNT_DELETED = 3 };

struct layout_account {
    uint64_t id;
    _Atomic uint64_t current_key; /* id of the one valid CARDEA_KIND_REPLACES key; 0: none */
    _Atomic uint32_t status;      /* anything but ACTIVE and SUSPENDED counts as deleted */
    uint16_t profile;
    uint16_t slug_len;
    char slug[CARDEA_SLUG_MAX];
};

struct layout_member {
    uint64_t user_id;
    uint32_t account;
    _Atomic uint32_t role;
};

struct layout_agent {
    uint64_t id;
    uint32_t account;
    _Atomic uint32_t disabled;
    uint64_t slug_len;
    char slug[CARDEA_SLUG_MAX];
};

enum layout_grant_flags { LAYOUT_GRANT_CREDITS = 1u << 0, LAYOUT_GRANT_METADATA = 1u << 1 };

/* What keys may share: interned, never changed. */
struct layout_grant {
    uint16_t profile;
    uint16_t kind;
    uint32_t flags;
    struct cardea_scopes scopes;
    struct cardea_rate rate; /* limit 0: none */
    uint32_t network;        /* first of them; in the networks region */
    uint32_t network_count;  /* 0: any address */
    uint32_t credits;        /* with LAYOUT_GRANT_CREDITS: the slot to draw from; LAYOUT_NONE: the key's own */
};

struct layout_network {
    uint8_t address[16];
    uint8_t prefix_len;
    uint8_t spare[3];
};

/* One cache line: a decision reads no other cold one, but for the account. */
struct layout_key {
    struct cardea_digest digest;
    uint64_t id;
    _Atomic uint64_t word;
    uint32_t account;
    uint32_t ordinal;
    uint32_t member; /* LAYOUT_NONE: the key belongs to no user */
    uint32_t agent;  /* LAYOUT_NONE: to no agent */
};

_Static_assert(sizeof(struct layout_header) <= LAYOUT_HEADER_LEN, "the header fits its page");
_Static_assert(sizeof(struct layout_account) == 64, "one cache line");
_Static_assert(sizeof(struct layout_agent) == 64, "one cache line");
_Static_assert(sizeof(struct layout_grant) == 64, "one cache line");
_Static_assert(sizeof(struct layout_key) == 64, "one cache line");
_Static_assert(sizeof(struct layout_member) == 16, "four a cache line");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the file is read in place");
_Static_assert(sizeof(_Atomic uint64_t) == 8 && ATOMIC_LLONG_LOCK_FREE == 2, "atomics work across processes");

/* The word of a key record. From the lowest bit: state (enum cardea_key_state, 0: the slot is empty), reach, expiry
 * (unix seconds, 0: never), grant index. One load sees all of a key's changeable state at one moment.
 *
 * `reach` belongs to the slot, not to the key in it: how far from here the farthest key is whose home this slot is. A
 * look-up goes no farther; 7 means until an empty slot. Most look-ups of unknown keys so end at the first line. */
#define WORD_STATE_BITS   3
#define WORD_REACH_BITS   3
#define WORD_EXPIRY_BITS  34
#define WORD_GRANT_BITS   24
#define WORD_REACH_SHIFT  WORD_STATE_BITS
#define WORD_EXPIRY_SHIFT (WORD_REACH_SHIFT + WORD_REACH_BITS)
#define WORD_GRANT_SHIFT  (WORD_EXPIRY_SHIFT + WORD_EXPIRY_BITS)
#define WORD_REACH_FAR    7u

_Static_assert(WORD_GRANT_SHIFT + WORD_GRANT_BITS == 64, "the word is full");

static inline unsigned word_state(uint64_t w)
{
    return (unsigned)(w & ((1u << WORD_STATE_BITS) - 1));
}

static inline unsigned word_reach(uint64_t w)
{
    return (unsigned)(w >> WORD_REACH_SHIFT & ((1u << WORD_REACH_BITS) - 1));
}

static inline int64_t word_expiry(uint64_t w)
{
    return (int64_t)(w >> WORD_EXPIRY_SHIFT & ((UINT64_C(1) << WORD_EXPIRY_BITS) - 1));
}

static inline uint32_t word_grant(uint64_t w)
{
    return (uint32_t)(w >> WORD_GRANT_SHIFT);
}

static inline uint64_t word_make(unsigned state, unsigned reach, int64_t expiry, uint32_t grant)
{
    return (uint64_t)state | (uint64_t)reach << WORD_REACH_SHIFT | (uint64_t)expiry << WORD_EXPIRY_SHIFT |
           (uint64_t)grant << WORD_GRANT_SHIFT;
}

/* Farthest that a key may stand from its home; the writer grows the table before it puts one farther. */
#define LAYOUT_PROBE_MAX 2048u

/* Fullest that the table gets, in hundredths: 64 / 0.72 = 89 bytes a key, which leaves 11 for all else. */
#define LAYOUT_LOAD_PERCENT 72u

#endif
