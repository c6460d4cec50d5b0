/* core/key_format.h - what the codec needs of a template beyond the public functions. */
#ifndef CORE_KEY_FORMAT_H
#define CORE_KEY_FORMAT_H

#include <cardea/key_format.h>

/* Checks the rules of cardea_key_format_compile on `parts`, and computes key_len and visible_len. */
enum cardea_err key_format_seal(struct cardea_key_format *f, struct cardea_why *why);

#endif
