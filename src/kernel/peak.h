/* How fast the machine computes at most. */
#ifndef OG_KERNEL_PEAK_H
#define OG_KERNEL_PEAK_H

/* 1e9 float additions and multiplications per second on `threads` threads with this process's instruction set: the
 * best of some short bursts, about 30 ms in all. */
double og__peak_gflops(int threads);

#endif
