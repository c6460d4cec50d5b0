#include "core/webhook.h"

#include <cardea/secret.h>

#include <openssl/evp.h>

#define SECRET_PREFIX "whsec_"
#define SECRET_MIN    16 /* bytes; the standard wants 24, and some make shorter ones */
#define MAC_LEN       32
#define TIME_DIGITS   12

/* EVP fails here only when memory is out. */
static void must(bool ok)
{
    if (!ok)
        abort();
}

static void mac_of(struct cardea_str key, const struct cardea_str *parts, size_t count, unsigned char out[MAC_LEN])
{
    char digest[] = "SHA256";
    size_t len = 0;
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string("digest", digest, 0), OSSL_PARAM_construct_end()};
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *ctx = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
    must(ctx && EVP_MAC_init(ctx, (const unsigned char *)key.ptr, key.len, params) == 1);
    for (size_t i = 0; i < count; i++)
        must(EVP_MAC_update(ctx, (const unsigned char *)parts[i].ptr, parts[i].len) == 1);
    must(EVP_MAC_final(ctx, out, &len, MAC_LEN) == 1 && len == MAC_LEN);
    EVP_MAC_CTX_free(ctx);
    EVP_MAC_free(hmac);
}

/* ---- secrets ---- */

void webhook_secret_text(const uint8_t *secret, size_t len, char out[WEBHOOK_SECRET_TEXT])
{
    memcpy(out, SECRET_PREFIX, 6);
    EVP_EncodeBlock((unsigned char *)out + 6, secret, (int)len);
}

/* Strict where EVP_DecodeBlock is not: it skips white space. */
static bool is_base64(struct cardea_str text)
{
    size_t padding = 0;
    for (size_t i = 0; i < text.len; i++) {
        char ch = text.ptr[i];
        bool letter = (ch >= 'A' && ch <= 'Z') || (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || ch == '+' ||
                      ch == '/';
        if (ch == '=')
            padding++;
        else if (!letter || padding)
            return false;
    }
    return text.len > 0 && text.len % 4 == 0 && padding <= 2;
}

bool webhook_secret_parse(struct cardea_str text, uint8_t out[WEBHOOK_SECRET_MAX], size_t *len)
{
    unsigned char bytes[WEBHOOK_SECRET_TEXT];
    if (text.len > 6 && memcmp(text.ptr, SECRET_PREFIX, 6) == 0)
        text = (struct cardea_str){text.ptr + 6, text.len - 6};
    if (text.len >= WEBHOOK_SECRET_TEXT - 6 || !is_base64(text))
        return false;
    int n = EVP_DecodeBlock(bytes, (const unsigned char *)text.ptr, (int)text.len);
    for (size_t i = text.len; n > 0 && i > 0 && text.ptr[i - 1] == '='; i--)
        n--;
    bool ok = n >= SECRET_MIN && n <= WEBHOOK_SECRET_MAX;
    if (ok) {
        *len = (size_t)n;
        memcpy(out, bytes, *len);
    }
    cardea_wipe(bytes, sizeof(bytes));
    return ok;
}

/* ---- signing ---- */

/* The timestamp as it came: what is signed is its text. */
static void sign_standard(struct cardea_str secret, struct cardea_str id, struct cardea_str timestamp,
                          struct cardea_str body, char out[WEBHOOK_SIGNATURE_MAX])
{
    unsigned char mac[MAC_LEN];
    const struct cardea_str dot = {".", 1}, parts[] = {id, dot, timestamp, dot, body};
    mac_of(secret, parts, sizeof(parts) / sizeof(parts[0]), mac);
    memcpy(out, "v1,", 3);
    EVP_EncodeBlock((unsigned char *)out + 3, mac, sizeof(mac)); /* with its NUL */
}

void webhook_sign(struct cardea_str secret, struct cardea_str id, int64_t timestamp, struct cardea_str body,
                  char out[WEBHOOK_SIGNATURE_MAX])
{
    char text[24];
    int n = snprintf(text, sizeof(text), "%lld", (long long)timestamp);
    sign_standard(secret, id, (struct cardea_str){text, (size_t)n}, body, out);
}

void webhook_sign_body(struct cardea_str secret_text, struct cardea_str body, char out[WEBHOOK_HEX_MAX])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char mac[MAC_LEN];
    mac_of(secret_text, &body, 1, mac);
    for (size_t i = 0; i < MAC_LEN; i++) {
        out[2 * i] = digits[mac[i] >> 4];
        out[2 * i + 1] = digits[mac[i] & 15];
    }
    out[2 * MAC_LEN] = 0;
}

/* ---- checking ---- */

/* Unsigned seconds without sign, space or leading zero: one text for one time. */
static bool read_time(struct cardea_str text, int64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        *out = *out * 10 + (text.ptr[i] - '0');
        if (i >= TIME_DIGITS)
            return false;
    }
    return text.len > 0 && (text.ptr[0] != '0' || text.len == 1);
}

static enum cardea_webhook_result check_time(struct cardea_str text, int64_t now, int64_t tolerance_sec)
{
    int64_t sent;
    if (!read_time(text, &sent))
        return CARDEA_WEBHOOK_BAD_TIMESTAMP;
    if (now - sent > tolerance_sec)
        return CARDEA_WEBHOOK_TOO_OLD;
    return sent - now > tolerance_sec ? CARDEA_WEBHOOK_TOO_NEW : CARDEA_WEBHOOK_VALID;
}

/* The length of a signature is no secret; its bytes are. */
static bool same(const char *wanted, size_t len, struct cardea_str given)
{
    return given.len == len && CRYPTO_memcmp(wanted, given.ptr, len) == 0;
}

/* Each word of the header; all of them are looked at, whatever came before. Words of other versions are passed by. */
static enum cardea_webhook_result find_signature(const char *wanted, struct cardea_str header)
{
    bool any = false, found = false;
    size_t begin = 0;
    for (size_t i = 0; i <= header.len; i++) {
        if (i < header.len && header.ptr[i] != ' ')
            continue;
        struct cardea_str word = {header.ptr + begin, i - begin};
        begin = i + 1;
        if (word.len > 3 && memcmp(word.ptr, "v1,", 3) == 0) {
            any = true;
            found |= same(wanted, WEBHOOK_SIGNATURE_MAX - 1, word);
        }
    }
    return found ? CARDEA_WEBHOOK_VALID : any ? CARDEA_WEBHOOK_MISMATCH : CARDEA_WEBHOOK_NO_SIGNATURE;
}

static enum cardea_webhook_result verify_standard(const struct cardea_webhook *w, struct cardea_str secret)
{
    uint8_t bytes[WEBHOOK_SECRET_MAX];
    char wanted[WEBHOOK_SIGNATURE_MAX];
    size_t len;
    if (!webhook_secret_parse(secret, bytes, &len))
        return CARDEA_WEBHOOK_BAD_SECRET;
    sign_standard((struct cardea_str){(const char *)bytes, len}, w->id, w->timestamp, w->body, wanted);
    cardea_wipe(bytes, sizeof(bytes));
    return find_signature(wanted, w->signature);
}

/* Upper-case digits are as good. */
static enum cardea_webhook_result verify_body(const struct cardea_webhook *w, struct cardea_str secret)
{
    char wanted[WEBHOOK_HEX_MAX], given[WEBHOOK_HEX_MAX];
    struct cardea_str digits = w->signature;
    if (!secret.len)
        return CARDEA_WEBHOOK_BAD_SECRET;
    if (digits.len > 7 && memcmp(digits.ptr, "sha256=", 7) == 0)
        digits = (struct cardea_str){digits.ptr + 7, digits.len - 7};
    if (digits.len != WEBHOOK_HEX_MAX - 1)
        return CARDEA_WEBHOOK_NO_SIGNATURE;
    for (size_t i = 0; i < digits.len; i++) {
        char ch = digits.ptr[i];
        given[i] = ch >= 'A' && ch <= 'F' ? (char)(ch - 'A' + 'a') : ch;
    }
    webhook_sign_body(secret, w->body, wanted);
    return same(wanted, WEBHOOK_HEX_MAX - 1, (struct cardea_str){given, digits.len}) ? CARDEA_WEBHOOK_VALID
                                                                                     : CARDEA_WEBHOOK_MISMATCH;
}

enum cardea_webhook_result cardea_webhook_verify(enum cardea_webhook_style style, const struct cardea_webhook *webhook,
                                                 struct cardea_str secret, int64_t now, int64_t tolerance_sec)
{
    enum cardea_webhook_result result = CARDEA_WEBHOOK_VALID;
    if (!webhook->signature.len)
        return CARDEA_WEBHOOK_NO_SIGNATURE;
    if (style == CARDEA_WEBHOOK_STANDARD || webhook->timestamp.len)
        result = check_time(webhook->timestamp, now, tolerance_sec);
    if (result != CARDEA_WEBHOOK_VALID)
        return result;
    return style == CARDEA_WEBHOOK_STANDARD ? verify_standard(webhook, secret) : verify_body(webhook, secret);
}

const char *cardea_webhook_result_text(enum cardea_webhook_result result)
{
    static const char *const texts[] = {
        [CARDEA_WEBHOOK_VALID] = "the signature is good",
        [CARDEA_WEBHOOK_NO_SIGNATURE] = "there is no signature of this style",
        [CARDEA_WEBHOOK_BAD_TIMESTAMP] = "the timestamp is no number of seconds",
        [CARDEA_WEBHOOK_TOO_OLD] = "it was sent too long ago, or the clocks differ",
        [CARDEA_WEBHOOK_TOO_NEW] = "it was sent in the future, or the clocks differ",
        [CARDEA_WEBHOOK_MISMATCH] = "the signature is of another body, or made with another secret",
        [CARDEA_WEBHOOK_BAD_SECRET] = "the secret is not one: it begins with whsec_, and base64 follows",
    };
    return (unsigned)result < sizeof(texts) / sizeof(texts[0]) ? texts[result] : "unknown";
}
