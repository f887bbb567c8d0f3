/* Runs inputs from files, once each, without libFuzzer: under valgrind, or a debugger.
 *   replay FILE|FOLDER ...
 *   replay --subjects        what an input can call, and the shapes of the arguments */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "harness.h"

static size_t inputs;

static void run_file(const char *path) {
    FILE *file = fopen(path, "rb");
    struct stat about;
    must(file != NULL && fstat(fileno(file), &about) == 0, path);
    size_t size = (size_t)about.st_size;
    /* As long as the input, so that a read behind it is one behind the block. */
    uint8_t *data = malloc(size > 0 ? size : 1);
    must(data != NULL && fread(data, 1, size, file) == size, path);
    fclose(file);
    fprintf(stderr, "%s\n", path);
    run_input(data, size);
    free(data);
    inputs++;
}

static void run_folder(const char *path) {
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, NULL, alphasort);
    must(count >= 0, path);
    for (int i = 0; i < count; i++) {
        char name[4096];
        snprintf(name, sizeof name, "%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.') run_file(name);
        free(entries[i]);
    }
    free(entries);
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "--subjects") == 0) {
        list_subjects();
        return 0;
    }
    for (int i = 1; i < argc; i++) {
        struct stat about;
        must(stat(argv[i], &about) == 0, argv[i]);
        if (S_ISDIR(about.st_mode))
            run_folder(argv[i]);
        else
            run_file(argv[i]);
    }
    printf("%zu inputs\n", inputs);
    return inputs > 0 ? 0 : 1;
}
