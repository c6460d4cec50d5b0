/* service/audit_log.h - the audit log's tree: records become leaves in slices on the writer's thread, and once a
 * minute, when there is something new, a checkpoint is signed.
 *
 * A change pays for its record's row alone. What makes a leaf of it runs later, many at a time: until a checkpoint is
 * signed, a tree proves nothing anyway. */
#ifndef SERVICE_AUDIT_LOG_H
#define SERVICE_AUDIT_LOG_H

#include "audit/note.h"
#include "audit/tiles.h"
#include "service/service.h"
#include "store/audit.h"

#define AUDIT_CHECKPOINT_SEC 60
/* Records that are sealed in one unit of work: some milliseconds of the writer's. */
#define AUDIT_SLICE 2048

struct audit_log;

/* Loads or makes the log's key, sealed in the store, and its name: `origin` where there is none yet (NULL: one of the
 * deployment's id), which must be the stored one ever after. Then audit_log_open(). Uses store_run. */
bool audit_log_start(struct service *svc, const uint8_t deployment_id[16], const char *origin, struct cardea_why *why);
/* Makes svc->audit. `origin` is the log's name for good, and what its key is called; the seed signs. False: no
 * memory, no randomness or no Ed25519. */
bool audit_log_open(struct service *svc, const char *origin, const uint8_t seed[NOTE_SEED_LEN]);
void audit_log_free(struct service *svc);
/* The last of all units of work: seals and signs what is left. Before store_free(). */
void audit_log_close(struct service *svc);

const struct note_key *audit_log_key(const struct service *svc);
/* On the writer: a record was appended. */
void audit_log_appended(struct service *svc);
/* Once a second, any thread. */
void audit_log_tick(struct service *svc);

/* In a unit of work: seals everything, or as much as AUDIT_NOW_MAX records (SERVICE_BUSY then), and signs when the last
 * checkpoint does not hold all of it. */
#define AUDIT_NOW_MAX (16 * AUDIT_SLICE)
enum service_err audit_log_checkpoint_now(struct service_call *c);

/* Reads tiles for a tile_reader: `arg`. Any connection. */
struct audit_tiles {
    struct store_conn *db;
    struct arena *arena;
};
bool audit_tiles_load(void *arg, struct tile *tile);

/* What stands in the store, as the audit layer wants it. */
struct audit_record audit_record_of(const struct store_audit *row);

struct audit_stats {
    uint64_t sealed;          /* records in the tree */
    uint64_t waiting;         /* records that are not; too many, where units of work rolled back */
    uint64_t checkpoint_size; /* of the last checkpoint */
    bool broken;              /* the store's log is not what it was: nothing is sealed or signed any more */
};
void audit_log_stats(const struct service *svc, struct audit_stats *out);

#endif
