/* An issuer's keys, where they stand in a file. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/str.h"
#include "jose/issuer.h"

/* A newline that an editor put behind a text is no part of the secret; bytes of any other kind are taken as they are.
 */
static struct cardea_str without_newline(struct cardea_str secret)
{
    struct cardea_str text = secret;
    if (text.len && text.ptr[text.len - 1] == '\n')
        text.len--;
    if (text.len && text.ptr[text.len - 1] == '\r')
        text.len--;
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < ' ' || text.ptr[i] > '~')
            return secret;
    return text;
}

static struct jwk_set *read_secret(const char *path, struct cardea_str bytes, struct cardea_why *why)
{
    struct cardea_str secret = without_newline(bytes);
    struct jwk_set *set = jwk_set_of_secret((const uint8_t *)secret.ptr, secret.len);
    if (!set)
        snprintf(why->text, sizeof(why->text), "%s holds %zu bytes; a secret has %d to %d", path, secret.len,
                 JWK_SECRET_MIN, JWK_SECRET_MAX);
    return set;
}

static struct jwk_set *read_public(const char *path, struct cardea_str text, struct cardea_why *why)
{
    const char *wrong;
    struct jwk_set *set = jwk_set_parse(JWK_PUBLISHED, text, &wrong);
    if (!set) {
        snprintf(why->text, sizeof(why->text), "%s: %s", path, wrong);
        return NULL;
    }
    if (jwk_set_usable(set))
        return set;
    wrong = jwk_set_count(set) ? jwk_set_left_out(set, 0) : "it is empty";
    snprintf(why->text, sizeof(why->text), "%s has no key that can be used: %s", path, wrong);
    jwk_set_free(set);
    return NULL;
}

static bool same_file(const struct issuer_stamp *a, const struct issuer_stamp *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size && a->changed_ns == b->changed_ns;
}

struct jwk_set *issuer_file_keys(const struct issuer *issuer, struct issuer_stamp *stamp, struct cardea_why *why)
{
    struct stat st;
    struct arena arena = {0};
    struct cardea_str text;
    bool secret = issuer->source == ISSUER_SECRET_FILE;
    why->text[0] = '\0';
    /* Looked at first: what changes between the two is read again next time. */
    int failed = stat(issuer->where, &st);
    if (failed || !S_ISREG(st.st_mode)) {
        snprintf(why->text, sizeof(why->text), "%s cannot be read: %s", issuer->where,
                 failed ? strerror(errno) : "it is not a regular file");
        *stamp = (struct issuer_stamp){0};
        return NULL;
    }
    struct issuer_stamp now = {st.st_dev, st.st_ino, (uint64_t)st.st_size,
                               st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec};
    if (same_file(stamp, &now))
        return NULL;
    *stamp = (struct issuer_stamp){0};
    if (secret && st.st_mode & 077) {
        snprintf(why->text, sizeof(why->text),
                 "%s is open to others (mode %03o): chmod 600 it, and make a new secret if others had a chance",
                 issuer->where, (unsigned)(st.st_mode & 0777));
        return NULL;
    }
    struct jwk_set *set = NULL;
    if (!file_read(&arena, issuer->where, JWK_SET_TEXT_MAX, &text))
        snprintf(why->text, sizeof(why->text), "%s cannot be read: %s", issuer->where, strerror(errno));
    else
        set = secret ? read_secret(issuer->where, text, why) : read_public(issuer->where, text, why);
    if (set)
        *stamp = now;
    arena_release(&arena); /* wipes */
    return set;
}
