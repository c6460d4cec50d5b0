/* cli/scanner.h - the scanner of this machine's command line: all rules, and the keys of the products that it knows. */
#ifndef CLI_SCANNER_H
#define CLI_SCANNER_H

#include <cardea/scan.h>

#include "cli/app.h"

/* With the packs of the folder `rules` (NULL: none). What was compiled is kept in $XDG_CACHE_HOME/cardea/, so that the
 * next start is quick. NULL with a message. */
struct cardea_scanner *cli_scanner_open(struct cli *cli, const char *rules);

#endif
