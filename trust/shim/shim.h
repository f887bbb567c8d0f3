/* The fault shim. The addons call the C library, Node-API, libuv and OpenSSL through slots that the dynamic
 * linker fills; slots.c puts functions of calls.c there, which ask faults.c what is to go wrong, and
 * control.c takes the orders of JavaScript. Calls of other objects are not touched. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

typedef enum {
#define CALL(name, shortened) CALL_##name,
#include "calls.def"
#undef CALL
    CALL_COUNT
} call_t;

/* Every argument of these calls is a pointer or an integer, and no call has more than seven. */
enum { ARGS = 8 };
typedef long function_t(long, long, long, long, long, long, long, long);

typedef enum {
    PASS,    /* nothing goes wrong */
    FAIL,    /* the call is not made, and answers `result` with `error` as errno */
    AFTER,   /* the call is made, and answers that all the same */
    SHORTEN, /* the call is made with a count of `limit` at most */
    ANSWER,  /* the call is made, and its callback gets `result` as status and nothing else */
} action_t;

typedef struct {
    action_t action;
    int error;
    long result;
    long limit;
} fault_t;

/* A fault on purpose: of the calls since it was planned, `times` from the one with the number `from` on. Only
 * those whose first argument is `fd` count, unless that is negative. */
typedef struct {
    fault_t fault;
    int from, times, fd;
} plan_t;

/* Faults at random, of these kinds, in so many of a million calls. */
enum { INTERRUPTED = 1, NOT_NOW = 2, SHORT = 4 };

/* What a call is to do now, counting it. */
fault_t faults_next(call_t call, long first);
void faults_plan(call_t call, const plan_t *plan);
void faults_at_random(call_t call, int kinds, int per_million);
void faults_seed(unsigned seed);
void faults_clear(void);
/* Since they were planned, of all calls for CALL_COUNT. */
long faults_seen(call_t call);
long faults_done(call_t call);

const char *call_name(call_t call);
/* The function to put in the slot of a call; NULL for a name that calls.def does not list. */
function_t *call_replacement(const char *name);
/* Makes epoll announce the readiness of a descriptor again, after a call that answered EAGAIN or left
 * something although there was more. */
void call_rearm(int fd);

/* Fills the slots of a loaded object, named by its path. How many; -1 when there is no such object. */
int slots_fill(const char *path);
