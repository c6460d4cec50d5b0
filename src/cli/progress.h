/* cli/progress.h - how far a long transfer is: one line on a terminal's standard error, gone at its end. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "cli/app.h"

struct progress {
    struct cli *cli;
    const char *label;
    bool on;    /* there is somebody to see it */
    bool shown; /* the line is on the screen */
    int64_t started_ms, drawn_ms;
};

/* Shows nothing yet: what is over at once needs no bar. `label` outlives it. */
void progress_start(struct progress *p, struct cli *cli, const char *label);
/* `total` 0: unknown. May be called as often as one likes. */
void progress_tick(struct progress *p, int64_t got, int64_t total);
void progress_end(struct progress *p);

/* The line for a terminal of so many columns. In the arena; at most `width` - 1 columns. */
const char *progress_line(struct arena *a, const char *label, int64_t got, int64_t total, int64_t elapsed_ms,
                          unsigned width, bool colour);
/* "812 B", "12.3 KB", "1.2 GB". In the arena. */
const char *progress_bytes(struct arena *a, int64_t n);

#endif
