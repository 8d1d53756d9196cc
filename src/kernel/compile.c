#include "kernel/compile.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "act/emit_c.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "kernel/code_cache.h"
#include "kernel/process.h"

/* The texts that the catalogue's kernels include, embedded by cmake/kernels.cmake. */
extern const char og__embed_f32_h[], og__embed_act_types_h[], og__embed_frames_h[];

/* OG_KERNEL_FLAGS and OG_KERNEL_FLAGS_<ISA> are what cmake/kernels.cmake compiles the catalogue with. */
static const char *const isa_flags[OG_ISA_COUNT] = {
    [OG_ISA_BASELINE] = OG_KERNEL_FLAGS_BASELINE,
    [OG_ISA_AVX2] = OG_KERNEL_FLAGS_AVX2,
    [OG_ISA_AVX512] = OG_KERNEL_FLAGS_AVX512,
};
static const char common_flags[] = "-std=gnu11 -fPIC -shared -fvisibility=hidden -fopenmp-simd -w " OG_KERNEL_FLAGS;

enum { ARGS_MAX = 64, VERSION_LIMIT_S = 20, COMPILE_LIMIT_S = 120 };

og_status og__compile_source(const og_act *act, og__isa isa, og__text *source)
{
    og__text_format(source, "#define OG_LANES %d\n", og__isa_lanes(isa));
    og__text_add(source, og__embed_f32_h);
    og__text_add(source, og__embed_act_types_h);
    OG_TRY(og__emit_c(act, "act", source));
    og__text_add(source, og__embed_frames_h);
    og__text_add(source, "extern const og__act_frames *const ogive_frames __attribute__((visibility(\"default\")));\n"
                         "const og__act_frames *const ogive_frames = &act_frames;\n");
    return og__text_status(source);
}

/* The compiler's name, and what it says about its version. */
static og_status find_compiler(const char **compiler, og__text *version)
{
    static const char *const usual[] = {"cc", "gcc", "clang"};
    const char *wish = getenv("OGIVE_CC");
    size_t count = wish && wish[0] ? 1 : sizeof usual / sizeof usual[0];
    for (size_t i = 0; i < count; i++) {
        *compiler = wish && wish[0] ? wish : usual[i];
        const char *const argv[] = {*compiler, "--version", NULL};
        if (og__process_run(argv, VERSION_LIMIT_S, version) == OG_OK)
            return OG_OK;
        og__text_deinit(version);
    }
    if (wish && wish[0])
        return og__fail_in(OG_ERR_UNSUPPORTED, "no C compiler: OGIVE_CC names one that does not work");
    return og__fail(OG_ERR_UNSUPPORTED,
                    "no C compiler: none of cc, gcc, clang is on PATH; install one, or name one in OGIVE_CC");
}

/* The name of a compiled formula: everything that its content depends on, digested. */
static og_status library_name(const og__text *source, og__isa isa, const og__text *version, og__text *name)
{
    unsigned char bytes[OG_DIGEST_BYTES];
    char text[OG_DIGEST_TEXT_BYTES];
    og__digest digest = og__digest_start();
    og__digest_add(&digest, source->data, source->length + 1);
    og__digest_add(&digest, common_flags, sizeof common_flags);
    og__digest_add(&digest, isa_flags[isa], strlen(isa_flags[isa]) + 1);
    og__digest_add(&digest, og__text_get(version), version->length + 1);
    og__digest_end(&digest, bytes);
    og__digest_text(bytes, text);
    og__text_format(name, "%s.so", text);
    return og__text_status(name);
}

/* Append the words of `flags`, cut in place, to an argument list. */
static int add_words(char *flags, const char **argv, int count)
{
    char *rest;
    for (char *word = strtok_r(flags, " ", &rest); word && count < ARGS_MAX - 8; word = strtok_r(NULL, " ", &rest))
        argv[count++] = word;
    return count;
}

/* The compiler's first complaint, one line. */
static const char *first_line(og__text *output)
{
    char *text = output->data;
    if (!text)
        return "it printed nothing";
    char *error = strstr(text, "error"), *start = error ? error : text;
    start[strcspn(start, "\n")] = '\0';
    while (start > text && start[-1] != '\n')
        start--;
    return start;
}

static og_status run_compiler(const char *compiler, og__isa isa, const char *source_path, const char *library_path)
{
    og_status status = OG_OK;
    og__text output = {0};
    const char *argv[ARGS_MAX] = {compiler};
    char *common = NULL, *special = NULL;
    OG_GO(og__copy_text(common_flags, &common));
    OG_GO(og__copy_text(isa_flags[isa], &special));
    int count = add_words(special, argv, add_words(common, argv, 1));
    const char *const rest[] = {"-o", library_path, "-x", "c", source_path, NULL};
    memcpy(argv + count, rest, sizeof rest);
    status = og__process_run(argv, COMPILE_LIMIT_S, &output);
    if (status != OG_OK)
        status = og__fail(status, "cannot compile the formula: %s: %s", og_error_text(), first_line(&output));
done:
    og__text_deinit(&output);
    free(common);
    free(special);
    return status;
}

/* Compile in files of names that no other process or thread uses, then store the result. */
static og_status build(const char *compiler, og__isa isa, const og__text *source, const char *folder, const char *name)
{
    static atomic_uint builds;
    og_status status = OG_OK;
    og__text source_path = {0}, library_path = {0};
    unsigned number = atomic_fetch_add(&builds, 1);
    og__text_format(&source_path, "%s/%s.%ld.%u.c", folder, name, (long)getpid(), number);
    og__text_format(&library_path, "%s/%s.%ld.%u.part", folder, name, (long)getpid(), number);
    OG_GO(og__text_status(&source_path));
    OG_GO(og__text_status(&library_path));
    OG_GO(og__file_write(source_path.data, source->data, source->length));
    OG_GO(run_compiler(compiler, isa, source_path.data, library_path.data));
    OG_GO(og__code_cache_store(folder, name, library_path.data));
done:
    unlink(og__text_get(&source_path));
    unlink(og__text_get(&library_path));
    og__text_deinit(&source_path);
    og__text_deinit(&library_path);
    return status;
}

static og_status find_frames(void *library, const og__act_frames **frames)
{
    const og__act_frames *const *symbol = dlsym(library, "ogive_frames");
    if (!symbol)
        return og__fail(OG_ERR_UNSUPPORTED, "the compiled formula lacks its table of functions");
    *frames = *symbol;
    return OG_OK;
}

og_status og__compile_act(const og_act *act, og__isa isa, const og__act_frames **frames)
{
    og_status status = OG_OK;
    og__text source = {0}, version = {0}, name = {0};
    char *folder = NULL;
    const char *compiler;
    void *library;
    *frames = NULL;
    OG_GO(og__code_cache_folder(&folder));
    OG_GO(og__compile_source(act, isa, &source));
    OG_GO(find_compiler(&compiler, &version));
    OG_GO(library_name(&source, isa, &version, &name));
    OG_GO(og__code_cache_load(folder, name.data, &library));
    if (!library) {
        OG_GO(build(compiler, isa, &source, folder, name.data));
        OG_GO(og__code_cache_load(folder, name.data, &library));
    }
    if (library)
        status = find_frames(library, frames);
    else
        status = og__fail(OG_ERR_FILE, "the compiled formula '%s' in '%s' was damaged while it was stored", name.data,
                          folder);
done:
    og__text_deinit(&source);
    og__text_deinit(&version);
    og__text_deinit(&name);
    free(folder);
    return status;
}
