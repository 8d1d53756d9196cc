/* The fuzzer of the formula language: fuzz_formula [options of libFuzzer] tests/fuzz/corpus */
#include "fuzz/formula.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    formula_check(data, size);
    return 0;
}
