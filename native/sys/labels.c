#include "labels.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../port/port.h"

/* False without memory. */
static bool add_label(labels_t *labels, const labelled_t *row) {
    if (labels->count == labels->room) {
        size_t room = labels->room ? 2 * labels->room : 16;
        labelled_t *rows = realloc(labels->rows, room * sizeof *rows);
        if (rows == NULL) return false;
        labels->rows = rows;
        labels->room = room;
    }
    labels->rows[labels->count++] = *row;
    return true;
}

static bool read_label(labels_t *labels, const struct nlmsghdr *message) {
    const struct ifaddrmsg *about = NLMSG_DATA(message);
    labelled_t row = {.index = (int)about->ifa_index};
    int left = (int)IFA_PAYLOAD(message);
    for (struct rtattr *part = IFA_RTA(about); RTA_OK(part, left); part = RTA_NEXT(part, left)) {
        size_t length = RTA_PAYLOAD(part);
        if (part->rta_type == IFA_LOCAL && length >= sizeof row.addr)
            memcpy(&row.addr, RTA_DATA(part), sizeof row.addr);
        if (part->rta_type == IFA_LABEL && length <= sizeof row.label)
            memcpy(row.label, RTA_DATA(part), length); /* its NUL is counted in */
    }
    row.label[sizeof row.label - 1] = '\0';
    return add_label(labels, &row);
}

/* Reads the messages of one answer: 1 when more follow, 0 at the end of the list, or -errno. */
static int read_labels(labels_t *labels, const void *answer, size_t length) {
    const struct nlmsghdr *message = answer;
    for (; NLMSG_OK(message, length); message = NLMSG_NEXT(message, length)) {
        if (message->nlmsg_type == NLMSG_DONE) return 0;
        if (message->nlmsg_type == NLMSG_ERROR)
            return ((const struct nlmsgerr *)NLMSG_DATA(message))->error;
        if (message->nlmsg_type == RTM_NEWADDR && !read_label(labels, message)) return -ENOMEM;
    }
    return 1;
}

/* Asks for the IPv4 addresses over a socket of netlink(7). The kernel has the answer ready: it is
 * never waited for. */
static int ask_for_labels(labels_t *labels, int fd) {
    union {
        struct nlmsghdr alignment;
        char bytes[16384];
    } answer;
    struct {
        struct nlmsghdr header;
        struct ifaddrmsg about;
    } request;
    int result = 1;
    memset(&request, 0, sizeof request);
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = RTM_GETADDR;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request.about.ifa_family = AF_INET;
    if (send(fd, &request, sizeof request, 0) < 0) return -errno;
    while (result > 0) {
        ssize_t length = recv(fd, &answer, sizeof answer, MSG_DONTWAIT);
        if (length <= 0) return length < 0 ? -errno : -EPROTO;
        result = read_labels(labels, &answer, (size_t)length);
    }
    return result;
}

int all_labels(labels_t *labels) {
    int fd = new_socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    if (fd < 0) return -errno;
    int result = ask_for_labels(labels, fd);
    close(fd);
    return result;
}

const char *real_name(const labels_t *labels, const struct ifaddrs *entry, char *room) {
    if (entry->ifa_addr == NULL || entry->ifa_addr->sa_family != AF_INET) return entry->ifa_name;
    struct sockaddr_in in;
    memcpy(&in, entry->ifa_addr, sizeof in);
    for (size_t i = 0; i < labels->count; i++) {
        const labelled_t *row = &labels->rows[i];
        if (row->addr.s_addr != in.sin_addr.s_addr || strcmp(row->label, entry->ifa_name) != 0)
            continue;
        const char *name = if_indextoname((unsigned)row->index, room);
        /* An interface that has gone since is left out by the code that asks more about it. */
        return name == NULL && errno == ENXIO ? entry->ifa_name : name;
    }
    return entry->ifa_name;
}
