/* JavaScript without an engine: just enough of Node-API's values for the sources of native/ to be linked with it
 * unchanged. Every ArrayBuffer is a block of its own, so that a byte beside it is caught; memory that JavaScript
 * takes away is freed at once, so that a pointer that was kept is caught too. What Node aborts on aborts here. */
#ifndef BERKELEY_FAKE_JS_H
#define BERKELEY_FAKE_JS_H

#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum {
    JS_UNDEFINED,
    JS_NUMBER,
    JS_STRING,
    JS_OBJECT,
    JS_ARRAY,
    JS_BUFFER, /* an ArrayBuffer */
    JS_VIEW,   /* a Uint8Array */
    JS_DATA_VIEW,
    JS_FUNCTION,
    JS_EXTERNAL,
    JS_ERROR,
    JS_GETTER, /* an element that runs a program when it is read: the reader gets its result */
} js_kind_t;

typedef struct js js_t;

/* What reading an element does before it gives `value`. */
typedef enum { GETTER_DETACHES, GETTER_THROWS } js_getter_t;

typedef struct {
    char *name;
    js_t *value;
} js_property_t;

struct js {
    js_kind_t kind;
    js_t *before; /* the value that was made before this one */
    double number;
    char *text;      /* of a string, with its NUL; the code of an error */
    size_t length;   /* of a string, an array, an ArrayBuffer or a view */
    uint8_t *memory; /* of an ArrayBuffer */
    bool detached;
    js_t *buffer; /* of a view, whose bytes begin at `offset` */
    size_t offset;
    js_t **elements;
    js_property_t *properties; /* `length` of them */
    napi_callback function;
    void *data; /* of a function or an external */
    napi_finalize finalize;
    js_getter_t getter;
    js_t *value, *victim; /* of a getter: what it gives, and the view whose memory it takes */
};

js_t *js_undefined(void);
js_t *js_number(double number);
js_t *js_string(const void *from, size_t length);
js_t *js_array(size_t length);
js_t *js_buffer(size_t length);
/* Bytes [offset, offset + length) of a buffer. */
js_t *js_view(js_kind_t kind, js_t *buffer, size_t offset, size_t length);
/* A view of a buffer of its own. */
js_t *js_bytes(const void *from, size_t length);
js_t *js_getter(js_getter_t what, js_t *value, js_t *victim);
/* As ArrayBuffer.prototype.transfer() does: the memory is gone. */
void js_detach(js_t *view);
uint8_t *js_start(const js_t *view);
js_t *js_property(const js_t *object, const char *name);
/* What the collector does with an external that is not referenced any more: finalizes it. */
void js_collect(js_t *external);

/* The environment. `js_load` is how Node loads an addon. */
js_t *js_load(void);
void js_unload(void);
/* Everything that was made since `mark` is collected; what is older stays. */
js_t *js_mark(void);
void js_release(const js_t *mark);
/* Saves a value from that; js_unload() collects it. */
void js_keep(js_t *value);

/* Calls a function of the addon. An exception is cleared, and `thrown` is set. */
js_t *js_call(const js_t *function, js_t *const *arguments, size_t count, bool *thrown);

/* Shared by the two halves of the fake. */
void js_release_kept(void);
js_t *js_new(js_kind_t kind);
extern bool js_exception;
/* So many more things can be made; then there is no memory. Negative: no end. */
extern int js_memory;
bool js_no_memory(void);

#endif
