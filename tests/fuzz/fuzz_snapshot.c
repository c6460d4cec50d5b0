/* fuzz_snapshot.c - a good snapshot file with the input's changes to it: opened and decided by, never out of bounds.
 *
 * The input is a list of changes, 4 bytes each: a 24-bit position in the file, scaled, and the byte to put there. Bit 0
 * of the first byte asks for a header checksum that is right again afterwards, as somebody would who wants to mislead.
 */
#include <cardea/cardea.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char path[64];
static uint8_t *good, *file;
static size_t file_len;
static struct cardea_secret keys[4];

static void need(bool ok)
{
    if (!ok)
        abort();
}

static void put_key(struct cardea_writer *w, const struct cardea_kind *kind, unsigned i)
{
    static const struct cardea_network net = {{1}, 8};
    struct cardea_key_entry e = {.id = i + 1,
                                 .account_id = 1,
                                 .user_id = i & 1 ? 2 : 0,
                                 .agent_id = i & 2 ? 3 : 0,
                                 .state = CARDEA_KEY_ACTIVE,
                                 .networks = &net,
                                 .network_count = i & 1};
    need(cardea_key_format_mint(&kind->format, cardea_random_system, NULL, &keys[i]) == CARDEA_OK);
    cardea_digest(cardea_secret_reveal(&keys[i]), &e.digest);
    need(cardea_writer_put_key(w, &e) == CARDEA_OK);
}

static void remove_files(void)
{
    char lock[80];
    snprintf(lock, sizeof lock, "%s.lock", path);
    unlink(lock);
    unlink(path);
}

static void make_good(void)
{
    static struct cardea_kind kind = {.name = "k", .flags = CARDEA_KIND_FOLLOWS_ROLE};
    static const struct cardea_route route = {CARDEA_GET, "/{tenant}/x", CARDEA_ACCESS_KEY, 0, 0, 0};
    static const struct cardea_profile profile = {
        .name = "fuzz", .kinds = &kind, .kind_count = 1, .routes = &route, .route_count = 1};
    struct cardea_why why;
    struct cardea_writer *w;
    bool adopted;
    snprintf(path, sizeof path, "/tmp/cardea-fuzz-%d", (int)getpid());
    struct cardea_writer_options o = {
        .path = path, .profiles = (const struct cardea_profile *[]){&profile}, .profile_count = 1, .mode = 0600};
    need(cardea_key_format_compile(&kind.format, (struct cardea_str){"k_{secret:32}", 13}, CARDEA_BASE62, &why) ==
         CARDEA_OK);
    need(cardea_writer_open(&w, &o, &adopted, &why) == CARDEA_OK);
    struct cardea_account_entry account = {.id = 1, .slug = {"acme", 4}};
    struct cardea_member_entry member = {1, 2, CARDEA_ROLE_ADMIN};
    struct cardea_agent_entry agent = {1, 3, {"scout", 5}, false};
    need(cardea_writer_put_account(w, &account) == CARDEA_OK);
    need(cardea_writer_put_member(w, &member) == CARDEA_OK);
    need(cardea_writer_put_agent(w, &agent) == CARDEA_OK);
    for (unsigned i = 0; i < 4; i++)
        put_key(w, &kind, i);
    struct cardea_writer_stats s;
    cardea_writer_stats(w, &s);
    cardea_writer_free(w);
    atexit(remove_files);
    file_len = s.file_bytes;
    int fd = open(path, O_RDWR);
    file = mmap(NULL, file_len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    good = malloc(file_len);
    need(file != MAP_FAILED && good != NULL);
    memcpy(good, file, file_len);
}

static void change(const uint8_t *data, size_t size)
{
    memcpy(file, good, file_len);
    for (size_t i = 1; i + 4 <= size; i += 4) {
        uint64_t at = (uint64_t)data[i] << 16 | (uint64_t)data[i + 1] << 8 | data[i + 2];
        /* Even changes anywhere, odd ones in the header. */
        at = i / 4 % 2 == 0 ? at * file_len >> 24 : at % sizeof(struct layout_header);
        file[at] = data[i + 3];
    }
    if (data[0] & 1) {
        struct cardea_digest sum;
        cardea_digest((struct cardea_str){(const char *)file, sizeof(struct layout_fixed)}, &sum);
        memcpy(file + offsetof(struct layout_header, checksum), &sum, sizeof sum);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (good == NULL)
        make_good();
    change(data, size);
    struct cardea_reader *r;
    struct cardea_why why = {""};
    struct cardea_reader_options o = {.path = path};
    if (cardea_reader_open(&r, &o, &why) != CARDEA_OK) {
        need(why.text[0] != '\0');
        return 0;
    }
    static const uint8_t ip[16] = {1};
    for (unsigned i = 0; i < 4; i++) {
        struct cardea_decision d;
        struct cardea_check c = {.key = cardea_secret_reveal(&keys[i]), .profile = CARDEA_ANY_PROFILE, .ip = ip};
        cardea_verify(r, &c, &d);
        need(d.code < CARDEA_CODE_COUNT && d.account_slug.len <= CARDEA_SLUG_MAX);
        volatile char sum = 0;
        for (size_t b = 0; b < d.account_slug.len; b++)
            sum = (char)(sum + d.account_slug.ptr[b]);
        for (size_t b = 0; b < d.agent_slug.len; b++)
            sum = (char)(sum + d.agent_slug.ptr[b]);
    }
    cardea_reader_free(r);
    return 0;
}
