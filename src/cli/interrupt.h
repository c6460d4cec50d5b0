/* cli/interrupt.h - an interrupted run leaves the terminal and the folder as it found them.
 *
 * What is to be undone belongs to the process: one terminal, one line on it, one file being written. */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <stdbool.h>
#include <termios.h>

/* SIGINT, SIGTERM and SIGHUP end the process with 128 + signal, everything below undone. SIGPIPE is ignored. Once. */
void interrupt_catch(void);

/* Settings of the terminal on standard input that come back. NULL: nothing was changed. Borrowed until the next call.
 */
void interrupt_restore(const struct termios *settings);
/* A file that goes away. NULL: none. Borrowed until the next call. */
void interrupt_remove(const char *path);
/* Whether the line that the cursor of standard error is on goes away. */
void interrupt_clear_line(bool shown);
/* A line that says how things stand now, with its end. NULL: nothing. Borrowed until the next call. */
void interrupt_say(const char *line);

/* Between the two no signal arrives: a file is made and named, or renamed and forgotten. */
void interrupt_hold(void);
void interrupt_release(void);

#endif
