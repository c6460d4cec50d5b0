/* core/id.c - identifiers as text. */
#include <cardea/id.h>

#include <stdlib.h>
#include <string.h>

#define DIGITS 13

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

size_t cardea_id_format(char out[CARDEA_ID_MAX], const char *prefix, uint64_t id)
{
    size_t len = strlen(prefix);
    if (len + 1 + DIGITS + 1 > CARDEA_ID_MAX)
        abort();
    memcpy(out, prefix, len);
    out[len] = '_';
    for (size_t i = len + DIGITS; i > len; i--, id >>= 5)
        out[i] = alphabet[id & 31];
    out[len + 1 + DIGITS] = '\0';
    return len + 1 + DIGITS;
}

bool cardea_id_parse(struct cardea_str text, const char *prefix, uint64_t *out)
{
    size_t len = strlen(prefix);
    if (text.len != len + 1 + DIGITS || memcmp(text.ptr, prefix, len) != 0 || text.ptr[len] != '_')
        return false;
    uint64_t id = 0;
    for (size_t i = len + 1; i < text.len; i++) {
        const char *digit = text.ptr[i] ? strchr(alphabet, text.ptr[i]) : NULL;
        if (!digit)
            return false;
        /* The first of 13 digits has 3 bits: a larger one is another spelling of some id, or none. */
        if (i == len + 1 && digit - alphabet > 7)
            return false;
        id = id << 5 | (uint64_t)(digit - alphabet);
    }
    if (id == 0 || id > INT64_MAX)
        return false;
    *out = id;
    return true;
}
