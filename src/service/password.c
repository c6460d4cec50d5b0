#include "service/password.h"

#include "base/str.h"
#include "service/session.h"
#include "service/users.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

/* libsodium's INTERACTIVE: Argon2id with 64 MiB and 2 passes, more than OWASP's least (19 MiB and 2). How many run at
 * once is the worker lane's matter. */
#define OPSLIMIT crypto_pwhash_OPSLIMIT_INTERACTIVE
#define MEMLIMIT crypto_pwhash_MEMLIMIT_INTERACTIVE

/* Whom nobody is compared with: a hash of random bytes, so that an unknown e-mail takes as long as a known one. */
static char dummy[crypto_pwhash_STRBYTES];
static pthread_once_t ready = PTHREAD_ONCE_INIT;

static void make_ready(void)
{
    char nothing[32];
    if (sodium_init() < 0)
        abort(); /* no randomness on this machine */
    randombytes_buf(nothing, sizeof(nothing));
    if (crypto_pwhash_str(dummy, nothing, sizeof(nothing), OPSLIMIT, MEMLIMIT) != 0)
        dummy[0] = 0; /* out of memory: what follows will say so too */
}

enum service_err password_check_rule(struct service_call *c, struct cardea_str password, const char *location)
{
    if (password.len >= USER_PASSWORD_MIN && password.len <= USER_PASSWORD_MAX && str_utf8_valid(password))
        return SERVICE_OK;
    return service_invalid(c, location, "A password has 8 to 128 bytes.",
                           "Take a few words that belong together to nobody else.");
}

bool password_matches(struct cardea_str hash, struct cardea_str password)
{
    char stored[crypto_pwhash_STRBYTES] = {0};
    pthread_once(&ready, make_ready);
    bool known = hash.len > 0 && hash.len < sizeof(stored);
    memcpy(stored, known ? hash.ptr : dummy, known ? hash.len : sizeof(stored));
    bool same = crypto_pwhash_str_verify(stored, password.len ? password.ptr : "", password.len) == 0;
    cardea_wipe(stored, sizeof(stored));
    return same && known;
}

enum service_err service_password_hash(struct service_call *c, struct cardea_str password, struct cardea_str *hash)
{
    char made[crypto_pwhash_STRBYTES];
    *hash = (struct cardea_str){NULL, 0};
    enum service_err err = password_check_rule(c, password, "/password");
    if (err != SERVICE_OK)
        return err;
    pthread_once(&ready, make_ready);
    if (crypto_pwhash_str(made, password.ptr, password.len, OPSLIMIT, MEMLIMIT) != 0)
        return service_fail(c, SERVICE_BUSY, "busy", "There is no memory to hash a password just now.");
    *hash = arena_str(c->arena, str_of(made));
    cardea_wipe(made, sizeof(made));
    return SERVICE_OK;
}
