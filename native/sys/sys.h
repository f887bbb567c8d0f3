/* One function per system call, sorted by subject. Each file lists those that JavaScript calls. */
#ifndef BERKELEY_SYS_H
#define BERKELEY_SYS_H

#include "../call.h"

extern const method_t socket_methods[];
extern const method_t io_methods[];
extern const method_t msg_methods[];
extern const method_t rights_methods[];
extern const method_t mmsg_methods[];
extern const method_t inbox_methods[];
extern const method_t cmsg_methods[];
extern const method_t sockopt_methods[];
extern const method_t addr_methods[];
extern const method_t resolve_methods[];
extern const method_t interface_methods[];
extern const method_t reactor_methods[];
extern const method_t watch_methods[];
extern const method_t netns_methods[];
extern const method_t names_methods[];

/* { up: 1, broadcast: 2, ... } */
napi_value interface_flags(napi_env napi);

#endif
