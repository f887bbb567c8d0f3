/* The constants of the sockets API, by name. The list is constants.def. */
#ifndef BERKELEY_CONSTANTS_H
#define BERKELEY_CONSTANTS_H

#include <node_api.h>

/* Adds two frozen tables to the addon's exports: `constants`, an object with every name that has a
 * number here ({ AF_UNIX: 1, ... }), and `unsupported`, an array of those names whose number is only
 * an assigned one because this platform has no such constant. */
void constants_export(napi_env napi, napi_value exports);

#endif
