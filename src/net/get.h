/* net/get.h - a GET without header lines of its own (net/send.h). */
#ifndef NET_GET_H
#define NET_GET_H

#include "net/send.h"

/* Initialises `reply`; net_reply_release() afterwards, whatever it returned. */
enum net_result net_get(const char *url, const struct net_options *options, struct net_reply *reply);

#endif
