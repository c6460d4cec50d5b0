#include "jose/issuer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/schema.h"
#include "base/str.h"

#define COUNT(array)    (sizeof(array) / sizeof((array)[0]))
#define FILE_BYTES_MAX  (256u << 10)
#define SKEW_SEC        60
#define URL_BYTES_MAX   2048
#define OWN_ISSUER      "cardea" /* `iss` of the sessions that we sign */
#define ALGS_OF_SECRETS ((unsigned)JWS_HS256)

/* ---- what single texts must look like ---- */

static bool is_printable(struct cardea_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] <= ' ' || text.ptr[i] > '~')
            return false;
    return true;
}

static const char *rule_name(struct cardea_str text)
{
    bool right = text.len >= 1 && text.len <= 40 && text.ptr[0] >= 'a' && text.ptr[0] <= 'z';
    for (size_t i = 0; right && i < text.len; i++) {
        char c = text.ptr[i];
        right = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    }
    return right ? NULL : "it takes a-z, 0-9 and `-`, begins with a letter, at most 40";
}

static const char *rule_claim(struct cardea_str text)
{
    return text.len && text.len <= ISSUER_TEXT_MAX && is_printable(text) ? NULL
                                                                         : "it takes 1 to 255 visible ASCII characters";
}

static const char *rule_issuer(struct cardea_str text)
{
    return str_eq(text, STR(OWN_ISSUER)) ? "that is what our own sessions say" : rule_claim(text);
}

static const char *rule_path(struct cardea_str text)
{
    return text.len && text.len < 4096 ? NULL : "it is no path";
}

/* Host and port of what follows "scheme://"; empty when there is a user or nothing at all. */
static struct cardea_str authority(struct cardea_str rest)
{
    size_t len = 0;
    while (len < rest.len && !strchr("/?#", rest.ptr[len]))
        len++;
    struct cardea_str found = {rest.ptr, len};
    return memchr(rest.ptr, '@', len) ? (struct cardea_str){0} : found;
}

static bool is_loopback(struct cardea_str host)
{
    if (str_starts(host, STR("[::1]")))
        return host.len == 5 || host.ptr[5] == ':';
    const char *colon = host.len ? memchr(host.ptr, ':', host.len) : NULL;
    if (colon)
        host.len = (size_t)(colon - host.ptr);
    if (str_eq_nocase(host, STR("localhost")))
        return true;
    /* "127.0.0.1.example.com" is a name, and not ours. */
    for (size_t i = 0; i < host.len; i++)
        if (host.ptr[i] != '.' && (host.ptr[i] < '0' || host.ptr[i] > '9'))
            return false;
    return str_starts(host, STR("127."));
}

/* No rule of the table: a message must not quote a password. */
static const char *url_flaw(struct cardea_str text)
{
    struct cardea_str https = STR("https://"), http = STR("http://");
    if (text.len > URL_BYTES_MAX || !is_printable(text))
        return "it takes at most 2048 visible ASCII characters";
    bool plain = str_starts(text, http);
    if (!plain && !str_starts(text, https))
        return "it begins with https://";
    size_t scheme = plain ? http.len : https.len;
    struct cardea_str host = authority((struct cardea_str){text.ptr + scheme, text.len - scheme});
    if (!host.len)
        return "it has a host, and neither user nor password";
    return plain && !is_loopback(host) ? "without TLS others could put their own keys in: http:// reaches 127.0.0.1, "
                                         "[::1] and localhost only"
                                       : NULL;
}

/* ---- the table ---- */

struct fields {
    const struct yaml_node *node;
    const struct yaml_node *name, *issuer, *audience;
    unsigned algorithms; /* of enum jws_alg */
    const struct yaml_node *jwks_url, *jwks_file, *secret_file, *ca_file;
    const struct yaml_node *account_claim;
    int64_t clock_skew, max_age;
};

struct file_fields {
    const struct yaml_node *node;
    struct schema_items issuers;
};

/* In the order of enum jws_alg's bits. */
static const char *const algorithms[] = {"RS256", "ES256", "EdDSA", "HS256", NULL};

#define AT(type, member) .offset = offsetof(struct type, member)

static const struct schema_field fields[] = {
    {"name", SCHEMA_TEXT, AT(fields, name), .required = true, .rule = rule_name,
     .help = "What logs and metrics call it."},
    {"issuer", SCHEMA_TEXT, AT(fields, issuer), .required = true, .rule = rule_issuer,
     .help = "The tokens' `iss`, to the letter (a slash at the end counts)."},
    {"audience", SCHEMA_TEXT, AT(fields, audience), .required = true, .rule = rule_claim,
     .help = "What must stand in `aud`, alone or among others: that a token was made for us, and not for somebody else "
             "who trusts the same issuer."},
    {"algorithms", SCHEMA_CHOICES, AT(fields, algorithms), .required = true, .choices = algorithms,
     .help = "With which it signs. `HS256` goes with `secret_file` and with nothing else."},
    {"jwks_url", SCHEMA_TEXT, AT(fields, jwks_url), .fallback = "exactly one of the three",
     .help = "Where its keys are published (RFC 7517): asked at the start, every 10 minutes, and when a token names a "
             "key that is not known, for that reason at most every 30 seconds. When it does not answer, the keys that "
             "there are go on serving. `http://` only to this machine."},
    {"jwks_file", SCHEMA_TEXT, AT(fields, jwks_file), .rule = rule_path, .fallback = "exactly one of the three",
     .help = "The same document in a file; read again when it changes. Relative to the folder of this one."},
    {"secret_file", SCHEMA_TEXT, AT(fields, secret_file), .rule = rule_path, .fallback = "exactly one of the three",
     .help = "A secret of 32 to 1024 bytes, taken as they are (a text's last newline is left out), for `HS256`. Nobody "
             "but the daemon may read it (mode 0600). Read again when it changes."},
    {"ca_file", SCHEMA_TEXT, AT(fields, ca_file), .rule = rule_path, .fallback = "the system's authorities",
     .help = "Certificates (PEM) to check `jwks_url`'s with."},
    {"account_claim", SCHEMA_TEXT, AT(fields, account_claim), .rule = rule_claim, .fallback = "none",
     .help = "The claim that names the account, by id, `product/slug` or slug. It chooses among the accounts that the "
             "person belongs to, and opens no other."},
    {"clock_skew", SCHEMA_DURATION, AT(fields, clock_skew), .min = 0, .max = 600, .fallback = "`60s`",
     .help = "How far `nbf` and `iat` may lie in the future. `exp` is taken as it stands."},
    {"max_age", SCHEMA_DURATION, AT(fields, max_age), .min = 1, .max = 90 * 86400, .fallback = "any age",
     .help = "The longest time since `iat`, which is then required."},
};

static const struct schema issuer_schema = {
    .noun = "an issuer",
    .intro =
        "Each signs tokens of its own. A token chooses nothing: its `iss` finds the issuer here, and that says which "
        "keys and algorithms count.",
    .fields = fields,
    .count = COUNT(fields),
    .size = sizeof(struct fields),
};

static const struct schema_field file_fields[] = {
    {"issuers", SCHEMA_OBJECTS, AT(file_fields, issuers), .required = true, .of = &issuer_schema, .min = 0,
     .max = ISSUERS_MAX, .help = "Whose tokens are accepted; at most 32."},
};

static const struct schema file_schema = {
    .noun = "the file",
    .intro = "YAML.",
    .fields = file_fields,
    .count = COUNT(file_fields),
    .size = sizeof(struct file_fields),
};

/* ---- from words to issuers ---- */

struct build {
    struct arena *arena;
    struct diags *diags;
    const char *folder; /* of the file, with the slash; "" when it has none */
};

static void mistake(struct build *b, const struct yaml_node *at, const char *what)
{
    diags_add(b->diags, at->line, at->col, "%s", what);
}

static const char *path_of(struct build *b, const struct yaml_node *node)
{
    return node->text.ptr[0] == '/' ? node->text.ptr : arena_printf(b->arena, "%s%s", b->folder, node->text.ptr).ptr;
}

/* What the keys come from, when exactly one of three says so. One that is there but wrong has been told of. */
static const struct yaml_node *source_of(struct build *b, const struct fields *f, struct issuer *out)
{
    static const char *const names[] = {
        [ISSUER_JWKS_URL] = "jwks_url", [ISSUER_JWKS_FILE] = "jwks_file", [ISSUER_SECRET_FILE] = "secret_file"};
    const struct yaml_node *const given[] = {
        [ISSUER_JWKS_URL] = f->jwks_url, [ISSUER_JWKS_FILE] = f->jwks_file, [ISSUER_SECRET_FILE] = f->secret_file};
    const struct yaml_node *last = f->node;
    size_t count = 0;
    for (size_t i = 0; i < COUNT(names); i++) {
        const struct yaml_node *there = yaml_tree_get(f->node, names[i]);
        if (!there)
            continue;
        last = there;
        out->source = (enum issuer_source)i;
        count++;
    }
    if (count == 1)
        return given[out->source];
    mistake(b, last, "an issuer has exactly one of `jwks_url`, `jwks_file` and `secret_file`");
    return NULL;
}

static void check_url(struct build *b, const struct yaml_node *url)
{
    const char *wrong = url_flaw(url->text);
    if (wrong)
        diags_add(b->diags, url->line, url->col, "`jwks_url` is not valid: %s", wrong);
}

static void check_algs(struct build *b, const struct fields *f, const struct issuer *out)
{
    const struct yaml_node *at = yaml_tree_get(f->node, "algorithms");
    bool secret = out->source == ISSUER_SECRET_FILE;
    if (secret && out->algs & ~ALGS_OF_SECRETS)
        mistake(b, at, "with `secret_file` the one algorithm is HS256");
    else if (!secret && out->algs & ALGS_OF_SECRETS)
        mistake(b, at, "HS256 needs a `secret_file`: what is published is no secret");
}

/* Tells now what else the log would tell later. */
static void check_file(struct build *b, const struct yaml_node *source, const struct issuer *out)
{
    struct cardea_why why;
    struct issuer_stamp stamp = {0};
    struct jwk_set *set = issuer_file_keys(out, &stamp, &why);
    if (!set)
        mistake(b, source, why.text);
    jwk_set_free(set);
}

static void check_ca(struct build *b, const struct fields *f, const struct issuer *out)
{
    struct stat st;
    if (!out->ca_file)
        return;
    if (out->source != ISSUER_JWKS_URL)
        mistake(b, f->ca_file, "`ca_file` goes with `jwks_url`");
    else if (stat(out->ca_file, &st) != 0)
        diags_add(b->diags, f->ca_file->line, f->ca_file->col, "%s cannot be read: %s", out->ca_file, strerror(errno));
}

static void build_one(struct build *b, const struct fields *f, struct issuer *out)
{
    *out = (struct issuer){
        .name = f->name ? f->name->text.ptr : "",
        .issuer = f->issuer ? f->issuer->text : STR(""),
        .audience = f->audience ? f->audience->text : STR(""),
        .algs = f->algorithms,
        .ca_file = f->ca_file ? path_of(b, f->ca_file) : NULL,
        .account_claim = f->account_claim ? f->account_claim->text.ptr : NULL,
        .clock_skew_sec = f->clock_skew < 0 ? SKEW_SEC : f->clock_skew,
        .max_age_sec = f->max_age < 0 ? ISSUER_AGE_NEVER : f->max_age,
    };
    if (f->node->shape != YAML_SHAPE_MAP)
        return; /* the schema has told */
    const struct yaml_node *source = source_of(b, f, out);
    if (!source)
        return;
    out->where = out->source == ISSUER_JWKS_URL ? source->text.ptr : path_of(b, source);
    if (out->source == ISSUER_JWKS_URL)
        check_url(b, source);
    else
        check_file(b, source, out);
    check_algs(b, f, out);
    check_ca(b, f, out);
}

static void check_pair(struct build *b, const struct fields *first, const struct fields *f)
{
    if (first->name && f->name && str_eq(first->name->text, f->name->text))
        mistake(b, f->name, "another issuer has this `name`");
    if (first->issuer && f->issuer && str_eq(first->issuer->text, f->issuer->text))
        mistake(b, f->issuer, "another entry has this `issuer`: its tokens would have two meanings");
}

static void build_all(struct build *b, const struct yaml_node *root, struct issuer_list *out)
{
    struct file_fields file = {0};
    schema_read(&file_schema, b->arena, root, b->diags, &file);
    const struct fields *items = file.issuers.items;
    struct issuer *list = arena_array(b->arena, file.issuers.count + 1, sizeof(*list));
    for (size_t i = 0; i < file.issuers.count; i++) {
        build_one(b, &items[i], &list[i]);
        for (size_t k = 0; k < i; k++)
            check_pair(b, &items[k], &items[i]);
    }
    *out = (struct issuer_list){list, file.issuers.count};
}

bool issuer_list_load(struct arena *a, const char *file, struct issuer_list *out, struct buf *errors)
{
    struct cardea_str text;
    struct diags diags;
    const char *slash = strrchr(file, '/');
    struct build b = {.arena = a, .diags = &diags};
    b.folder = slash ? arena_cstr(a, (struct cardea_str){file, (size_t)(slash - file) + 1}) : "";
    diags_init(&diags, a, arena_cstr(a, str_of(file)));
    *out = (struct issuer_list){0};
    if (!file_read(a, file, FILE_BYTES_MAX, &text)) {
        buf_printf(errors, "%s: %s\n", file, strerror(errno));
        return false;
    }
    const struct yaml_node *root = yaml_tree_read(a, text, &diags);
    if (root)
        build_all(&b, root, out);
    diags_write(&diags, errors);
    if (root && diags.count == 0)
        return true;
    *out = (struct issuer_list){0};
    return false;
}

const struct issuer *issuer_list_find(const struct issuer_list *list, struct cardea_str issuer)
{
    for (size_t i = 0; i < list->count; i++)
        if (str_eq(list->items[i].issuer, issuer))
            return &list->items[i];
    return NULL;
}

void issuer_docs(struct buf *out)
{
    buf_add_cstr(
        out,
        "# Issuers\n\n"
        "`cardea serve --issuers FILE` accepts the tokens (JWT) of other issuers: an identity provider, or a service "
        "of "
        "your own. This page is written by the table that reads the file (`cardea issuers docs` prints it); `cardea "
        "issuers check FILE` names every mistake as `file:line:col: what`. SIGHUP reads the file again; one with "
        "mistakes is refused, and the old one stays in force.\n\n"
        "```yaml\n"
        "issuers:\n"
        "  - name: staff\n"
        "    issuer: https://login.example.com/\n"
        "    audience: https://keys.example.com\n"
        "    algorithms: [RS256, ES256]\n"
        "    jwks_url: https://login.example.com/.well-known/jwks.json\n"
        "```\n\n"
        "A token is a person's once an operator has linked its issuer and subject to a user: `cardea users link USER "
        "--issuer URL --subject SUB`, or `PUT /v1/users/{user}/identities`. Nothing is ever linked by e-mail. Then it "
        "is "
        "exchanged for a session (`POST /v1/sessions` with `token`), or sent as Bearer wherever a session is: for the "
        "account of `account_claim`, else the only one that fits.\n\n"
        "Checked of each token: the signature, by a key of the issuer and an algorithm that both the list and the "
        "key's "
        "type allow; no `crit`, `jwk`, `jku`, `x5u` or `x5c` in the header; `typ` absent, `JWT` or `at+jwt`; `iss`, "
        "`aud`, `exp` and a `sub` of 1 to 255 bytes; `nbf` and `iat` where they stand. A refusal says outside only "
        "that "
        "the credential is not valid; the log says why at level debug.\n\n"
        "A token that names an unknown key waits up to two seconds while the keys are fetched, when that may be done "
        "now. Until an issuer's keys were had once, its tokens get 503 `issuer_unavailable`.\n\n"
        "Durations are whole numbers of seconds, or have a unit: `30s`, `15m`, `12h`, `90d`.\n");
    schema_docs(&file_schema, "", out);
}
