/* getifaddrs(3) of Linux gives the label of an IPv4 address in place of the name of its interface. A label may be
 * any text, also the name of another interface: only netlink tells. */
#ifndef BERKELEY_LABELS_H
#define BERKELEY_LABELS_H

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>

/* An IPv4 address, its label, and the interface that it belongs to. */
typedef struct {
    struct in_addr addr;
    char label[IF_NAMESIZE];
    int index;
} labelled_t;

typedef struct {
    labelled_t *rows;
    size_t count, room;
} labels_t;

/* Asks for all of them: 0 or -errno. The rows are to be freed in any case. */
int all_labels(labels_t *labels);
/* The name of the interface of an entry; NULL when the system does not tell, with errno. `room` is for
 * IF_NAMESIZE bytes. */
const char *real_name(const labels_t *labels, const struct ifaddrs *entry, char *room);

#endif
