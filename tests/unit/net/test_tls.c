/* Certificates: only one that a trusted authority signed, for this host, and that is valid today. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"
#include "net/get.h"

static char ca_file[] = "/tmp/cardea-tls-XXXXXX";

/* Signed by itself, for this subject alternative name; written to ca_file. */
static X509 *make_certificate(EVP_PKEY *key, const char *san, long valid_sec)
{
    X509 *cert = X509_new();
    X509V3_CTX ctx;
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -7200);
    X509_gmtime_adj(X509_getm_notAfter(cert), valid_sec);
    X509_set_pubkey(cert, key);
    X509_NAME *name = X509_get_subject_name(cert);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1, 0);
    X509_set_issuer_name(cert, name);
    X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, NID_subject_alt_name, san);
    X509_add_ext(cert, extension, -1);
    X509_EXTENSION_free(extension);
    EVP_MD *sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    assert_true(X509_sign(cert, key, sha256) > 0);
    EVP_MD_free(sha256);
    FILE *file = fopen(ca_file, "w");
    assert_int_equal(PEM_write_X509(file, cert), 1);
    fclose(file);
    return cert;
}

struct server {
    SSL_CTX *tls;
    int listener;
    unsigned port;
    pthread_t thread;
};

/* One connection, one answer. */
static void *serve(void *arg)
{
    struct server *s = arg;
    struct pollfd p = {.fd = s->listener, .events = POLLIN};
    char request[2048];
    if (poll(&p, 1, 5000) <= 0)
        return NULL;
    int fd = accept(s->listener, NULL, NULL);
    SSL *ssl = SSL_new(s->tls);
    SSL_set_fd(ssl, fd);
    static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
    if (SSL_accept(ssl) == 1 && SSL_read(ssl, request, sizeof(request)) > 0) {
        SSL_write(ssl, text, sizeof(text) - 1);
        SSL_shutdown(ssl);
    }
    SSL_free(ssl);
    close(fd);
    return NULL;
}

static void start(struct server *s, const char *san, long valid_sec, int max_version)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    X509 *cert = make_certificate(key, san, valid_sec);
    s->tls = SSL_CTX_new(TLS_server_method());
    assert_int_equal(SSL_CTX_use_certificate(s->tls, cert), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(s->tls, key), 1);
    SSL_CTX_set_security_level(s->tls, 0); /* or it would not even offer what is old */
    SSL_CTX_set_min_proto_version(s->tls, 0);
    SSL_CTX_set_max_proto_version(s->tls, max_version);
    X509_free(cert);
    EVP_PKEY_free(key);
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s->listener, (struct sockaddr *)&at, sizeof(at)) || listen(s->listener, 4), 0);
    getsockname(s->listener, (struct sockaddr *)&at, &len);
    s->port = ntohs(at.sin_port);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static enum net_result ask(struct server *s, const char *ca, struct net_reply *reply)
{
    struct net_options options = {.allow_private = true, .ca_file = ca};
    char url[64];
    snprintf(url, sizeof(url), "https://127.0.0.1:%u/", s->port);
    enum net_result result = net_get(url, &options, reply);
    pthread_join(s->thread, NULL);
    SSL_CTX_free(s->tls);
    close(s->listener);
    return result;
}

static void refused(const char *san, long valid_sec, int max_version, const char *ca)
{
    struct server s;
    struct net_reply reply;
    start(&s, san, valid_sec, max_version);
    assert_int_equal(ask(&s, ca, &reply), NET_UNREACHABLE);
    assert_true(strlen(reply.why) > 5);
    print_message("%s\n", reply.why);
    net_reply_release(&reply);
}

static void takes_a_trusted_certificate(void **state)
{
    struct server s;
    struct net_reply reply;
    start(&s, "IP:127.0.0.1", 3600, 0);
    enum net_result result = ask(&s, ca_file, &reply);
    if (result != NET_OK)
        fail_msg("%s", reply.why);
    assert_int_equal(reply.status, 200);
    assert_true(str_eq(buf_str(&reply.body), STR("ok")));
    net_reply_release(&reply);
}

static void refuses_any_other(void **state)
{
    refused("IP:127.0.0.1", 3600, 0, NULL);                 /* signed by nobody we know */
    refused("IP:127.0.0.2", 3600, 0, ca_file);              /* another address */
    refused("DNS:localhost", 3600, 0, ca_file);             /* a name is no address */
    refused("IP:127.0.0.1", -3600, 0, ca_file);             /* expired */
    refused("IP:127.0.0.1", 3600, TLS1_1_VERSION, ca_file); /* RFC 8996 */
}

static int set_up(void **state)
{
    int fd = mkstemp(ca_file);
    signal(SIGPIPE, SIG_IGN); /* clients that do not like our certificate go away */
    return fd < 0 || close(fd) || !net_start();
}

static int tear_down(void **state)
{
    return unlink(ca_file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_a_trusted_certificate),
        cmocka_unit_test(refuses_any_other),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
