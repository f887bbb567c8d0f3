/* An addon with one fault of each kind that the sanitizers are there for: they have to report it, or they would report nothing
 * else either. Node calls the function by its name; no header of Node is needed for that. */
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int shared;
static volatile int zero; /* keeps the compiler from seeing what follows */

/* The size is hidden from the undefined-behaviour sanitizer, which would be first otherwise. */
static void overflow(void) {
    char *volatile memory = malloc(8);
    if (memory == NULL) return;
    memory[8 + zero] = 1;
    free(memory);
}

static void undefined(void) {
    shared = INT_MAX - zero;
    shared++;
}

static void *add(void *unused) {
    for (int i = 0; i < 1000; i++) shared++;
    return unused;
}

static void race(void) {
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        if (pthread_create(&threads[i], NULL, add, NULL) != 0) _exit(1);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
}

__attribute__((visibility("default"))) void *napi_register_module_v1(void *env, void *exports) {
    const char *fault = getenv("BERKELEY_FAULT");
    (void)env;
    if (fault != NULL && strcmp(fault, "overflow") == 0) overflow();
    if (fault != NULL && strcmp(fault, "undefined") == 0) undefined();
    if (fault != NULL && strcmp(fault, "race") == 0) race();
    return exports;
}
