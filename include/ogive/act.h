/* Activation functions: formulas, and everything that follows from them.
 *
 *   formula    := expression in x, other inputs and parameters   x * tanh(softplus(x))
 *   definition := name(p = default, ...) = expression    leaky_relu(a = 0.01) = where(x > 0, x, a*x)
 *   use        := name | name(p = value, ...) | formula | formula; p = value, ...
 *   value      := number | learn(init) | learn(init, channel) | alternate(number)
 *               | excite(reduction [, relu] [, layer])
 *   init       := number | uniform(lo, hi) | normal(mean, sd)
 *
 *   spelling   := a library's name with its arguments    nn.LeakyReLU(0.2)
 *
 * docs/formulas.md lists operators, functions and libraries. */
#ifndef OGIVE_ACT_H
#define OGIVE_ACT_H

#include <stdbool.h>
#include <stddef.h>

#include <ogive/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** An activation function with values for its parameters. Immutable. */
typedef struct og_act og_act;

typedef enum og_learn {
    OG_LEARN_NO,
    OG_LEARN_LAYER,   /* one trained value per layer */
    OG_LEARN_CHANNEL, /* one trained value per channel */
} og_learn;

enum { OG_ACT_PARAMS_MAX = 16 };

/** Where the (initial) value of a parameter comes from. */
typedef enum og_param_source {
    OG_PARAM_NUMBER,    /* value */
    OG_PARAM_UNIFORM,   /* drawn from the run's seed in [first, second]; value is the middle */
    OG_PARAM_NORMAL,    /* drawn with mean first and standard deviation second; value is the mean */
    OG_PARAM_ALTERNATE, /* value for even channels, -value for odd ones */
    OG_PARAM_EXCITE,    /* per image: sigmoid(fc2(hidden)), hidden = fc1(mean of x over the pixels) of
                           max(first, channels / first) numbers, through relu when second is 1; value is 1/2 */
} og_param_source;

typedef struct og_act_param {
    const char *name; /* borrowed from the og_act or the catalogue */
    float value;      /* fixed or initial value, or what stands for it where no network is at hand */
    og_learn learn;   /* OG_PARAM_EXCITE: one value per image and channel, or per image (OG_LEARN_LAYER) */
    og_param_source source;
    float first, second; /* see og_param_source */
} og_act_param;

/** What a formula reads beside its parameters (docs/adr/0010-inputs-of-a-formula.md). */
typedef enum og_input {
    OG_INPUT_X,
    OG_INPUT_GATE, /* further convolutions of what the layer reads, normalised like x */
    OG_INPUT_GATE2,
    OG_INPUT_GATE3,
    OG_INPUT_FUNNEL, /* a depthwise 3 x 3 convolution of x, normalised */
    OG_INPUT_MIRROR, /* (x, -x) over the channels; a formula has x or mirror */
    OG_INPUT_NOISE,  /* uniform in [0, 1) per element in training, 1/2 in evaluation */
    OG_INPUT_COUNT
} og_input;

/**
 * Parse a use: a catalogue name, a name with values, a formula or a definition.
 *
 * @param act   released with og_act_free(); NULL on failure
 *
 * @return OG_OK, or
 *         OG_ERR_SYNTAX       the error text shows the place, what was found and what was expected
 *         OG_ERR_NAME         an unknown name, with the nearest known one, or arguments that its library does not have
 *         OG_ERR_ARGUMENT     a value that is no float32, a formula that does not depend on x or on a parameter, or
                             inputs or sources that do not go together
 *         OG_ERR_UNSUPPORTED  a formula too large to be written out or differentiated
 */
OG_API og_status og_act_parse(const char *text, og_act **act);
OG_API void og_act_free(og_act *act);

/** Return the canonical text; og_act_parse() of it gives an equal activation. Lives as long as `act`. */
OG_API const char *og_act_text(const og_act *act);

/** Return whether the formula reads an input. */
OG_API bool og_act_uses(const og_act *act, og_input input);

/** Return an input's name in formulas ("gate") and what it is, in words; NULL for no og_input. */
OG_API const char *og_input_name(og_input input);
OG_API const char *og_input_meaning(og_input input);

/** Whose names for activations are known: og_act_parse() takes "nn.LeakyReLU(0.2)", "jax.nn.gelu", "swish". */
typedef enum og_library {
    OG_LIBRARY_COMMON, /* names without a library */
    OG_LIBRARY_PYTORCH,
    OG_LIBRARY_KERAS,
    OG_LIBRARY_JAX,
    OG_LIBRARY_FLAX,
    OG_LIBRARY_ONNX,
    OG_LIBRARY_TIMM,
    OG_LIBRARY_MONAI,
    OG_LIBRARY_MMCV,
    OG_LIBRARY_XFORMERS,
    OG_LIBRARY_DARKNET,
    OG_LIBRARY_COUNT
} og_library;

/** Return "PyTorch"; NULL for no og_library. */
OG_API const char *og_library_name(og_library library);

/**
 * Return what a library's name was taken for: "LeakyReLU is leaky_relu(a = 0.01) as in PyTorch; in Keras it is
 * leaky_relu(a = 0.3)"; "" for what was typed in ogive's own words. Lives as long as `act`.
 */
OG_API const char *og_act_note(const og_act *act);

/**
 * Write an activation as a library spells it: "nn.LeakyReLU(negative_slope=0.2)", "LeakyRelu(alpha=0.2) (opset 6)".
 *
 * @param text   NULL when the library has no name for it; released with free()
 */
OG_API og_status og_act_spelling(const og_act *act, og_library library, char **text);

/** Return the catalogue id ("silu"), or NULL for a formula. */
OG_API const char *og_act_id(const og_act *act);

OG_API size_t og_act_param_count(const og_act *act);
OG_API og_act_param og_act_param_at(const og_act *act, size_t index);

/**
 * Write where a parameter's value comes from as formulas have it: "0.1", "learn(uniform(0, 1), channel)".
 *
 * @param text   char[OG_ACT_PARAM_BYTES]
 */
enum { OG_ACT_PARAM_BYTES = 128 };
OG_API void og_act_param_format(const og_act_param *param, char *text);

/**
 * Evaluate with the production kernels in float32, with gates 1, funnel 0, mirror x and noise 1/2.
 *
 *   y[i] = f(x[i]),  dy[i] = f'(x[i]),  dparams[k][i] = df/dp_k at x[i]
 *
 * @param y, dy, dparams   f32[count] each, dparams[0 .. parameter count - 1]; any may be NULL
 */
OG_API og_status og_act_eval(const og_act *act, size_t count, const float *x, float *y, float *dy,
                             float *const *dparams);

/**
 * The same with values for every input, and derivatives by each: dinputs[j][i] = df/dj at point i.
 *
 * @param inputs    inputs[og_input]: f32[count]; x is given, others may be NULL for the values above
 * @param dinputs   dinputs[og_input]: f32[count]; 0 for inputs that f does not read; dinputs and any of it may be NULL
 */
OG_API og_status og_act_eval_inputs(const og_act *act, size_t count, const float *const inputs[OG_INPUT_COUNT],
                                    float *y, float *const dinputs[OG_INPUT_COUNT], float *const *dparams);

/** Write the formula, or its derivative by x or what stands in for it (wrt = NULL), or by an input or parameter, as
 * text. Released with free(). */
OG_API og_status og_act_formula(const og_act *act, char **text);
OG_API og_status og_act_derivative(const og_act *act, const char *wrt, char **text);

/** A world that formulas are written for. */
typedef struct og_emit_target {
    const char *name;      /* "pytorch" */
    const char *extension; /* of a file, ".py" */
    bool binary;           /* no text, nothing for a terminal */
    const char *summary;   /* one line, without a full stop */
} og_emit_target;

OG_API size_t og_emit_target_count(void);
OG_API const og_emit_target *og_emit_target_at(size_t index);

/** All zero is fine. */
typedef struct og_emit_options {
    const char *name; /* of the function, class or graph; NULL takes the catalogue id, or "activation" */
    bool native;      /* onnx: the one operator that is this function, instead of elementary ones */
    int opset;        /* onnx: 13 to 24; 0 takes 17, or what the native operator asks for */
    int channels;     /* onnx: that it gives; 0 leaves the number open, which further inputs and values per channel
                         do not allow */
} og_emit_options;

/**
 * Write an activation as source or model for another world (docs/emit.md).
 *
 * @param target    one of og_emit_target_at()
 * @param options   NULL takes the defaults
 * @param bytes     released with free(); a text ends in a NUL that `count` leaves out
 *
 * @return OG_OK, or
 *         OG_ERR_NAME         no such target; the text lists them
 *         OG_ERR_ARGUMENT     an option that is wrong for this target or this function
 *         OG_ERR_UNSUPPORTED  the target cannot express it: no native operator, or a formula too large to write out
 */
OG_API og_status og_act_emit(const og_act *act, const char *target, const og_emit_options *options, char **bytes,
                             size_t *count);

/** One row of the built-in catalogue. */
typedef struct og_act_entry {
    const char *id;            /* "leaky_relu" */
    const char *family;        /* "rectifier", "smooth rectifier", ...: rows of a family stand together */
    const char *definition;    /* "leaky_relu(a = 0.01) = where(x > 0, x, a*x)" */
    const char *formula;       /* "where(x > 0, x, a*x)" */
    const char *reference;     /* paper or library whose definition is followed */
    const char *note;          /* what the source leaves open, or where libraries differ; "" for nothing */
    bool uses[OG_INPUT_COUNT]; /* what the formula reads */
    size_t param_count;
    og_act_param params[OG_ACT_PARAMS_MAX];
} og_act_entry;

OG_API size_t og_act_entry_count(void);
OG_API const og_act_entry *og_act_entry_at(size_t index);

/** Where a row keeps less than its promise of 4 units in the last place of float32 (docs/adr/0013-exactness.md). */
typedef struct og_act_inexact {
    const char *of;  /* "value"; an input or a parameter: the derivative by it; "*": all */
    double from, to; /* range of x */
    double ulp;      /* the error there, in units in the last place (infinite: nothing is promised), or */
    double absolute; /* in absolute terms, times |x| where that is larger than 1; the larger of the two counts */
    const char *why;
} og_act_inexact;

/** Return the index-th such range of the row `id`, or NULL behind the last. */
OG_API const og_act_inexact *og_act_inexact_at(const char *id, size_t index);

#ifdef __cplusplus
}
#endif
#endif
