/* The local certificate authority: made once, kept, and made anew when it is needed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "gateway/authority.h"

#define NOW INT64_C(1795000000)
#define DAY INT64_C(86400)

static char dir[64];
static struct arena arena;
static const char *const names[] = {"localhost", "127.0.0.1", "api.acme.example"};

static int make_folder(void **state)
{
    snprintf(dir, sizeof(dir), "/tmp/cardea-tls-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_folder(void **state)
{
    static const char *const files[] = {"ca.pem", "ca.key", "server.pem", "server.key"};
    char path[128];
    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
        unlink(path);
    }
    arena_release(&arena);
    return rmdir(dir);
}

static struct authority_files prepare(size_t count, int64_t now)
{
    struct authority_files files;
    struct cardea_why why = {""};
    if (!authority_prepare(&arena, dir, names, count, now, &files, &why))
        fail_msg("%s", why.text);
    return files;
}

static struct cardea_str text_of(const char *path)
{
    struct cardea_str text;
    assert_true(file_read(&arena, path, 1 << 16, &text));
    return text;
}

static X509 *first_cert(const char *path)
{
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    X509 *cert = PEM_read_X509(f, NULL, NULL, NULL);
    fclose(f);
    assert_non_null(cert);
    return cert;
}

/* As a client that trusts the authority and nobody else would check it. */
static int verifies(const struct authority_files *files, const char *host, int64_t at)
{
    X509 *ca = first_cert(files->ca), *cert = first_cert(files->cert);
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    X509_STORE_add_cert(store, ca);
    X509_STORE_CTX_init(ctx, store, cert, NULL);
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_time(param, (time_t)at);
    X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER);
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT);
    if (!X509_VERIFY_PARAM_set1_ip_asc(param, host))
        X509_VERIFY_PARAM_set1_host(param, host, 0);
    int ok = X509_verify_cert(ctx);
    int error = X509_STORE_CTX_get_error(ctx);
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    X509_free(cert);
    X509_free(ca);
    return ok == 1 ? 0 : error;
}

static unsigned mode_of(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 0777;
}

static void a_client_accepts_it(void **state)
{
    struct authority_files files = prepare(3, NOW);
    assert_int_equal(verifies(&files, "localhost", NOW), 0);
    assert_int_equal(verifies(&files, "127.0.0.1", NOW), 0);
    assert_int_equal(verifies(&files, "api.acme.example", NOW + 364 * DAY), 0);
    assert_int_equal(verifies(&files, "evil.example", NOW), X509_V_ERR_HOSTNAME_MISMATCH);
    assert_int_equal(verifies(&files, "127.0.0.2", NOW), X509_V_ERR_IP_ADDRESS_MISMATCH);
    assert_int_equal(verifies(&files, "localhost", NOW + 366 * DAY), X509_V_ERR_CERT_HAS_EXPIRED);
    assert_int_equal(verifies(&files, "localhost", NOW - 2 * DAY), X509_V_ERR_CERT_NOT_YET_VALID);
    assert_int_equal(mode_of(files.key), 0600);
    char ca_key[128];
    snprintf(ca_key, sizeof(ca_key), "%s/ca.key", dir);
    assert_int_equal(mode_of(ca_key), 0600);
}

static void it_is_kept(void **state)
{
    struct authority_files files = prepare(2, NOW);
    struct cardea_str ca = text_of(files.ca), cert = text_of(files.cert);
    files = prepare(2, NOW + 100 * DAY);
    assert_true(str_eq(ca, text_of(files.ca)));
    assert_true(str_eq(cert, text_of(files.cert)));
}

static void a_new_name_or_a_late_day_makes_another_under_the_same_authority(void **state)
{
    struct authority_files files = prepare(2, NOW);
    struct cardea_str ca = text_of(files.ca), cert = text_of(files.cert);
    files = prepare(3, NOW);
    assert_true(str_eq(ca, text_of(files.ca)));
    assert_false(str_eq(cert, text_of(files.cert)));
    assert_int_equal(verifies(&files, "api.acme.example", NOW), 0);
    cert = text_of(files.cert);
    files = prepare(3, NOW + 340 * DAY);
    assert_false(str_eq(cert, text_of(files.cert)));
    assert_true(str_eq(ca, text_of(files.ca)));
    assert_int_equal(verifies(&files, "localhost", NOW + 600 * DAY), 0);
}

static void what_is_damaged_is_made_anew(void **state)
{
    struct authority_files files = prepare(2, NOW);
    assert_true(file_write_atomic(files.ca, 0644, STR("no certificate\n")));
    files = prepare(2, NOW);
    assert_int_equal(verifies(&files, "localhost", NOW), 0);
    assert_true(file_write_atomic(files.key, 0600, STR("no key\n")));
    files = prepare(2, NOW);
    assert_int_equal(verifies(&files, "localhost", NOW), 0);
}

static void a_folder_that_cannot_be_is_told(void **state)
{
    struct authority_files files;
    struct cardea_why why = {""};
    assert_false(authority_prepare(&arena, "/proc/nowhere", names, 1, NOW, &files, &why));
    assert_non_null(strstr(why.text, "/proc/nowhere"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_client_accepts_it, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(it_is_kept, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_new_name_or_a_late_day_makes_another_under_the_same_authority, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(what_is_damaged_is_made_anew, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_folder_that_cannot_be_is_told, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
