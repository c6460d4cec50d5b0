#include "audit/note.h"

#include "audit/tree.h"
#include "base/base64.h"
#include "base/str.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#define ALGORITHM_ED25519 1
#define KEY_LEN           32
#define KEY_ID_LEN        4
#define SIGNATURE_LEN     64
#define DASH              "\xe2\x80\x94 " /* U+2014 and a blank */
#define SIGNATURES_MAX    64              /* the standard wants 16 at least */

struct note_signer {
    EVP_PKEY *key;
    struct note_key verifier;
};

bool note_name_valid(struct cardea_str name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.ptr[i] <= ' ' || name.ptr[i] > '~' || name.ptr[i] == '+')
            return false;
    return name.len >= 1 && name.len <= NOTE_NAME_MAX;
}

/* SHA-256 of name, newline, 0x01 and key: its first four bytes. */
static void key_id(const char *name, const uint8_t public_key[KEY_LEN], char out[2 * KEY_ID_LEN + 1])
{
    char text[NOTE_NAME_MAX + 2 + KEY_LEN];
    size_t len = strlen(name);
    struct cardea_digest digest;
    memcpy(text, name, len);
    text[len++] = '\n';
    text[len++] = ALGORITHM_ED25519;
    memcpy(text + len, public_key, KEY_LEN);
    cardea_digest((struct cardea_str){text, len + KEY_LEN}, &digest);
    snprintf(out, 2 * KEY_ID_LEN + 1, "%02x%02x%02x%02x", digest.bytes[0], digest.bytes[1], digest.bytes[2],
             digest.bytes[3]);
}

static void set_name(char out[NOTE_NAME_MAX + 1], struct cardea_str name)
{
    memcpy(out, name.ptr, name.len);
    out[name.len] = '\0';
}

struct note_signer *note_signer_new(const char *name, const uint8_t seed[NOTE_SEED_LEN])
{
    if (!note_name_valid(str_of(name)))
        return NULL;
    struct note_signer *s = calloc(1, sizeof(*s));
    size_t len = KEY_LEN;
    if (!s)
        return NULL;
    s->key = EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL, seed, NOTE_SEED_LEN);
    if (!s->key || EVP_PKEY_get_raw_public_key(s->key, s->verifier.public_key, &len) != 1) {
        note_signer_free(s);
        return NULL;
    }
    set_name(s->verifier.name, str_of(name));
    key_id(name, s->verifier.public_key, s->verifier.id);
    return s;
}

void note_signer_free(struct note_signer *s)
{
    if (!s)
        return;
    EVP_PKEY_free(s->key);
    free(s);
}

const struct note_key *note_signer_key(const struct note_signer *s)
{
    return &s->verifier;
}

/* ---- the verifier key's text ---- */

size_t note_key_write(const struct note_key *key, char out[NOTE_KEY_MAX])
{
    uint8_t bytes[1 + KEY_LEN] = {ALGORITHM_ED25519};
    memcpy(bytes + 1, key->public_key, KEY_LEN);
    size_t len = (size_t)snprintf(out, NOTE_KEY_MAX, "%s+%s+", key->name, key->id);
    len += base64_encode(bytes, sizeof(bytes), out + len);
    out[len] = '\0';
    return len;
}

static struct cardea_str trim(struct cardea_str s)
{
    while (s.len && (s.ptr[s.len - 1] == '\n' || s.ptr[s.len - 1] == '\r' || s.ptr[s.len - 1] == ' '))
        s.len--;
    return str_trim(s);
}

bool note_key_read(struct cardea_str text, struct note_key *out)
{
    struct cardea_str rest = trim(text), name, id;
    uint8_t bytes[BASE64_DATA_MAX(44)];
    size_t len;
    if (!str_cut(&rest, '+', &name) || !str_cut(&rest, '+', &id) || !note_name_valid(name) ||
        id.len != 2 * KEY_ID_LEN || rest.len != 44 || !base64_decode(rest, bytes, &len) || len != 1 + KEY_LEN ||
        bytes[0] != ALGORITHM_ED25519)
        return false;
    set_name(out->name, name);
    memcpy(out->public_key, bytes + 1, KEY_LEN);
    key_id(out->name, out->public_key, out->id);
    return str_eq_nocase(id, str_of(out->id));
}

/* ---- signing ---- */

static int hex(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

void checkpoint_sign(const struct note_signer *s, uint64_t size, const struct cardea_digest *root,
                     char out[CHECKPOINT_MAX], size_t *len)
{
    uint8_t signature[KEY_ID_LEN + SIGNATURE_LEN];
    char root_text[BASE64_TEXT_LEN(CARDEA_DIGEST_LEN)];
    size_t signature_len = SIGNATURE_LEN;
    size_t root_len = base64_encode(root->bytes, sizeof(root->bytes), root_text);
    const struct note_key *key = &s->verifier;
    size_t text = (size_t)snprintf(out, CHECKPOINT_MAX, "%s\n%llu\n%.*s\n", key->name, (unsigned long long)size,
                                   (int)root_len, root_text);
    for (size_t i = 0; i < KEY_ID_LEN; i++)
        signature[i] = (uint8_t)(hex(key->id[2 * i]) << 4 | hex(key->id[2 * i + 1]));
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (!ctx || EVP_DigestSignInit_ex(ctx, NULL, NULL, NULL, NULL, s->key, NULL) != 1 ||
        EVP_DigestSign(ctx, signature + KEY_ID_LEN, &signature_len, (const uint8_t *)out, text) != 1)
        abort(); /* libcrypto without Ed25519, or out of memory */
    EVP_MD_CTX_free(ctx);
    *len = text + (size_t)snprintf(out + text, CHECKPOINT_MAX - text, "\n" DASH "%s ", key->name);
    *len += base64_encode(signature, sizeof(signature), out + *len);
    out[(*len)++] = '\n';
    out[*len] = '\0';
}

/* ---- opening ---- */

/* ASCII decimal without leading zeros. */
static bool read_size(struct cardea_str s, uint64_t *out)
{
    *out = 0;
    if (s.len < 1 || s.len > 18 || (s.ptr[0] == '0' && s.len > 1))
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
        *out = *out * 10 + (uint64_t)(s.ptr[i] - '0');
    }
    return true;
}

static bool read_body(struct cardea_str body, struct checkpoint *out)
{
    struct cardea_str rest = body, origin, size, root, more;
    if (!str_cut(&rest, '\n', &origin) || !str_cut(&rest, '\n', &size) || !str_cut(&rest, '\n', &root))
        return false;
    if (!origin.len || origin.len > NOTE_NAME_MAX || !read_size(size, &out->size) || !tree_hash_read(root, &out->root))
        return false;
    /* What else it says is not ours to know; but a line that is empty would end it. */
    while (str_cut(&rest, '\n', &more))
        if (!more.len && rest.ptr)
            return false;
    set_name(out->origin, origin);
    return true;
}

struct signature {
    struct cardea_str name;
    char id[2 * KEY_ID_LEN + 1];
    uint8_t bytes[BASE64_DATA_MAX(2048)];
    size_t len;
};

static bool read_signature(struct cardea_str line, struct signature *out)
{
    struct cardea_str rest = line;
    uint8_t *b = out->bytes;
    if (!str_starts(line, STR(DASH)))
        return false;
    rest.ptr += sizeof(DASH) - 1;
    rest.len -= sizeof(DASH) - 1;
    if (!str_cut(&rest, ' ', &out->name) || !out->name.len || !rest.ptr || rest.len > 2048 ||
        !base64_decode(rest, b, &out->len) || out->len <= KEY_ID_LEN)
        return false;
    snprintf(out->id, sizeof(out->id), "%02x%02x%02x%02x", b[0], b[1], b[2], b[3]);
    return true;
}

static bool holds(const struct signature *s, const struct note_key *key, struct cardea_str text)
{
    if (s->len != KEY_ID_LEN + SIGNATURE_LEN)
        return false;
    EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, key->public_key, KEY_LEN);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = pkey && ctx && EVP_DigestVerifyInit_ex(ctx, NULL, NULL, NULL, NULL, pkey, NULL) == 1 &&
              EVP_DigestVerify(ctx, s->bytes + KEY_ID_LEN, SIGNATURE_LEN, (const uint8_t *)text.ptr, text.len) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(pkey);
    return ok;
}

/* Text and signatures stand on both sides of the last blank line. */
static bool cut_note(struct cardea_str note, struct cardea_str *text, struct cardea_str *signatures)
{
    if (note.len < 2 || note.len > CHECKPOINT_READ_MAX || note.ptr[note.len - 1] != '\n')
        return false;
    for (size_t i = note.len - 1; i-- > 1;) {
        if (note.ptr[i] != '\n' || note.ptr[i - 1] != '\n')
            continue;
        *text = (struct cardea_str){note.ptr, i};
        *signatures = (struct cardea_str){note.ptr + i + 1, note.len - i - 2};
        return signatures->len > 0;
    }
    return false;
}

enum checkpoint_result checkpoint_open(struct cardea_str note, const struct note_key *key, struct checkpoint *out,
                                       char signer[RECORD_LOG_LEN + 1])
{
    struct cardea_str text, rest, line;
    struct signature s;
    enum checkpoint_result result = CHECKPOINT_OTHER_KEY;
    char first[RECORD_LOG_LEN + 1] = "";
    if (signer)
        signer[0] = '\0';
    if (!cut_note(note, &text, &rest) || !str_utf8_valid(note) || !read_body(text, out))
        return CHECKPOINT_MALFORMED;
    for (size_t n = 0; str_cut(&rest, '\n', &line); n++) {
        if (n == SIGNATURES_MAX || !read_signature(line, &s))
            return CHECKPOINT_MALFORMED;
        if (!n)
            memcpy(first, s.id, sizeof(first));
        if (result != CHECKPOINT_OTHER_KEY || strcmp(s.id, key->id) != 0 || !str_eq(s.name, str_of(key->name)))
            continue;
        result = holds(&s, key, text) ? CHECKPOINT_OK : CHECKPOINT_BAD_SIGNATURE;
    }
    if (signer)
        memcpy(signer, first, sizeof(first));
    return strcmp(out->origin, key->name) == 0 ? result : CHECKPOINT_OTHER_ORIGIN;
}

const char *checkpoint_problem(enum checkpoint_result result)
{
    switch (result) {
    case CHECKPOINT_OK:
        return "it holds";
    case CHECKPOINT_MALFORMED:
        return "it is no checkpoint";
    case CHECKPOINT_OTHER_ORIGIN:
        return "it is a checkpoint of another log";
    case CHECKPOINT_OTHER_KEY:
        return "it is signed with another key";
    case CHECKPOINT_BAD_SIGNATURE:
        return "its signature does not hold: it was changed, or signed with another key under this one's name";
    }
    return "it is no checkpoint";
}
