/* cli/browser.h - opening a page for a person, where there is a browser to open it in. */
#ifndef CLI_BROWSER_H
#define CLI_BROWSER_H

#include "cli/app.h"

/* An http or https address of printable characters: nothing that a program could take for an option or another kind of
 * address. */
bool browser_can_open(const char *url);
/* Asks the desktop, when stdin and stdout are a terminal and BROWSER or a display is set. Nothing is said when that
 * fails: the address stands on the screen. */
void browser_open(struct cli *cli, const char *url);

#endif
