/* service/bootstrap.h - the first start: master key, signing keys, the system account and its root key. */
#ifndef SERVICE_BOOTSTRAP_H
#define SERVICE_BOOTSTRAP_H

#include "service/service.h"

#define BOOTSTRAP_META_DEPLOYMENT "deployment_id"  /* 16 bytes */
#define BOOTSTRAP_META_SIGNER     "session_signer" /* sealed */
#define BOOTSTRAP_ACCOUNT_PROFILE "cardea"
#define BOOTSTRAP_ACCOUNT_SLUG    "system"

/* Loads or makes DATA/master.key (0600) unless `master_key_file` names another that exists. */
bool bootstrap_master_key(struct service *svc, const char *data_dir, const char *master_key_file,
                          struct cardea_why *why);
/* Deployment id, session signing key (sealed): loads or makes them; and what lives in memory only: the
 * idempotency key, the count of failed log-ins. Uses store_run. */
bool bootstrap_identity(struct service *svc, uint8_t deployment_id[16], struct cardea_why *why);
/* Hands a new root key to whoever starts the daemon; false with a reason in `why`. Writer thread. */
typedef bool (*bootstrap_hand_over_fn)(void *arg, const struct cardea_secret *root, struct cardea_why *why);

/* Makes the system account and the root key when the store has none. `made` tells; then `root` holds the key, the
 * caller's to wipe. The key is handed over before it is committed: a crash between leaves a text that opens nothing,
 * and the next start makes another; never a root key that nobody has. */
bool bootstrap_root(struct service *svc, bootstrap_hand_over_fn hand_over, void *arg, struct cardea_secret *root,
                    bool *made, struct cardea_why *why);

/* Wipes and frees what bootstrap_identity() made. */
void bootstrap_release(struct service *svc);

#endif
