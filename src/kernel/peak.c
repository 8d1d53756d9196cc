#include "kernel/peak.h"

#include "base/cpu.h"
#include "base/meter.h"
#include "kernel/ops.h"

enum { BURSTS = 30, TURNS = 20000 }; /* a burst takes about a millisecond */

/* Every thread's burst begins with the slowest's wake-up behind it, and the time is the slowest's. */
static double burst_gflops(const og__ops *ops, int threads)
{
    double flops = 0, start = 0, end = 0;
#pragma omp parallel num_threads(threads) reduction(+ : flops)
    {
        _Alignas(OG_LANES_MAX * sizeof(float)) float x[OG_LANES_MAX] = {1};
        double own;
#pragma omp barrier
#pragma omp master
        start = og__now_s();
        ops->arithmetic(TURNS, 0.5f, x, &own);
        flops += own;
#pragma omp barrier
#pragma omp master
        end = og__now_s();
    }
    return 1e-9 * flops / (end - start);
}

double og__peak_gflops(int threads)
{
    double best = 0;
    for (int i = 0; i < BURSTS; i++) {
        double gflops = burst_gflops(og__ops_for(og__cpu_isa()), threads);
        best = gflops > best ? gflops : best;
    }
    return best;
}
