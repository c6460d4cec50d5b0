#include "gateway/authority.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/str.h"

#define CA_DAYS     3650
#define SERVER_DAYS 365
#define RENEW_DAYS  30
#define PEM_MAX     (64u << 10)
#define DAY_SEC     INT64_C(86400)

/* One certificate and its key. */
struct pair {
    X509 *cert;
    EVP_PKEY *key;
};

static void pair_release(struct pair *p)
{
    X509_free(p->cert);
    EVP_PKEY_free(p->key);
    *p = (struct pair){0};
}

/* ---- reading ---- */

static BIO *open_pem(struct arena *a, const char *path)
{
    struct cardea_str text;
    return file_read(a, path, PEM_MAX, &text) ? BIO_new_mem_buf(text.ptr, (int)text.len) : NULL;
}

/* A pair that fits together and is good for some time yet. */
static bool pair_read(struct arena *a, const char *cert, const char *key, int64_t now, struct pair *out)
{
    BIO *c = open_pem(a, cert), *k = open_pem(a, key);
    out->cert = c ? PEM_read_bio_X509(c, NULL, NULL, NULL) : NULL;
    out->key = k ? PEM_read_bio_PrivateKey(k, NULL, NULL, NULL) : NULL;
    BIO_free(c);
    BIO_free(k);
    time_t soon = (time_t)(now + RENEW_DAYS * DAY_SEC);
    if (out->cert && out->key && X509_check_private_key(out->cert, out->key) == 1 &&
        X509_cmp_time(X509_get0_notAfter(out->cert), &soon) > 0)
        return true;
    pair_release(out);
    return false;
}

static bool is_address(const char *name)
{
    ASN1_OCTET_STRING *ip = a2i_IPADDRESS(name);
    ASN1_OCTET_STRING_free(ip);
    return ip != NULL;
}

static bool is_for_all(X509 *cert, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if ((is_address(names[i]) ? X509_check_ip_asc(cert, names[i], 0)
                                  : X509_check_host(cert, names[i], 0, 0, NULL)) != 1)
            return false;
    return true;
}

/* ---- making ---- */

static bool set_names(X509 *cert, const char *common, const X509 *issuer)
{
    X509_NAME *name = X509_get_subject_name(cert);
    return X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const unsigned char *)"Cardea on this machine", -1, -1,
                                      0) == 1 &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)common, -1, -1, 0) == 1 &&
           X509_set_issuer_name(cert, issuer ? X509_get_subject_name(issuer) : name) == 1;
}

/* 127 random bits: RFC 5280 wants positive and unique, browsers want unpredictable. */
static bool set_serial(X509 *cert)
{
    unsigned char bytes[16];
    BIGNUM *n = RAND_bytes(bytes, sizeof(bytes)) == 1 ? BN_bin2bn(bytes, sizeof(bytes), NULL) : NULL;
    bool ok = n && BN_rshift1(n, n) == 1 && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert)) != NULL;
    BN_free(n);
    return ok;
}

static bool add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer ? issuer : cert, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    bool ok = extension && X509_add_ext(cert, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return ok;
}

static bool set_validity(X509 *cert, int64_t now, int days)
{
    /* From a day ago: clocks differ. */
    return ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)(now - DAY_SEC)) &&
           ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)(now + days * DAY_SEC)) && X509_set_version(cert, 2) == 1;
}

static bool sign(X509 *cert, EVP_PKEY *key)
{
    EVP_MD *sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    bool ok = sha256 && X509_sign(cert, key, sha256) > 0;
    EVP_MD_free(sha256);
    return ok;
}

static bool make_ca(int64_t now, struct pair *out)
{
    out->key = EVP_EC_gen("P-256");
    out->cert = X509_new();
    return out->key && out->cert && set_validity(out->cert, now, CA_DAYS) && set_serial(out->cert) &&
           set_names(out->cert, "Cardea local authority", NULL) && X509_set_pubkey(out->cert, out->key) == 1 &&
           add_extension(out->cert, NULL, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
           add_extension(out->cert, NULL, NID_key_usage, "critical,keyCertSign,cRLSign") &&
           add_extension(out->cert, NULL, NID_subject_key_identifier, "hash") && sign(out->cert, out->key);
}

static bool make_server(const struct pair *ca, const char *const *names, size_t count, int64_t now, struct pair *out)
{
    struct buf list;
    buf_init(&list, 1u << 20);
    for (size_t i = 0; i < count; i++)
        buf_printf(&list, "%s%s:%s", i ? "," : "", is_address(names[i]) ? "IP" : "DNS", names[i]);
    out->key = EVP_EC_gen("P-256");
    out->cert = X509_new();
    bool ok = out->key && out->cert && !list.failed && set_validity(out->cert, now, SERVER_DAYS) &&
              set_serial(out->cert) && set_names(out->cert, names[0], ca->cert) &&
              X509_set_pubkey(out->cert, out->key) == 1 &&
              add_extension(out->cert, ca->cert, NID_basic_constraints, "critical,CA:FALSE") &&
              add_extension(out->cert, ca->cert, NID_key_usage, "critical,digitalSignature") &&
              add_extension(out->cert, ca->cert, NID_ext_key_usage, "serverAuth") &&
              add_extension(out->cert, ca->cert, NID_subject_alt_name, buf_str(&list).ptr) &&
              add_extension(out->cert, ca->cert, NID_authority_key_identifier, "keyid") && sign(out->cert, ca->key);
    buf_release(&list);
    return ok;
}

/* ---- writing ---- */

static bool write_pem(BIO *bio, const char *path, unsigned mode)
{
    char *text;
    long len = BIO_get_mem_data(bio, &text);
    return len > 0 && file_write_atomic(path, mode, (struct cardea_str){text, (size_t)len});
}

static bool pair_write(const struct pair *p, const struct pair *issuer, const char *cert, const char *key)
{
    BIO *c = BIO_new(BIO_s_mem()), *k = BIO_new(BIO_s_secmem());
    bool ok = c && k && PEM_write_bio_X509(c, p->cert) == 1 && (!issuer || PEM_write_bio_X509(c, issuer->cert) == 1) &&
              PEM_write_bio_PrivateKey(k, p->key, NULL, NULL, 0, NULL, NULL) == 1 && write_pem(k, key, 0600) &&
              write_pem(c, cert, 0644);
    BIO_free(c);
    BIO_free(k);
    return ok;
}

bool authority_prepare(struct arena *a, const char *dir, const char *const *names, size_t count, int64_t now,
                       struct authority_files *out, struct cardea_why *why)
{
    const char *ca_key = arena_printf(a, "%s/ca.key", dir).ptr;
    struct pair ca = {0}, server = {0};
    *out = (struct authority_files){arena_printf(a, "%s/ca.pem", dir).ptr, arena_printf(a, "%s/server.pem", dir).ptr,
                                    arena_printf(a, "%s/server.key", dir).ptr};
    int folder = file_open_own_dir(dir, 0700);
    bool ok = folder >= 0;
    if (ok && !pair_read(a, out->ca, ca_key, now, &ca))
        ok = make_ca(now, &ca) && pair_write(&ca, NULL, out->ca, ca_key);
    if (ok && !(pair_read(a, out->cert, out->key, now, &server) && X509_verify(server.cert, ca.key) == 1 &&
                is_for_all(server.cert, names, count))) {
        pair_release(&server);
        ok = make_server(&ca, names, count, now, &server) && pair_write(&server, &ca, out->cert, out->key);
    }
    if (!ok)
        snprintf(why->text, sizeof(why->text), "no certificate can be made in %s: %s", dir,
                 errno ? strerror(errno) : "OpenSSL failed");
    if (folder >= 0)
        close(folder);
    pair_release(&server);
    pair_release(&ca);
    return ok;
}
