/* All kinds, by number. */
#include "value.h"

/* JavaScript reads the numbers from kind_numbers(), so any order would do. */
static const kind_group_t *const groups[] = {
    &number_kinds, &tcp_info_kinds, &inet_kinds, &tcp_kinds, &cmsg_kinds, &link_kinds,
};

const kind_t *kind_at(int index) {
    if (index < 0) return NULL;
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        if (index < groups[i]->count) return &groups[i]->kinds[index];
        index -= groups[i]->count;
    }
    return NULL;
}

napi_value kind_numbers(napi_env napi) {
    napi_value table;
    napi_create_object(napi, &table);
    const kind_t *kind;
    for (int i = 0; (kind = kind_at(i)) != NULL; i++)
        napi_set_named_property(napi, table, kind->name, new_int(napi, i));
    return table;
}
