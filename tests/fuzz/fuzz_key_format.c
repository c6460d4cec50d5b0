/* fuzz_key_format.c - a template and a key, a line each: nothing compiles that could mint a bad key, and what matches a
 * format is claimed by it. */
#include <cardea/key_format.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool counting(void *arg, void *buf, size_t len)
{
    uint8_t *next = arg;
    uint8_t *at = buf;
    for (size_t i = 0; i < len; i++)
        at[i] = (*next)++;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const char *text = (const char *)data + 1;
    const char *line = memchr(text, '\n', size - 1);
    size_t len = line == NULL ? size - 1 : (size_t)(line - text);
    struct cardea_str key = {text, line == NULL ? 0 : size - 1 - len - 1};
    if (line != NULL)
        key.ptr = line + 1;
    struct cardea_key_format f;
    struct cardea_why why = {""};
    struct cardea_secret minted;
    uint8_t seed = data[0];
    if (cardea_key_format_compile(&f, (struct cardea_str){text, len}, (enum cardea_alphabet)(data[0] & 1), &why) !=
        CARDEA_OK) {
        if (why.text[0] == '\0')
            abort();
        return 0;
    }
    if (cardea_key_format_match(&f, key) && !cardea_key_format_claims(&f, key))
        abort();
    if (cardea_key_format_mint(&f, counting, &seed, &minted) != CARDEA_OK || minted.len != f.key_len ||
        !cardea_key_format_match(&f, cardea_secret_reveal(&minted)) || f.visible_len >= f.key_len)
        abort();
    /* One character changed to something of no alphabet never matches. */
    minted.bytes[data[0] % minted.len] = '/';
    if (cardea_key_format_match(&f, cardea_secret_reveal(&minted)))
        abort();
    return 0;
}
