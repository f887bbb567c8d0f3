/* What is to go wrong: at most one plan for each call, and chance. */
#include "shim.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>

typedef struct {
    plan_t plan;
    int kinds, per_million;
    long seen, done;
} state_t;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static state_t states[CALL_COUNT];
static uint64_t random_state;

/* splitmix64: the same numbers for the same seed. */
static uint64_t random_number(void) {
    uint64_t mixed = random_state += 0x9e3779b97f4a7c15;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
    return mixed ^ mixed >> 31;
}

static fault_t planned(state_t *state, long first) {
    static const fault_t none = {PASS, 0, 0, 0};
    const plan_t *plan = &state->plan;
    if (plan->times == 0 || (plan->fd >= 0 && plan->fd != (int)first)) return none;
    state->seen++;
    return state->seen >= plan->from && state->seen - plan->from < plan->times ? plan->fault : none;
}

/* Once a call is interrupted that does its work all the same: connect(2) goes on, close(2) has closed. */
static action_t interruption_of(call_t call) {
    return call == CALL_connect || call == CALL_close ? AFTER : FAIL;
}

static fault_t by_chance(const state_t *state, call_t call) {
    fault_t fault = {PASS, 0, 0, 0};
    if (state->kinds == 0 || random_number() % 1000000 >= (uint64_t)state->per_million)
        return fault;
    int kind;
    do kind = 1 << random_number() % 3;
    while ((state->kinds & kind) == 0);
    if (kind == SHORT)
        fault = (fault_t){SHORTEN, 0, 0,
                          1 + (long)(random_number() % (1u << random_number() % 16))};
    else if (kind == INTERRUPTED)
        fault = (fault_t){interruption_of(call), EINTR, -1, 0};
    else
        fault = (fault_t){FAIL, EAGAIN, -1, 0};
    return fault;
}

fault_t faults_next(call_t call, long first) {
    state_t *state = &states[call];
    pthread_mutex_lock(&lock);
    fault_t fault = planned(state, first);
    if (fault.action == PASS) fault = by_chance(state, call);
    if (fault.action != PASS) state->done++;
    pthread_mutex_unlock(&lock);
    return fault;
}

void faults_plan(call_t call, const plan_t *plan) {
    pthread_mutex_lock(&lock);
    states[call].plan = *plan;
    states[call].seen = states[call].done = 0;
    pthread_mutex_unlock(&lock);
}

void faults_at_random(call_t call, int kinds, int per_million) {
    pthread_mutex_lock(&lock);
    states[call].kinds = kinds & (INTERRUPTED | NOT_NOW | SHORT);
    states[call].per_million = per_million;
    pthread_mutex_unlock(&lock);
}

void faults_seed(unsigned seed) {
    pthread_mutex_lock(&lock);
    random_state = seed;
    pthread_mutex_unlock(&lock);
}

void faults_clear(void) {
    pthread_mutex_lock(&lock);
    memset(states, 0, sizeof states);
    pthread_mutex_unlock(&lock);
}

long faults_seen(call_t call) {
    pthread_mutex_lock(&lock);
    long seen = states[call].seen;
    pthread_mutex_unlock(&lock);
    return seen;
}

long faults_done(call_t call) {
    pthread_mutex_lock(&lock);
    long done = states[call].done;
    pthread_mutex_unlock(&lock);
    return done;
}
