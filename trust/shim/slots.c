/* The slots of a loaded object: what the dynamic linker keeps the addresses of functions in. */
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "shim.h"

#if defined(__x86_64__)
enum { JUMP_SLOT = R_X86_64_JUMP_SLOT, GLOBAL_DATA = R_X86_64_GLOB_DAT };
#elif defined(__aarch64__)
enum { JUMP_SLOT = R_AARCH64_JUMP_SLOT, GLOBAL_DATA = R_AARCH64_GLOB_DAT };
#else
#error "the fault shim knows the relocations of x86-64 and aarch64"
#endif

typedef struct {
    const char *path;
    int filled;
} search_t;

/* The dynamic section of an object, by tag. */
typedef struct {
    ElfW(Addr) base;
    const ElfW(Sym) * symbols;
    const char *strings;
    const ElfW(Rela) * calls, *data;
    size_t calls_size, data_size;
} dynamic_t;

static void note(dynamic_t *dynamic, const ElfW(Dyn) * entry) {
    ElfW(Addr) address = entry->d_un.d_ptr;
    switch (entry->d_tag) {
    case DT_SYMTAB: dynamic->symbols = (const ElfW(Sym) *)address; break;
    case DT_STRTAB: dynamic->strings = (const char *)address; break;
    case DT_JMPREL: dynamic->calls = (const ElfW(Rela) *)address; break;
    case DT_RELA: dynamic->data = (const ElfW(Rela) *)address; break;
    case DT_PLTRELSZ: dynamic->calls_size = entry->d_un.d_val; break;
    case DT_RELASZ: dynamic->data_size = entry->d_un.d_val; break;
    default: break;
    }
}

static dynamic_t dynamic_of(const struct dl_phdr_info *object) {
    dynamic_t dynamic;
    memset(&dynamic, 0, sizeof dynamic);
    dynamic.base = object->dlpi_addr;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        if (object->dlpi_phdr[i].p_type != PT_DYNAMIC) continue;
        const ElfW(Dyn) *entry = (const ElfW(Dyn) *)(dynamic.base + object->dlpi_phdr[i].p_vaddr);
        for (; entry->d_tag != DT_NULL; entry++) note(&dynamic, entry);
    }
    return dynamic;
}

/* A slot may lie on a page that the dynamic linker has sealed. */
static void fill(ElfW(Addr) slot, function_t *function) {
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    if (mprotect((void *)(slot & ~(size - 1)), size, PROT_READ | PROT_WRITE) == 0)
        *(function_t **)slot = function;
}

static int fill_all(const dynamic_t *dynamic, const ElfW(Rela) * first, size_t size) {
    int filled = 0;
    for (size_t i = 0; i < size / sizeof *first; i++) {
        unsigned type = ELF64_R_TYPE(first[i].r_info);
        if (type != JUMP_SLOT && type != GLOBAL_DATA) continue;
        const ElfW(Sym) *symbol = &dynamic->symbols[ELF64_R_SYM(first[i].r_info)];
        function_t *replacement = call_replacement(dynamic->strings + symbol->st_name);
        if (replacement == NULL) continue;
        fill(dynamic->base + first[i].r_offset, replacement);
        filled++;
    }
    return filled;
}

static int look(struct dl_phdr_info *object, size_t size, void *data) {
    search_t *search = data;
    (void)size;
    if (strcmp(object->dlpi_name, search->path) != 0) return 0;
    dynamic_t dynamic = dynamic_of(object);
    search->filled = fill_all(&dynamic, dynamic.calls, dynamic.calls_size) +
                     fill_all(&dynamic, dynamic.data, dynamic.data_size);
    return 1;
}

int slots_fill(const char *path) {
    search_t search = {path, -1};
    dl_iterate_phdr(look, &search);
    return search.filled;
}
