/* serve/serve.h - the daemon: `cardea serve`. */
#ifndef SERVE_SERVE_H
#define SERVE_SERVE_H

/* Runs until SIGTERM or SIGINT. argv[0] is skipped. The exit code: 0 after a clean stop or --help, 1 when it cannot
 * start or go on, 2 when the command line or the configuration is wrong. Every failure has said why on stderr. */
int serve_main(int argc, char **argv);

#endif
