#include "cli/scanner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "base/yaml_tree.h"

#define CACHE_MAX ((size_t)128 << 20)
#define PACKS_MAX 256

/* NULL: there is no place for it. */
static const char *cache_folder(struct cli *cli)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (cache && cache[0] == '/')
        return arena_printf(&cli->arena, "%s/cardea", cache).ptr;
    return home && home[0] == '/' ? arena_printf(&cli->arena, "%s/.cache/cardea", home).ptr : NULL;
}

/* It is run as much as read: only what we wrote ourselves is taken. */
static bool read_cache(struct cli *cli, const char *path, struct cardea_str *out)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() && !(st.st_mode & 077) &&
           file_read(&cli->arena, path, CACHE_MAX, out);
}

static void write_cache(const char *folder, const char *path, const struct cardea_scanner *s)
{
    char *bytes;
    size_t len;
    if (cardea_scanner_cache(s, &bytes, &len) != CARDEA_OK)
        return;
    /* Without it the next start is slow, and that is all. */
    if (file_make_dirs(folder, 0700))
        (void)file_write_atomic(path, 0600, (struct cardea_str){bytes, len});
    cardea_scan_text_free(bytes);
}

static int is_pack(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);
    return len > 5 && entry->d_name[0] != '.' && strcmp(entry->d_name + len - 5, ".yaml") == 0;
}

static bool read_packs(struct cli *cli, const char *folder, struct cardea_scan_options *o)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_pack, alphasort);
    if (count < 0) {
        cli_error(cli, "%s: %s", folder, strerror(errno));
        return false;
    }
    struct cardea_scan_pack *packs = arena_array(&cli->arena, (size_t)count + 1, sizeof(*packs));
    bool good = count <= PACKS_MAX;
    if (!good)
        cli_error(cli, "%s has more than %d packs", folder, PACKS_MAX);
    for (int i = 0; i < count; i++) {
        packs[i].file = arena_printf(&cli->arena, "%s/%s", folder, entries[i]->d_name).ptr;
        free(entries[i]);
        if (good && !file_read(&cli->arena, packs[i].file, YAML_TEXT_MAX, &packs[i].text)) {
            cli_error(cli, "%s: %s", packs[i].file, strerror(errno));
            good = false;
        }
    }
    free(entries);
    o->packs = packs;
    o->pack_count = (size_t)count;
    return good;
}

static void add_keys(struct cli *cli, struct cardea_scan_options *o)
{
    size_t room = 1;
    for (size_t i = 0; i < cli->profiles.count; i++)
        room += cli->profiles.items[i]->core.kind_count;
    struct cardea_scan_key *keys = arena_array(&cli->arena, room, sizeof(*keys));
    for (size_t i = 0; i < cli->profiles.count; i++) {
        const struct cardea_profile *p = &cli->profiles.items[i]->core;
        for (size_t k = 0; k < p->kind_count; k++)
            if (!(p->kinds[k].flags & CARDEA_KIND_LEGACY))
                keys[o->key_count++] = (struct cardea_scan_key){
                    arena_printf(&cli->arena, "%s-%s", p->name, p->kinds[k].name).ptr, &p->kinds[k].format};
    }
    o->keys = keys;
}

struct cardea_scanner *cli_scanner_open(struct cli *cli, const char *rules)
{
    struct cardea_scan_options options = {0};
    struct cardea_scanner_info info;
    struct cardea_scanner *s = NULL;
    char *mistakes;
    if (rules && !read_packs(cli, rules, &options))
        return NULL;
    add_keys(cli, &options);
    const char *folder = cache_folder(cli);
    /* One for the rules of the build, one for those with a folder's. */
    const char *path = folder ? arena_printf(&cli->arena, "%s/%s", folder, rules ? "scanner-rules" : "scanner").ptr
                              : NULL;
    if (path)
        read_cache(cli, path, &options.cache);
    enum cardea_err err = cardea_scanner_open(&s, &options, &mistakes);
    if (err != CARDEA_OK) {
        cli_error(cli, "%s", err == CARDEA_E_FORMAT ? "the rules cannot be used:" : "out of memory");
        fputs(mistakes ? mistakes : "", cli->err);
        cardea_scan_text_free(mistakes);
        return NULL;
    }
    cardea_scanner_info(s, &info);
    if (info.degraded)
        cli_note(cli, "Slower than usual: %s is not used, since %s.", "Hyperscan", info.degraded);
    if (path && !info.from_cache)
        write_cache(folder, path, s);
    return s;
}
