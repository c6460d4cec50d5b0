/* test_snapshot.c - torn, foreign and hostile snapshot files: refused with a reason, or read within their bounds. */
#include "rig.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/snapshot.h"

static void make(struct rig *rig)
{
    rig_begin(rig);
    rig_write(rig);
    rig_fill(rig);
    cardea_writer_free(rig->w);
    rig->w = NULL;
}

static void patch(const struct rig *rig, off_t at, const void *bytes, size_t len)
{
    int fd = open(rig->path, O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, len, at), len);
    close(fd);
}

/* Writes the header's fixed part with a right checksum, as somebody would who wants to mislead. */
static void forge(const struct rig *rig, const struct layout_fixed *f)
{
    struct cardea_digest sum;
    cardea_digest((struct cardea_str){(const char *)f, sizeof *f}, &sum);
    patch(rig, 0, f, sizeof *f);
    patch(rig, offsetof(struct layout_header, checksum), &sum, sizeof sum);
}

static void read_fixed(const struct rig *rig, struct layout_fixed *f)
{
    int fd = open(rig->path, O_RDONLY);
    assert_int_equal(pread(fd, f, sizeof *f, 0), sizeof *f);
    close(fd);
}

static void expect(const struct rig *rig, const char *mention)
{
    struct cardea_reader *r;
    struct cardea_why why = {""};
    struct cardea_reader_options o = {.path = rig->path};
    assert_int_equal(cardea_reader_open(&r, &o, &why), CARDEA_E_FORMAT);
    if (strstr(why.text, mention) == NULL)
        fail_msg("\"%s\" does not mention \"%s\"", why.text, mention);
}

static void damaged_files_are_refused(void **state)
{
    struct rig rig;
    make(&rig);
    struct layout_fixed good;
    read_fixed(&rig, &good);
    patch(&rig, 0, "NOTHING!", 8);
    expect(&rig, "not a Cardea snapshot");
    forge(&rig, &good);
    uint32_t version = 99;
    patch(&rig, offsetof(struct layout_fixed, version), &version, sizeof version);
    expect(&rig, "version 99");
    forge(&rig, &good);
    patch(&rig, offsetof(struct layout_fixed, generation), "\xff", 1);
    expect(&rig, "header is damaged");
    forge(&rig, &good);
    patch(&rig, (off_t)good.regions[LAYOUT_PROFILES].offset + 20, "\xff", 1);
    expect(&rig, "profiles in the snapshot are damaged");
    rig_end(&rig);
}

static void shortened_files_are_refused(void **state)
{
    static const off_t lengths[] = {1, 8, 100, 4095, 4096, 8192, 100000};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct rig rig;
        make(&rig);
        assert_int_equal(truncate(rig.path, lengths[i]), 0);
        expect(&rig, "");
        rig_end(&rig);
    }
    struct rig rig;
    make(&rig);
    struct stat st;
    assert_int_equal(stat(rig.path, &st), 0);
    assert_int_equal(truncate(rig.path, st.st_size - 1), 0);
    expect(&rig, "bytes of");
    assert_int_equal(truncate(rig.path, 0), 0);
    expect(&rig, "empty");
    rig_end(&rig);
}

/* Headers with a right checksum whose regions lie. */
static void lying_headers_are_refused(void **state)
{
    struct rig rig;
    make(&rig);
    struct layout_fixed good;
    read_fixed(&rig, &good);
    for (int i = 0; i < LAYOUT_REGIONS; i++) {
        static const uint64_t lies[] = {0, 1, 4095, 64, UINT64_C(1) << 32, UINT64_MAX, UINT64_MAX - 4095, INT64_MAX};
        for (size_t j = 0; j < sizeof lies / sizeof *lies; j++) {
            struct layout_fixed f = good;
            f.regions[i].offset = lies[j];
            forge(&rig, &f);
            expect(&rig, "outside");
            if (lies[j] < UINT64_C(1) << 32)
                continue;
            f = good;
            f.regions[i].capacity = lies[j];
            forge(&rig, &f);
            expect(&rig, "");
        }
    }
    struct layout_fixed f = good;
    f.regions[LAYOUT_KEYS].capacity = 0;
    forge(&rig, &f);
    expect(&rig, "no key table");
    f = good;
    f.boot_id[3] ^= 1;
    forge(&rig, &f);
    expect(&rig, "before this machine started");
    f = good;
    f.file_len++;
    forge(&rig, &f);
    expect(&rig, "bytes of");
    forge(&rig, &good);
    struct cardea_reader *r = rig_reader(&rig);
    assert_int_equal(rig_verify(r, &rig, "reader"), CARDEA_VALID);
    cardea_reader_free(r);
    rig_end(&rig);
}

static void use_all_keys(const struct rig *rig)
{
    static const char *const some[] = {"reader", "revoked", "single-new", "follow-admin",
                                       "scout",  "ten",     "unknown",    "root"};
    struct cardea_reader *r;
    struct cardea_why why;
    struct cardea_reader_options o = {.path = rig->path};
    if (cardea_reader_open(&r, &o, &why) != CARDEA_OK)
        return;
    for (size_t i = 0; i < sizeof some / sizeof *some; i++)
        (void)rig_verify(r, rig, some[i]);
    cardea_reader_free(r);
}

/* Everything behind the header filled with junk: decisions must stay within the file, whatever they say. */
static void junk_is_read_within_bounds(void **state)
{
    for (uint64_t round = 1; round <= 40; round++) {
        struct rig rig;
        make(&rig);
        struct layout_fixed f;
        read_fixed(&rig, &f);
        uint64_t seed = round;
        size_t start = (size_t)f.regions[LAYOUT_ACCOUNTS].offset;
        size_t len = (size_t)f.file_len - start;
        uint8_t *junk = malloc(len);
        assert_non_null(junk);
        rig_random(&seed, junk, len);
        if (round % 4 == 0)
            memset(junk, 0xff, len);
        if (round % 2 == 0) {
            /* digests and words stay, what they lead to does not */
            size_t keys = (size_t)f.regions[LAYOUT_KEYS].offset;
            int fd = open(rig.path, O_RDONLY);
            for (size_t at = keys; at < f.file_len; at += 64)
                assert_int_equal(pread(fd, junk + (at - start), round % 4 == 0 ? 48 : 40, (off_t)at),
                                 round % 4 == 0 ? 48 : 40);
            close(fd);
        }
        patch(&rig, (off_t)start, junk, len);
        free(junk);
        use_all_keys(&rig);
        rig_end(&rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damaged_files_are_refused),
        cmocka_unit_test(shortened_files_are_refused),
        cmocka_unit_test(lying_headers_are_refused),
        cmocka_unit_test(junk_is_read_within_bounds),
    };
    return cmocka_run_group_tests_name("snapshot", tests, NULL, NULL);
}
