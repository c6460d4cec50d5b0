/* fuzz_audit.c - exported audit logs from anybody: verified within bounds, and nothing holds that this key did not
 * sign. */
#include <stdlib.h>
#include <string.h>

#include "audit/verify.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool ok)
{
    if (!ok)
        abort();
}

/* Its private half exists nowhere. */
static const char key_text[] = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct note_key key, other;
    struct checkpoint c;
    char *copy = malloc(size + 2), *line = copy + 1;
    need(copy && note_key_read(STR(key_text), &key));
    memcpy(line, data, size);
    line[size] = '\n';
    struct cardea_str all = {line, size};
    need(checkpoint_open(all, &key, &c, NULL) != CHECKPOINT_OK);
    if (note_key_read(all, &other)) {
        char again[NOTE_KEY_MAX];
        struct note_key same;
        need(note_key_read((struct cardea_str){again, note_key_write(&other, again)}, &same) &&
             memcmp(other.public_key, same.public_key, sizeof(same.public_key)) == 0);
    }
    struct verifier *v = verifier_new(&key);
    verifier_expect(v, &(struct checkpoint){.size = 3}, "a checkpoint");
    for (char *end; (end = memchr(line, '\n', (size_t)(copy + size + 2 - line))); line = end + 1)
        verifier_line(v, line, (size_t)(end - line));
    const struct verify_report *r = verifier_end(v);
    need(r->problem_total > 0 && r->checkpoints == 0 && r->problem_count <= VERIFY_PROBLEMS_MAX);
    verifier_free(v);
    free(copy);
    return 0;
}
