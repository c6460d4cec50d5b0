#include "cli/credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "base/yaml_tree.h"
#include "cli/interrupt.h"
#include "cli/prompt.h"

/* A key, an address and an account: far less. */
#define FILE_MAX (64 * 1024)

static const char *env(const char *name)
{
    const char *value = name ? getenv(name) : NULL;
    return value && *value ? value : NULL;
}

const char *cli_credentials_path(struct cli *cli)
{
    const char *home = env("HOME"), *config = env("XDG_CONFIG_HOME");
    const char *own = cli_is_native(cli) ? NULL : cli->profile->cli.credentials;
    if (own && own[0] != '~')
        return own;
    if (!own && config && config[0] == '/')
        return arena_printf(&cli->arena, "%s/%s/credentials.yaml", config, cli->name).ptr;
    if (!home) {
        cli_error(cli, "HOME is not set, so there is no place for credentials");
        return NULL;
    }
    if (own)
        return arena_printf(&cli->arena, "%s%s", home, own + 1).ptr;
    return arena_printf(&cli->arena, "%s/.config/%s/credentials.yaml", home, cli->name).ptr;
}

/* Others may have read the key, or have written an address of their own for it to be sent to. */
static bool check_mode(struct cli *cli, const char *path, const struct stat *st)
{
    if (!S_ISREG(st->st_mode)) {
        cli_error(cli, "%s is not a file", path);
        return false;
    }
    if (st->st_uid != geteuid() && st->st_uid != 0) {
        cli_error(cli, "%s belongs to another user", path);
        return false;
    }
    if (st->st_mode & 077) {
        cli_error(cli, "%s is open to other users (mode %04o)", path, (unsigned)st->st_mode & 07777);
        cli_hint(cli, "Run: chmod 600 %s", path);
        return false;
    }
    return true;
}

static const char *text_of(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *node = yaml_tree_get(map, key);
    return node && node->shape == YAML_SHAPE_SCALAR && node->text.len > 0 ? node->text.ptr : NULL;
}

static bool parse_file(struct cli *cli, struct cardea_str text, struct cli_credentials_file *out)
{
    struct diags diags;
    diags_init(&diags, &cli->arena, out->path);
    const struct yaml_node *root = yaml_tree_read(&cli->arena, text, &diags);
    if (diags.count > 0 || (root && root->shape != YAML_SHAPE_MAP && !yaml_tree_is_null(root))) {
        /* the parser's own words could quote the key */
        cli_error(cli, "%s:%u: not a list of names and values such as `api_key: ...`", out->path,
                  diags.count > 0 && diags.items[0].line > 0 ? diags.items[0].line : 1u);
        cli_hint(cli, "Log in again to replace it: %s login --token -", cli->name);
        return false;
    }
    if (!root || root->shape != YAML_SHAPE_MAP)
        return true;
    out->api_url = text_of(root, "api_url");
    out->account = text_of(root, "account");
    const char *key = text_of(root, "api_key");
    if (key && !cli_secret_set(&out->key, str_of(key))) {
        cli_error(cli, "%s: its api_key is not a key", out->path);
        return false;
    }
    return true;
}

static int read_strict(struct cli *cli, struct cli_credentials_file *out)
{
    struct stat st;
    if (stat(out->path, &st) != 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            return CLI_OK;
        cli_error(cli, "cannot read %s: %s", out->path, strerror(errno));
        return CLI_FAILURE;
    }
    out->exists = true;
    struct cardea_str text;
    if (!check_mode(cli, out->path, &st))
        return CLI_FAILURE;
    if (!file_read(&cli->arena, out->path, FILE_MAX, &text)) {
        cli_error(cli, "cannot read %s: %s", out->path, strerror(errno));
        return CLI_FAILURE;
    }
    return text.len == 0 || parse_file(cli, text, out) ? CLI_OK : CLI_FAILURE;
}

int cli_credentials_read(struct cli *cli, enum cli_credentials_check check, struct cli_credentials_file *out)
{
    *out = (struct cli_credentials_file){.path = cli_credentials_path(cli)};
    if (!out->path)
        return CLI_FAILURE;
    if (check == CLI_CREDENTIALS_STRICT)
        return read_strict(cli, out);
    const char *path = out->path;
    FILE *err = cli->err;
    FILE *nowhere = fopen("/dev/null", "we");
    if (nowhere)
        cli->err = nowhere;
    int code = read_strict(cli, out);
    cli->err = err;
    if (nowhere)
        fclose(nowhere);
    if (code != CLI_OK) {
        cli_secret_wipe(&out->key);
        *out = (struct cli_credentials_file){.path = path, .exists = out->exists};
    }
    return CLI_OK;
}

/* A YAML double-quoted scalar; the text has no control characters. */
static void add_quoted(struct buf *b, const char *name, struct cardea_str text)
{
    buf_printf(b, "%s: \"", name);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"' || text.ptr[i] == '\\')
            buf_add_char(b, '\\');
        buf_add_char(b, text.ptr[i]);
    }
    buf_add_cstr(b, "\"\n");
}

static bool write_file(const char *path, struct cardea_str text)
{
    const char *slash = strrchr(path, '/');
    if (slash && slash != path) {
        char *folder = strndup(path, (size_t)(slash - path));
        bool made = folder && file_make_dirs(folder, 0700);
        free(folder);
        if (!made)
            return false;
    }
    /* an interrupt would leave the temporary file behind */
    interrupt_hold();
    bool written = file_write_atomic(path, 0600, text);
    int saved = errno;
    interrupt_release();
    errno = saved;
    return written;
}

int cli_credentials_write(struct cli *cli, const struct cli_credentials_file *file)
{
    struct buf b;
    buf_init(&b, FILE_MAX);
    if (file->api_url)
        add_quoted(&b, "api_url", str_of(file->api_url));
    if (file->account)
        add_quoted(&b, "account", str_of(file->account));
    if (file->key.len > 0)
        add_quoted(&b, "api_key", cli_secret_reveal(&file->key));
    bool written = !b.failed && write_file(file->path, buf_str(&b));
    buf_release(&b);
    if (!written)
        cli_error(cli, "cannot write %s: %s", file->path, strerror(errno));
    return written ? CLI_OK : CLI_FAILURE;
}

const char *cli_credentials_key_env(const struct cli *cli)
{
    return cli_is_native(cli) ? "CARDEA_API_KEY" : cli->profile->cli.env;
}

const char *cli_credentials_url_env(struct cli *cli)
{
    if (cli_is_native(cli))
        return "CARDEA_API_URL";
    if (cli->profile->cli.api_url_env)
        return cli->profile->cli.api_url_env;
    char *name = arena_cstr(&cli->arena, arena_printf(&cli->arena, "%s_API_URL", cli->name));
    for (char *p = name; *p; p++) {
        if (*p >= 'a' && *p <= 'z')
            *p = (char)(*p - 32);
        else if (*p == '-' || *p == '.')
            *p = '_';
    }
    return name;
}

static int read_key_file(struct cli *cli, struct cli_secret *out)
{
    struct cardea_str text;
    bool usable;
    if (strcmp(cli->api_key_file, "-") == 0) {
        usable = prompt_read_token(out);
    } else if (file_read(&cli->arena, cli->api_key_file, FILE_MAX, &text)) {
        usable = cli_secret_set(out, text);
    } else {
        cli_error(cli, "cannot read %s: %s", cli->api_key_file, strerror(errno));
        return CLI_FAILURE;
    }
    if (!usable)
        cli_error(cli, "%s holds no key: one line of printable characters is wanted", cli->api_key_file);
    return usable ? CLI_OK : CLI_FAILURE;
}

/* From option or environment. */
static int find_outside(struct cli *cli, struct cli_credentials *out)
{
    const char *key_env = cli_credentials_key_env(cli), *url_env = cli_credentials_url_env(cli);
    if (cli->api_url)
        out->api_url = cli->api_url, out->api_url_source = "--api-url";
    else if (env(url_env))
        out->api_url = env(url_env), out->api_url_source = url_env;
    if (cli->api_key_file) {
        out->key_source = cli->api_key_file;
        return read_key_file(cli, &out->key);
    }
    if (env(key_env)) {
        out->key_source = key_env;
        if (!cli_secret_set(&out->key, str_of(env(key_env)))) {
            cli_error(cli, "%s holds no key: one line of printable characters is wanted", key_env);
            return CLI_FAILURE;
        }
    }
    return CLI_OK;
}

int cli_credentials_find(struct cli *cli, enum cli_credentials_check check, struct cli_credentials *out)
{
    *out = (struct cli_credentials){0};
    int code = find_outside(cli, out);
    if (code != CLI_OK)
        return code;
    bool complete = out->api_url && out->key_source;
    if (!complete) {
        struct cli_credentials_file file;
        code = cli_credentials_read(cli, check, &file);
        if (code != CLI_OK)
            return code;
        if (!out->api_url && file.api_url)
            out->api_url = file.api_url, out->api_url_source = file.path;
        if (!out->key_source && file.key.len > 0)
            out->key = file.key, out->key_source = file.path, out->account = file.account;
        cli_secret_wipe(&file.key);
    }
    if (!out->api_url)
        out->api_url = CLI_DEFAULT_API_URL, out->api_url_source = "default";
    return CLI_OK;
}

const char *cli_credentials_mask(struct cli *cli, const struct cli_secret *key)
{
    if (cli_secret_is_jwt(key))
        return "session token";
    struct cardea_str text = cli_secret_reveal(key);
    for (size_t i = 0; i < cli->profiles.count; i++) {
        const struct cardea_profile *p = &cli->profiles.items[i]->core;
        for (size_t k = 0; k < p->kind_count; k++) {
            const struct cardea_key_format *f = &p->kinds[k].format;
            if (!(p->kinds[k].flags & CARDEA_KIND_LEGACY) && cardea_key_format_match(f, text))
                return arena_printf(&cli->arena, "%.*s…", (int)f->visible_len, text.ptr).ptr;
        }
    }
    /* of an unknown format nothing is known to be public */
    return "unknown format";
}
