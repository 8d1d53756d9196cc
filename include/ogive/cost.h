/* What activation functions and passes of networks cost on this machine. */
#ifndef OGIVE_COST_H
#define OGIVE_COST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ogive/act.h>
#include <ogive/status.h>
#include <ogive/train.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct og_act_cost {
    char executor[16];    /* "built-in", "compiled", "interpreter" */
    char isa[16];         /* "avx512", "avx2", "baseline" */
    double forward_ns;    /* per element of the result: normalise and f */
    double backward_ns;   /* per element: d_dst * f' and the sums of the norm's and the parameters' gradients */
    double normalised_ns; /* per element: both, and the two passes that batch norm adds, as in a training step */
    double forward_ratio, backward_ratio, normalised_ratio; /* to relu by the executor asked for, in the same run */
} og_act_cost;

/* How to measure. */
typedef struct og_act_cost_options {
    size_t bytes;         /* of each tensor: of what is read (one per input of the formula) and of what is written */
    double seconds;       /* after so long no further turn begins; there are 3 to 31 */
    int threads;          /* 0 is 1 */
    const char *executor; /* "built-in", "compiled", "interpreter"; NULL for the one that training takes */
} og_act_cost_options;

/**
 * Measure the kernels that training runs, on tensors of normal numbers. Functions and relu take turns, so that a slow
 * moment hits all of them; lower quartiles are compared.
 *
 * @param costs     [count]
 *
 * @return OG_OK, OG_ERR_MEMORY, OG_ERR_NAME for an unknown executor, or OG_ERR_UNSUPPORTED when it has no kernel for
 * one of them: the text says why
 *
 * Result: differs from run to run, more on a busy machine.
 */
OG_API og_status og_act_measure(size_t count, const og_act *const *acts, const og_act_cost_options *options,
                                og_act_cost *costs);

/* What to measure of a network beside its training options. */
typedef struct og_pass_options {
    bool training;         /* a whole step: forward, loss, backward and update; else inference */
    int channels, classes; /* of the images */
    int d, h, w;           /* d: slices; 0 is 1 */
    int turns;             /* passes that are timed, 1 to 1000 */
    double seconds;        /* after so long no further pass begins */
} og_pass_options;

/* One kind of work, over the whole network. */
typedef struct og_work_cost {
    const char *name;  /* "conv3x3_forward" */
    const char *about; /* in words */
    bool convolution;  /* its operations are counted */
    double ms;         /* median over the passes */
    double gflop;      /* 1e9 products and sums, as a direct convolution would need them */
} og_work_cost;

/* One kind of work of one node. */
typedef struct og_node_cost {
    char name[96]; /* "encoder.0.conv.0", or "" for what belongs to no node */
    int stage;     /* the result's resolution: (h, w) / 2^stage; of a transposed convolution the finer one */
    int channels;  /* of the result */
    size_t work;   /* index into og_pass_cost.works */
    double ms, gflop;
} og_node_cost;

typedef struct og_pass_cost {
    char isa[16]; /* "avx512", "avx2", "baseline" */
    int threads;
    int turns;          /* passes that were timed */
    double ms, best_ms; /* per pass: median, and the least */
    double ready_ms;    /* making the network and its plan */
    double first_ms;    /* the same, and the first pass */
    double gflop;       /* per pass, of all convolutions */
    double peak_gflops; /* what a loop of nothing but multiplications and additions does per second on these threads */
    int64_t plan_bytes; /* that the plan booked */
    int64_t peak_bytes; /* the process's largest resident memory */
    size_t work_count, node_count;
    og_work_cost *works; /* that occur */
    og_node_cost *nodes; /* in forward order */
} og_pass_cost;

/**
 * Measure passes of a network on images of normal numbers and random labels, after two that are not counted.
 *
 * @param network   which network, batch, optimiser, loss, threads and algorithm; what concerns data is not read
 * @param d         slices, for networks of volumes; 1 of images
 *
 * @return OG_OK, OG_ERR_ARGUMENT for a network or size that cannot be, or another failure of og_net_new(),
 * og_plan_new()
 *
 * Result: differs from run to run, more on a busy machine.
 */
OG_API og_status og_pass_measure(const og_train_options *network, const og_pass_options *options, og_pass_cost *cost);
OG_API void og_pass_cost_deinit(og_pass_cost *cost);

/* What a network needs in memory for passes over batches of one size, in bytes. */
typedef struct og_memory_plan {
    int64_t program;   /* code and libraries, with the code that oneDNN makes for this network */
    int64_t weights;   /* and running statistics */
    int64_t gradients; /* of training */
    int64_t optimizer;
    int64_t packed;  /* weights once more, in the order that the convolutions read */
    int64_t arena;   /* values and their gradients, sharing memory over time */
    int64_t scratch; /* of one convolution at a time */
    int64_t sums;    /* of norms, activations and the loss */
    int64_t batch;   /* images, labels, results */
    int64_t total;
} og_memory_plan;

/* One operation. */
typedef struct og_node_outline {
    char name[96];    /* "encoder.0.conv.0" */
    const char *kind; /* "convolution", "activation", ... */
    int stage;        /* the result's resolution: (h, w) / 2^stage */
    int channels, d, h, w;
    int64_t params;
    double gflop; /* forward, of the whole batch: 1e9 products and sums of a direct convolution */
} og_node_outline;

/* A network for one size of batches. */
typedef struct og_net_outline {
    int n, channels, classes, d, h, w; /* d: slices, 1 of images */
    bool volumes;
    int depth, size_multiple, slice_multiple;
    int size_least, margin; /* the smallest side; pixels at each side by which the result is smaller than the image */
    int64_t params;
    double gflop, training_gflop; /* of a batch: forward; forward and backward */
    og_memory_plan inference, training;
    int64_t machine_bytes; /* that this machine has for all programs; 0 where it does not tell */
    size_t node_count;
    og_node_outline *nodes; /* in forward order */
} og_net_outline;

/**
 * Say what a network consists of and what it needs, without running it or taking memory for its values. Without padding
 * h and w are rounded up to sides that the network takes.
 *
 * @param network   which network, batch, optimiser, loss, threads and algorithm; what concerns data is not read
 *
 * @return OG_OK, OG_ERR_ARGUMENT for a network that cannot be, OG_ERR_SHAPE for a size that it cannot halve so often,
 * or OG_ERR_MEMORY when not even its weights fit
 */
OG_API og_status og_net_sketch(const og_train_options *network, int channels, int classes, int d, int h, int w,
                               og_net_outline *outline);

/** The same of a trained network; of `network` only batch, threads and algorithm are read. */
OG_API og_status og_model_sketch(og_model *model, const og_train_options *network, int d, int h, int w,
                                 og_net_outline *outline);
OG_API void og_net_outline_deinit(og_net_outline *outline);

#ifdef __cplusplus
}
#endif
#endif
