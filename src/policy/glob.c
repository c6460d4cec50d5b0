#include "policy/glob.h"

#include <stddef.h>

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == '_' || c == '.';
}

const char *policy_glob_check(struct cardea_str glob)
{
    static const char wrong[] = "Write a rule's id, such as `secret.aws-*`: letters, digits, `-`, `_`, `.`, `*`, `?`.";
    if (glob.len == 0 || glob.len > POLICY_GLOB_MAX)
        return wrong;
    for (size_t i = 0; i < glob.len; i++)
        if (!is_word(glob.ptr[i]) && glob.ptr[i] != '*' && glob.ptr[i] != '?')
            return wrong;
    return NULL;
}

bool policy_glob_matches(const char *glob, const char *name)
{
    const char *star = NULL, *back = NULL;
    while (*name) {
        if (*glob == '*') {
            star = ++glob;
            back = name;
        } else if (*glob == '?' || *glob == *name) {
            glob++;
            name++;
        } else if (star) {
            glob = star; /* the last star takes one more */
            name = ++back;
        } else {
            return false;
        }
    }
    while (*glob == '*')
        glob++;
    return *glob == '\0';
}
