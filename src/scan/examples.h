/* scan/examples.h - runs the examples of rules: what each must find, and what it must leave alone. */
#ifndef SCAN_EXAMPLES_H
#define SCAN_EXAMPLES_H

#include <cardea/scan.h>

#include "base/buf.h"

struct scan_examples {
    size_t run, failed;
};

/* Of the rules of the pack `pack`, or of all when it is NULL; each failure is a line `rule: what` in `report`. */
enum cardea_err scan_examples_run(const struct cardea_scanner *s, const char *pack, struct buf *report,
                                  struct scan_examples *out);

#endif
