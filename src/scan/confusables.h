/* scan/confusables.h - letters that look like one letter of ASCII, ordered by code point. */
#ifndef SCAN_CONFUSABLES_H
#define SCAN_CONFUSABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct scan_confusable {
    uint32_t code;
    char like;
    bool loose; /* only where other things say so, too */
};

extern const struct scan_confusable scan_confusables[];
extern const size_t scan_confusable_count;

#endif
